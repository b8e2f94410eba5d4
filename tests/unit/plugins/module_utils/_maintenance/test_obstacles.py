# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Everything that blocks a maintenance is named before anything is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.operator import Operator

MARK = "stackops:me:20261121T100000Z:migrate"


def fill(cloud: FakeCloud) -> None:
    cloud.boot("wide", "cmp02", vcpus=16)
    cloud.world.hosts["cmp03"].capacity["MEMORY_MB"] = 0
    cloud.boot("web", "cmp01")


def older(cloud: FakeCloud) -> None:
    cloud.world.hosts["cmp01"].version = 9000000
    cloud.boot("web", "cmp01")


def apart(cloud: FakeCloud) -> None:
    guests = [cloud.boot(name, host) for name, host in (("web", "cmp01"), ("b", "cmp02"), ("c", "cmp03"))]
    cloud.group("three", "anti-affinity", *guests)


def affine(cloud: FakeCloud) -> None:
    cloud.group("together", "affinity", cloud.boot("web", "cmp01"))


def others_out(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    cloud.world.hosts["cmp02"].enabled, cloud.world.hosts["cmp02"].reason = False, "broken fan"
    cloud.world.hosts["cmp03"].up = False


def others_in_maintenance(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    for name in ("cmp02", "cmp03"):
        cloud.world.hosts[name].enabled, cloud.world.hosts[name].reason = False, MARK


def down(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    cloud.world.hosts["cmp01"].up = False


def alone(cloud: FakeCloud) -> None:
    cloud.world.aggregates[1].hosts = ["cmp01"]
    cloud.boot("web", "cmp01")


def two_pools(cloud: FakeCloud) -> None:
    cloud.aggregate("ssd", "cmp01")
    cloud.boot("web", "cmp01")


def movable(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")


def resized_away(cloud: FakeCloud) -> None:
    cloud.resize(cloud.boot("web", "cmp01"), "cmp02", "finished")


def in_state(state: str) -> Callable[[FakeCloud], None]:
    def boot(cloud: FakeCloud) -> None:
        cloud.boot("web", "cmp01", state)

    return boot


@dataclass(frozen=True)
class Obstacle:
    """What blocks a maintenance, and what the refusal says of it."""

    prepare: Callable[[FakeCloud], None]
    says: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


OBSTACLES = {
    "no capacity": Obstacle(fill, ("'web'", "cmp02: it lacks 1 VCPU; cmp03: Placement offers no capacity")),
    "older hypervisors": Obstacle(older, ("'web'", "older (8000000 < 9000000)")),
    "anti-affinity": Obstacle(apart, ("'web'", "anti-affinity group 'three'")),
    "affinity": Obstacle(affine, ("'web'", "affinity group 'together'")),
    "others out of service": Obstacle(others_out, ("cmp02: it is disabled", "cmp03: its compute service is down")),
    "others in maintenance": Obstacle(others_in_maintenance, ("cmp02, cmp03: it is in maintenance",)),
    "the host itself down": Obstacle(down, ("'cmp01' is down",)),
    "no other member": Obstacle(alone, ("'web'", "the pool has no other host")),
    "two aggregates": Obstacle(two_pools, ("is in 2 aggregates ('nvme', 'ssd')",)),
    "unknown aggregate": Obstacle(movable, ("no aggregate 'nope'",), {"aggregate": "nope"}),
    "unknown targets": Obstacle(movable, ("no compute host cmp98, cmp99",), {"targets": ("cmp99", "cmp98")}),
    "no such metadata": Obstacle(movable, ("No aggregate has the metadata",), {"aggregate_metadata": {"a": "b"}}),
    "an old disk": Obstacle(resized_away, ("its old disk stays on this host",)),
    **{
        state: Obstacle(in_state(state), ("'web'", says))
        for state, says in {
            "suspended": "its owner has to resume it",
            "rescued": "rescue mode",
            "error": "it is in ERROR",
            "shelved": "offload it",
            "soft-delete": "can still be restored",
            "resized": "waits for its owner to confirm or revert",
            "building": "it is being built",
            "crashed": "nobody knows how to move it in the state crashed",
        }.items()
    },
}


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES)
def test_an_obstacle_is_named_and_nothing_changed(cloud: FakeCloud, operator: Operator, obstacle: Obstacle) -> None:
    obstacle.prepare(cloud)
    with pytest.raises(Refused) as refused:
        operator.look_to_start("cmp01", **obstacle.options)
    assert all(part in str(refused.value) for part in obstacle.says), str(refused.value)
    assert cloud.writes == [] and cloud.world.hosts["cmp01"].enabled


def test_all_obstacles_are_named_at_once(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("asleep", "cmp01", "suspended")
    cloud.boot("sick", "cmp01", "rescued")
    cloud.boot("big", "cmp01", vcpus=17)
    with pytest.raises(Refused) as refused:
        operator.look_to_start("cmp01")
    assert all(name in str(refused.value) for name in ("'asleep'", "'sick'", "'big'"))


def test_an_empty_host_that_is_down_can_be_taken_out(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.hosts["cmp01"].up = False
    operator.start("cmp01")
    assert not cloud.world.hosts["cmp01"].enabled


def test_unmovable_servers_may_stay(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("asleep", "cmp01", "suspended")
    cloud.boot("web", "cmp01")
    work = operator.look_to_start("cmp01", leave_unmovable=True)
    result = work.apply()
    assert [server["name"] for server in result["left"]] == ["asleep"] and cloud.names_on("cmp01") == ["asleep"]
    assert result["left"][0]["reason"].startswith("it is suspended") and result["left"][0]["running"] is False
    assert len(work.warnings) == 1 and "'asleep'" in work.warnings[0]


def test_stopped_servers_may_stay(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("db", "cmp01", "stopped")
    result = operator.start("cmp01", leave_stopped=True)
    assert cloud.names_on("cmp01") == ["db"] and result["left"][0]["status"] == "SHUTOFF"
