# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Starting a maintenance: everything in the way is named before anything is touched; one owner keeps a host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._client import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._mark import MarkError
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Interrupted, Refused
from fake.cloud import FakeCloud
from fake.faults import status
from fake.http import Reply, Request
from fake.operator import Operator

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


def one_server(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")


def resized_away(cloud: FakeCloud) -> None:
    cloud.resize(cloud.boot("web", "cmp01"), "cmp02", "finished")


def in_state(state: str) -> Callable[[FakeCloud], None]:
    def boot(cloud: FakeCloud) -> None:
        cloud.boot("web", "cmp01", state)

    return boot


@dataclass(frozen=True)
class Obstacle:
    prepare: Callable[[FakeCloud], None]
    says: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


OBSTACLES = {
    "no room": Obstacle(fill, ("'web'", "cmp02: it lacks 1 VCPU; cmp03: Placement offers no room")),
    "older hypervisors": Obstacle(older, ("'web'", "older (8000000 < 9000000)")),
    "anti-affinity": Obstacle(apart, ("'web'", "anti-affinity group 'three'")),
    "affinity": Obstacle(affine, ("'web'", "affinity group 'together'")),
    "others out of service": Obstacle(others_out, ("cmp02: it is disabled", "cmp03: its compute service is down")),
    "others in maintenance": Obstacle(others_in_maintenance, ("cmp02: it is in maintenance",)),
    "the host itself down": Obstacle(down, ("'cmp01' is down",)),
    "no other member": Obstacle(alone, ("'web'", "the pool has no other host")),
    "two aggregates": Obstacle(two_pools, ("is in 2 aggregates ('nvme', 'ssd')",)),
    "unknown aggregate": Obstacle(one_server, ("no aggregate 'nope'",), {"aggregate": "nope"}),
    "unknown targets": Obstacle(one_server, ("no compute host cmp98, cmp99",), {"targets": ("cmp99", "cmp98")}),
    "no such metadata": Obstacle(one_server, ("No aggregate has the metadata",), {"aggregate_metadata": {"a": "b"}}),
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
def test_an_obstacle_is_named_and_nothing_touched(cloud: FakeCloud, operator: Operator, obstacle: Obstacle) -> None:
    obstacle.prepare(cloud)
    with pytest.raises(Refused) as refused:
        operator.look_to_start("cmp01", **obstacle.options)
    assert all(part in str(refused.value) for part in obstacle.says), str(refused.value)
    assert cloud.writes == [] and cloud.world.hosts["cmp01"].enabled


def test_all_obstacles_are_named_at_once(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("one", "cmp01", "suspended")
    cloud.boot("two", "cmp01", "rescued")
    cloud.boot("big", "cmp01", vcpus=17)
    with pytest.raises(Refused) as refused:
        operator.look_to_start("cmp01")
    assert all(name in str(refused.value) for name in ("'one'", "'two'", "'big'"))


def test_an_unknown_host(operator: Operator) -> None:
    with pytest.raises(Refused, match="no compute host 'cmp09' .* cmp01, cmp02, cmp03"):
        operator.look_to_start("cmp09")


def test_an_empty_host_that_is_down_can_be_taken_out(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.hosts["cmp01"].up = False
    operator.start("cmp01")
    assert not cloud.world.hosts["cmp01"].enabled


def test_unmovable_servers_may_stay(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("asleep", "cmp01", "suspended")
    cloud.boot("web", "cmp01")
    work = operator.look_to_start("cmp01", leave_unmovable=True)
    result = work.carry_out()
    assert [one["name"] for one in result["left"]] == ["asleep"] and cloud.names_on("cmp01") == ["asleep"]
    assert result["left"][0]["reason"].startswith("it is suspended") and result["left"][0]["running"] is False
    assert len(work.warnings) == 1 and "'asleep'" in work.warnings[0]


def test_stopped_servers_may_stay(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("db", "cmp01", "stopped")
    result = operator.start("cmp01", leave_stopped=True)
    assert cloud.names_on("cmp01") == ["db"] and result["left"][0]["status"] == "SHUTOFF"


# -- the pool


def test_targets_outside_the_aggregate(cloud: FakeCloud, operator: Operator) -> None:
    cloud.host("cmp04")
    cloud.boot("web", "cmp01")
    operator.start("cmp01", targets=("cmp04",))
    assert cloud.names_on("cmp04") == ["web"]


def test_targets_within_an_aggregate_are_the_intersection(cloud: FakeCloud, operator: Operator) -> None:
    cloud.host("cmp04")
    cloud.boot("web", "cmp01")
    operator.start("cmp01", aggregate="nvme", targets=("cmp04", "cmp03"))
    assert cloud.names_on("cmp03") == ["web"]


def test_a_pool_by_metadata_is_the_union(cloud: FakeCloud, operator: Operator) -> None:
    cloud.host("cmp04")
    cloud.aggregate("more", "cmp04", ssd="true")
    for name in ("cmp02", "cmp03"):
        cloud.boot(f"big-{name}", name, vcpus=16)
    cloud.boot("web", "cmp01")
    operator.start("cmp01", aggregate_metadata={"ssd": "true"})
    assert cloud.names_on("cmp04") == ["web"]


# -- whose host it is


def test_another_owner_is_refused(cloud: FakeCloud, operator: Operator) -> None:
    operator.start("cmp01", owner="night-shift", reason="new kernel")
    cloud.forget_requests()
    for look in (operator.look_to_start, operator.look_to_stop):
        with pytest.raises(Refused, match=r"by night-shift since 20261121T\d+Z \(new kernel\).*takeover"):
            look("cmp01")
    assert cloud.writes == []


def test_taking_over_keeps_the_time(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01", owner="night-shift")
    operator.start("cmp01", takeover=True)
    assert cloud.world.hosts["cmp01"].reason == MARK
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["web"]  # who left under the other owner comes home as well


def test_going_on_keeps_the_time(cloud: FakeCloud, operator: Operator) -> None:
    operator.start("cmp01")
    cloud.clock.sleep(600.0)
    cloud.boot("late", "cmp01")
    operator.start("cmp01", reason="newer kernel")
    assert cloud.world.hosts["cmp01"].reason == f"{MARK} newer kernel" and cloud.names_on("cmp01") == []


def test_the_second_start_writes_nothing(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    cloud.forget_requests()
    assert not operator.look_to_start("cmp01").changed
    assert cloud.writes == []


def test_the_first_one_out_is_told_when_two_start_at_once(cloud: FakeCloud, operator: Operator) -> None:
    """The later mark stays, and its owner keeps the host; the other moves nothing."""
    cloud.boot("web", "cmp01")

    def other(_request: Request) -> Reply | None:
        cloud.world.hosts["cmp01"].reason = "stackops:night-shift:20261121T100001Z:migrate"
        return None

    cloud.faults.plant(other, method="PUT", path="os-services", after=True)
    with pytest.raises(Interrupted, match="at the same moment"):
        operator.start("cmp01")
    assert cloud.moves.started == []


def test_a_host_that_somebody_else_disabled_is_refused(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "broken fan"
    with pytest.raises(Refused, match=r"disabled by somebody else \(broken fan\)"):
        operator.look_to_start("cmp01")
    assert cloud.writes == []


def test_a_host_that_somebody_else_disabled_can_be_emptied(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "broken fan"
    cloud.boot("web", "cmp01")
    result = operator.start("cmp01", foreign="drain")
    assert cloud.names_on("cmp01") == [] and (host.enabled, host.reason) == (False, "broken fan")
    assert result["host"]["maintenance"] is None
    assert cloud.asked("PUT") == []
    assert not operator.look_to_start("cmp01", foreign="drain").changed


# -- the mark


def test_the_mark_bears_novas_time(cloud: FakeCloud, operator: Operator) -> None:
    cloud.clock.sleep(3661.0)
    operator.start("cmp01")
    assert ":20261121T110101Z:" in str(cloud.world.hosts["cmp01"].reason)


def test_an_answer_without_a_date_is_refused(cloud: FakeCloud, operator: Operator) -> None:
    cloud.nova.answer = undated(cloud.nova.answer)
    with pytest.raises(MarkError, match="no Date header"):
        operator.look_to_start("cmp01")
    assert cloud.writes == []


def undated(answer: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
    def without(request: Request) -> Reply:
        reply = answer(request)
        reply.headers.pop("Date", None)
        return reply

    return without


def test_a_reason_that_does_not_fit_is_refused(cloud: FakeCloud, operator: Operator) -> None:
    room = 255 - len(MARK) - 1
    with pytest.raises(MarkError, match="3 characters too long"):
        operator.look_to_start("cmp01", reason="x" * (room + 3))
    assert cloud.writes == []
    operator.start("cmp01", reason="x" * room)
    assert len(str(cloud.world.hosts["cmp01"].reason)) == 255


# -- the other modes


def test_disabling_alone_moves_nothing(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01", "suspended")
    operator.start("cmp01", mode="disable")
    assert cloud.world.hosts["cmp01"].reason == "stackops:me:20261121T100000Z:disable"
    assert cloud.names_on("cmp01") == ["web"]


def test_the_hypervisors_own_mode(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    operator.start("cmp01", mode="hypervisor")
    assert host.maintenance_mode and not host.enabled
    operator.stop("cmp01")
    assert not host.maintenance_mode and host.enabled


def test_a_driver_without_that_mode_leaves_the_host_alone(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    host.knows_maintenance_mode = False
    with pytest.raises(CloudError, match="does not implement host maintenance mode"):
        operator.start("cmp01", mode="hypervisor")
    assert host.enabled


# -- at the same time as others


def test_a_return_that_ends_while_we_look(cloud: FakeCloud, operator: Operator) -> None:
    """Another host's return trait is listed, and gone when its holder is asked for: Placement answers 400."""
    trait = "CUSTOM_STACKOPS_RETURN_20261121T090000Z_BY_6D65"
    cloud.world.known_traits.add(trait)
    cloud.world.hosts["cmp02"].traits.add(trait)

    def ends(_request: Request) -> Reply | None:
        cloud.world.hosts["cmp02"].traits.clear()
        cloud.world.known_traits.clear()
        return None

    cloud.faults.plant(ends, method="GET", path="^/traits", after=True)
    operator.start("cmp01")
    assert not cloud.world.hosts["cmp01"].enabled


def test_an_api_that_fails_in_the_middle_is_named_with_what_was_done(
    cloud: FakeCloud, operator: Operator, no_pauses: list[float]
) -> None:
    for name in ("web", "mail"):
        cloud.boot(name, "cmp01")
    work = operator.look_to_start("cmp01", max_concurrent=1)
    cloud.clock.after(
        6.0, lambda: cloud.faults.plant(status(500, {"computeFault": {"message": "Oops."}}), "/servers/", times=1000)
    )
    with pytest.raises(Interrupted, match="Oops") as stopped:
        work.carry_out()
    assert len(stopped.value.facts["moved"]) == 1 and len(stopped.value.facts["left"]) == 1
    cloud.faults.clear()
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []
