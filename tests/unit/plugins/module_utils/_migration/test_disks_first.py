# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Block migrations, which copy disks before memory: they are left in peace, and what a forced end costs is told."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.stuck import CopyWatch, patience
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import LiveMigration

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator
from tests.unit.fake.task import run_task

GIB = 1024  # MiB


def disks(left: int, total: int = 100) -> LiveMigration:
    """Its disks are being copied: of its memory nothing is known."""
    return LiveMigration(7, "running", 0, 0, left, total)


def memory(left: int, total: int = 100, disk: int = 100) -> LiveMigration:
    return LiveMigration(7, "running", left, total, 0, disk)


NOTHING = LiveMigration(7, "running")


# -- progress


@pytest.mark.parametrize(
    ("looks", "still"),
    [
        ([(0, disks(100)), (600, disks(50)), (1200, disks(1))], 0),
        ([(0, disks(100)), (600, disks(50)), (1200, disks(50))], 600),
        ([(0, disks(0)), (600, memory(100)), (700, memory(90))], 0),  # the disks are done, and memory begins
        ([(0, disks(10)), (600, disks(110, 200))], 0),  # another disk
        ([(0, NOTHING), (900, NOTHING)], 0),  # not begun
        ([(0, NOTHING), (900, disks(100)), (950, disks(100))], 50),
        ([(0, NOTHING), (900, memory(100, disk=0)), (905, memory(90, disk=0))], 0),
    ],
)
def test_a_byte_of_disk_or_memory_is_progress(looks: list[tuple[float, LiveMigration]], still: float) -> None:
    watch = CopyWatch()
    assert [watch.seconds_still("web", migration, now) for now, migration in looks][-1] == still


def test_a_large_disk_has_longer_as_a_large_memory_has() -> None:
    assert patience(600.0, 100 << 30) == 50 * 600.0


def test_how_long_the_rest_takes_is_told_by_the_pace_so_far() -> None:
    watch = CopyWatch()
    for now, migration in ((0.0, disks(100)), (100.0, disks(60))):
        watch.seconds_still("web", migration, now)
    assert watch.seconds_left("web", 130.0) == pytest.approx(150.0)


@pytest.mark.parametrize("looks", [[], [NOTHING], [disks(100)], [disks(100), disks(100)]])
def test_nobody_knows_where_nothing_was_copied(looks: list[LiveMigration]) -> None:
    watch = CopyWatch()
    for now, migration in enumerate(looks):
        watch.seconds_still("web", migration, float(now))
    assert watch.seconds_left("web", 10.0) is None


# -- in a drain


def ends(cloud: FakeCloud) -> list[str]:
    """What was done to live migrations in progress: DELETE aborts one, POST forces it to its end."""
    return [request.method for request in cloud.requests if request.writes and "/migrations/" in request.path]


def test_one_that_copies_disks_for_long_is_left_in_peace(cloud: FakeCloud, operator: Operator) -> None:
    """With the default options: 2 GiB of memory, and a disk that takes eleven minutes."""
    cloud.boot("web", "cmp01", memory=2 * GIB)
    cloud.moves.behave("web", Behaviour(seconds=40.0, disk_mb=20 * GIB, disk_seconds=660.0))
    operator.start("cmp01")
    assert ends(cloud) == [] and len(cloud.moves.started) == 1 and cloud.names_on("cmp01") == []
    assert any("% copied" in line for line in operator.lines)


@pytest.mark.parametrize("job", ["start", "stop"])
def test_one_whose_disk_takes_for_ever_is_aborted(cloud: FakeCloud, operator: Operator, job: str) -> None:
    guest = cloud.boot("web", "cmp01", memory=2 * GIB)
    if job == "stop":
        operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(disk_mb=2 * GIB, disk_seconds=inf, times=1))
    getattr(operator, job)("cmp01", migration_timeout=30.0)
    assert ends(cloud) == ["DELETE"] and guest.host == ("cmp03" if job == "start" else "cmp02")


# -- completed by force


def stuck(cloud: FakeCloud, operator: Operator, behaviour: Behaviour, max_pause: float | None) -> list[str]:
    cloud.boot("web", "cmp01", memory=2 * GIB)
    cloud.moves.behave("web", behaviour)
    options: dict[str, Any] = {
        "timeout": 600.0,
        "migration_timeout": 30.0,
        "on_stuck": "force_complete",
        "max_pause": max_pause,
    }
    operator.start("cmp01", **options)
    assert cloud.names_on("cmp01") == []
    return ends(cloud)


HALF_WAY = Behaviour(Outcome.HANGS, seconds=20.0, times=1)  # 1 GiB in ten seconds, and then no more


@pytest.mark.parametrize(
    ("max_pause", "done"), [(None, "POST"), (60, "POST"), (20, "POST"), (3, "DELETE"), (0, "DELETE")]
)
def test_a_pause_that_is_longer_than_allowed_is_not_paid(
    cloud: FakeCloud, operator: Operator, max_pause: float | None, done: str
) -> None:
    assert stuck(cloud, operator, HALF_WAY, max_pause) == [done]
    target = cloud.moves.started[-1][1]
    assert target == ("cmp02" if done == "POST" else "cmp03")


def test_the_price_of_a_forced_end_is_told(cloud: FakeCloud, operator: Operator) -> None:
    stuck(cloud, operator, HALF_WAY, None)
    (line,) = [line for line in operator.lines if "by force" in line]
    assert line.startswith("web: is completed by force, which pauses its guest for about ")


def test_a_price_that_is_too_high_is_told(cloud: FakeCloud, operator: Operator) -> None:
    stuck(cloud, operator, HALF_WAY, 3)
    assert any("completing it would pause the guest for about " in line for line in operator.lines)


NEVER = Behaviour(disk_mb=2 * GIB, disk_seconds=inf, times=1)  # it copies nothing, so it has no pace


def test_what_nobody_can_tell_is_too_long(cloud: FakeCloud, operator: Operator) -> None:
    assert stuck(cloud, operator, NEVER, 3600) == ["DELETE"]
    assert any("nobody knows how long" in line for line in operator.lines)


def test_without_a_limit_it_is_forced_and_told(cloud: FakeCloud, operator: Operator) -> None:
    with pytest.raises(Interrupted, match="its move to cmp02 is under way"):
        stuck(cloud, operator, NEVER, None)
    assert ends(cloud) == ["POST"] and any(
        "pauses its guest for nobody knows how long" in line for line in operator.lines
    )


@pytest.mark.parametrize(("max_pause", "done"), [(0, "DELETE"), (3600, "POST")])
def test_the_module_has_the_option(cloud: FakeCloud, max_pause: int, done: str) -> None:
    cloud.boot("web", "cmp01", memory=2 * GIB)
    cloud.moves.behave("web", HALF_WAY)
    options: dict[str, Any] = {
        "owner": "me",
        "migration_timeout": 30,
        "on_stuck": "force_complete",
        "max_pause": max_pause,
    }
    task = run_task(cloud, "os_host_maintenance", host="cmp01", state="started", **options)
    assert not task.failed and ends(cloud) == [done]
