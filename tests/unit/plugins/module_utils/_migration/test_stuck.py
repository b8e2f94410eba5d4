# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Live migrations that hang: when one counts as stuck, and what is done with it."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.stuck import CopyWatch, patience
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import LiveMigration
from fake.cloud import FakeCloud
from fake.faults import kill, status
from fake.moves import Behaviour, Outcome
from fake.operator import Operator
from fake.wire import Reply, Request

CONFLICT = {"conflictingRequest": {"code": 409, "message": "Not now."}}
UNABLE = {"badRequest": {"code": 400, "message": "The driver cannot abort it."}}


@pytest.mark.parametrize(("memory", "seconds"), [(0, 60), (512, 60), (2048, 60), (4096, 120), (65536, 1920)])
def test_a_larger_server_has_longer(memory: int, seconds: float) -> None:
    assert patience(60.0, memory << 20) == seconds


@pytest.mark.parametrize(
    ("looks", "still"),
    [
        ([(0, "running", 100), (30, "running", 100)], 30),
        ([(0, "running", 100), (30, "running", 99), (50, "running", 99)], 20),
        ([(0, "running", 100), (30, "running", 120), (50, "running", 100)], 50),  # dirtied as fast as it is copied
        ([(0, "queued", None), (900, "queued", None)], 0),
        ([(0, "queued", None), (900, "queued", None), (910, "running", None), (950, "running", None)], 0),
        ([(0, "running", None), (10, "running", 100), (50, "running", 100)], 40),
        ([(0, "running", 0), (50, "post-migrating", 0)], 50),
    ],
)
def test_how_long_nothing_was_copied(looks: list[tuple[float, str, int | None]], still: float) -> None:
    watch = CopyWatch()
    migrations = [(now, LiveMigration(7, state, left or 0, 0 if left is None else 200)) for now, state, left in looks]
    seconds = [watch.seconds_still("s", migration, now) for now, migration in migrations]
    assert seconds[-1] == still


def test_another_migration_of_the_same_server_begins_anew() -> None:
    watch = CopyWatch()
    watch.seconds_still("s", LiveMigration(7, "running", 100, 200), 0.0)
    assert watch.seconds_still("s", LiveMigration(8, "running", 150, 200), 90.0) == 0


# -- in a drain


def ends(cloud: FakeCloud) -> list[str]:
    """What was done to live migrations in progress."""
    return [one.method for one in cloud.requests if one.writes and "/migrations/" in one.path]


def test_it_is_aborted_and_another_target_tried(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS, times=1))
    result = operator.start("cmp01", migration_timeout=30.0)
    assert cloud.moves.started == [("web", "cmp02"), ("web", "cmp03")] and guest.host == "cmp03"
    assert ends(cloud) == ["DELETE"] and [one["target"] for one in result["moved"]] == ["cmp03"]
    assert any("cmp02 refused" in line and "nothing was copied for 3" in line for line in operator.lines)


def test_one_that_hangs_everywhere_is_named_with_the_reason(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match=r"'web'.*cmp02: .*'cancelled': nothing was copied.*cmp03: .*'cancelled'"):
        operator.start("cmp01", migration_timeout=30.0, retries=0)
    assert ends(cloud) == ["DELETE", "DELETE"]


@pytest.mark.parametrize(("memory", "after"), [(512, 40.0), (2048, 40.0), (8192, 160.0)])
def test_it_is_given_the_time_that_its_memory_needs(
    cloud: FakeCloud, operator: Operator, memory: int, after: float
) -> None:
    cloud.boot("web", "cmp01", memory=memory)
    cloud.moves.behave("web", Behaviour(Outcome.HANGS, times=1))
    began: list[float] = []

    def note(_request: Request) -> Reply | None:
        began.append(cloud.clock.now())
        return None

    cloud.faults.plant(note, method="DELETE", path="/migrations/")
    operator.start("cmp01", migration_timeout=40.0)
    assert after < began[0] < after + 10  # it copied for a second, and looks are five seconds apart


def test_a_slow_one_that_goes_on_is_not_stuck(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(seconds=600.0))
    operator.start("cmp01", migration_timeout=30.0)
    assert ends(cloud) == [] and len(cloud.moves.started) == 1 and cloud.names_on("cmp01") == []


def test_time_in_the_queue_does_not_count(cloud: FakeCloud, operator: Operator) -> None:
    """Nova lets one out of a host at a time; the other three wait for minutes and are left in peace."""
    for name in ("one", "two", "three", "four"):
        cloud.boot(name, "cmp01")
    cloud.moves.behave("*", Behaviour(seconds=100.0))
    operator.start("cmp01", migration_timeout=30.0, max_concurrent=4)
    assert ends(cloud) == [] and len(cloud.moves.started) == 4 and cloud.names_on("cmp01") == []


def test_those_behind_it_in_the_queue_only_wait(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("one", "two"):
        cloud.boot(name, "cmp01")
    cloud.moves.behave("one", Behaviour(Outcome.HANGS, times=1))
    operator.start("cmp01", migration_timeout=30.0)
    assert [name for name, _target in cloud.moves.started].count("two") == 1
    assert ends(cloud) == ["DELETE"] and cloud.names_on("cmp01") == []


def test_it_can_be_forced_to_its_end(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    operator.start("cmp01", migration_timeout=30.0, on_stuck="force_complete")
    assert ends(cloud) == ["POST"] and cloud.moves.started == [("web", "cmp02")] and guest.host == "cmp02"


@pytest.mark.parametrize("on_stuck", ["abort", "force_complete"])
def test_a_driver_that_cannot_leaves_it_hanging(cloud: FakeCloud, operator: Operator, on_stuck: str) -> None:
    """It is asked once, and the time that is over names the server."""
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    cloud.faults.plant(status(400, UNABLE), path="/servers/.*/migrations/", times=99)
    with pytest.raises(Interrupted, match=r"200 seconds.*'web'.*its move to cmp02 is under way"):
        operator.start("cmp01", migration_timeout=30.0, timeout=200.0, on_stuck=on_stuck)
    assert len(ends(cloud)) == 1 and any("The driver cannot abort it" in line for line in operator.lines)


@pytest.mark.parametrize("code", [404, 409])
def test_one_that_ends_in_that_moment_has_moved(cloud: FakeCloud, operator: Operator, code: int) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))

    def over(_request: Request) -> Reply | None:
        cloud.moves.force(cloud.moves.live_migrations(guest)[0])
        return Reply(code, CONFLICT)

    cloud.faults.plant(over, method="DELETE")
    result = operator.start("cmp01", migration_timeout=30.0)
    assert guest.host == "cmp02" and [one["target"] for one in result["moved"]] == ["cmp02"]
    assert cloud.moves.started == [("web", "cmp02")]


def test_whoever_may_not_abort_is_told(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    cloud.faults.plant(status(403, {"forbidden": {"code": 403, "message": "Policy."}}), method="DELETE")
    with pytest.raises(Interrupted, match=r"abort the migration of the server .*403: Policy"):
        operator.start("cmp01", migration_timeout=30.0)


# -- left alone


def test_left_alone_it_blocks_the_others_and_they_are_called_back(cloud: FakeCloud, operator: Operator) -> None:
    guests = [cloud.boot(name, "cmp01") for name in ("one", "two", "three")]
    cloud.moves.behave("one", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match=r"The migration of 'one' is stuck \(nothing was copied") as stopped:
        operator.start("cmp01", migration_timeout=30.0, on_stuck="fail")
    assert [len(cloud.moves.live_migrations(one)) for one in guests] == [1, 0, 0]
    assert ends(cloud) == ["DELETE"] and [name for name, _target in cloud.moves.started] == ["one", "three"]
    reasons = {one["name"]: one["reason"] for one in stopped.value.facts["left"]}
    assert "its migration still runs" in reasons["one"] and "is stuck" in reasons["three"]
    assert reasons["two"] == "its turn did not come"


def test_nothing_more_is_asked_for_behind_one_that_is_left_alone(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("one", "two"):
        cloud.boot(name, "cmp01")
    cloud.moves.behave("*", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match="is stuck"):
        operator.start("cmp01", migration_timeout=30.0, on_stuck="fail", max_concurrent=1)
    assert cloud.moves.started == [("one", "cmp02")] and ends(cloud) == []


# -- on the way home, and after a kill


def test_on_the_way_home_it_is_aborted_and_stays_away(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    result = operator.stop("cmp01", migration_timeout=30.0)
    assert guest.host == "cmp02" and ends(cloud) == ["DELETE"]
    assert [one["name"] for one in result["left"]] == ["web"] and "nothing was copied" in result["left"][0]["reason"]
    assert cloud.returned("cmp01")


def test_on_the_way_home_it_may_block_the_return(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("one", "two"):
        cloud.boot(name, "cmp01")
    operator.start("cmp01", targets=("cmp02",))
    cloud.moves.behave("*", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match="is stuck"):
        operator.stop("cmp01", migration_timeout=30.0, on_stuck="fail", max_concurrent=1)
    assert len([target for _name, target in cloud.moves.started if target == "cmp01"]) == 1


@pytest.mark.parametrize("job", ["start", "stop"])
def test_one_that_an_earlier_run_began_is_dealt_with_too(cloud: FakeCloud, operator: Operator, job: str) -> None:
    guest = cloud.boot("web", "cmp01")
    if job == "stop":
        operator.start("cmp01")
    source = guest.host
    cloud.moves.behave("web", Behaviour(Outcome.HANGS, times=1))
    cloud.clock.after(20.0, lambda: cloud.faults.plant(kill))
    assert operator.dies_at(999, kill, False, job, "cmp01")
    assert guest.task_state == "migrating" and guest.host == source
    getattr(operator, job)("cmp01", migration_timeout=30.0)
    assert ends(cloud) == ["DELETE"] and guest.task_state is None
