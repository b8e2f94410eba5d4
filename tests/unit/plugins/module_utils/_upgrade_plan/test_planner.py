# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The rules of a plan, one by one, in small pools; each plan is also rehearsed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Traits
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Demand
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import UpgradePlan
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import plan_upgrade
from fake.fleets import PoolBuilder, Rehearsal, spread


@pytest.fixture
def pool() -> PoolBuilder:
    return PoolBuilder()


def plan(pool: PoolBuilder, **options: Any) -> UpgradePlan:
    observed_pool, asked = pool.observed_pool(), PlanOptions(**options)
    found = plan_upgrade(observed_pool, asked)
    Rehearsal(observed_pool, asked).run(found)
    assert plan_upgrade(observed_pool, asked) == found
    return found


def order(found: UpgradePlan) -> list[list[str]]:
    return [[one.host for one in batch.hosts] for batch in found.batches]


def targets(found: UpgradePlan) -> dict[str, str]:
    """The last target of each server."""
    return {move.server.id: move.target for batch in found.batches for one in batch.hosts for move in one.moves}


def blocked(found: UpgradePlan) -> dict[str, str | None]:
    return {one.host: one.server for one in found.blockers}


def full_pool(pool: PoolBuilder, hosts: int, aboard: int, **more: Any) -> None:
    """So many hosts of 8 with so many servers of 1 on each."""
    for number in range(hosts):
        pool.host(f"c{number}", **more)
        for one in range(aboard):
            pool.server(f"s{number}-{one}", f"c{number}")


# -- moves


def test_with_a_way_home_each_server_moves_twice(pool: PoolBuilder) -> None:
    full_pool(pool, 4, 5)
    found = plan(pool)
    assert (found.servers, found.moves, found.lower_bound, len(found.batches)) == (20, 40, 40, 4)


def test_a_spare_is_upgraded_first_and_then_each_server_moves_once(pool: PoolBuilder) -> None:
    full_pool(pool, 4, 8)
    pool.host("spare")
    found = plan(pool, bring_back=False)
    assert order(found)[0] == ["spare"]
    assert (found.moves, found.lower_bound) == (32, 32)


def test_without_a_spare_the_smallest_host_parks_its_servers(pool: PoolBuilder) -> None:
    full_pool(pool, 4, 6)
    pool.host("small")
    pool.server("lonely", "small")
    found = plan(pool, bring_back=False)
    assert order(found)[0] == ["small"]
    assert (found.servers, found.moves, found.lower_bound) == (25, 26, 26)


def test_without_a_way_home_a_batch_grows_only_where_nobody_has_to_be_parked(pool: PoolBuilder) -> None:
    full_pool(pool, 6, 4)
    pool.host("spare")
    found = plan(pool, bring_back=False, max_unavailable=3)
    assert [len(hosts) for hosts in order(found)] == [1, 2, 3, 1]
    assert "would have to be parked" in found.batches[0].limited_by
    assert found.moves == found.lower_bound == 24


@pytest.mark.parametrize("bring_back", [True, False])
def test_servers_go_to_upgraded_hosts_first(pool: PoolBuilder, bring_back: bool) -> None:
    full_pool(pool, 3, 2)
    pool.server("crowd", "c2", 2)
    found = plan(pool, hosts=["c0"], done=frozenset({"c2"}), bring_back=bring_back)
    assert set(targets(found).values()) == {"c2"}


def test_then_to_those_that_need_not_be_emptied_themselves(pool: PoolBuilder) -> None:
    full_pool(pool, 3, 2)
    pool.server("crowd", "c2", 2)
    found = plan(pool, hosts=["c0", "c1"])
    assert targets(found)["s0-0"] == "c2"


def test_servers_are_spread_over_the_targets(pool: PoolBuilder) -> None:
    for name in "abcd":
        pool.host(name)
    for number in range(6):
        pool.server(f"s{number}", "a")
    assert spread(plan(pool, hosts=["a"])) == {"b": 2, "c": 2, "d": 2}


def test_where_spreading_does_not_do_they_are_packed(pool: PoolBuilder) -> None:
    """With one small server on each host there would be room nowhere for the large one."""
    pool.host("a", 12)
    for name in "bc":
        pool.host(name, 6)
    for name, vcpus, memory in (("small", 3, 3), ("same", 3, 3), ("large", 6, 1)):
        pool.server(name, "a", vcpus, memory=memory)
    found = targets(plan(pool, hosts=["a"]))
    assert found["small"] == found["same"] != found["large"]


# -- how many at once


@pytest.mark.parametrize(("most", "sizes"), [(1, [1] * 6), (2, [2, 2, 2]), (4, [4, 2])])
def test_max_unavailable(pool: PoolBuilder, most: int, sizes: list[int]) -> None:
    full_pool(pool, 6, 1)
    found = plan(pool, max_unavailable=most)
    assert [len(hosts) for hosts in order(found)] == sizes
    assert found.batches[0].limited_by == f"max_unavailable is {most}"


def test_who_is_out_of_service_already_counts(pool: PoolBuilder) -> None:
    full_pool(pool, 4, 1)
    pool.host("broken", idle="it is disabled", kept=("it is disabled", "Enable it."))
    found = plan(pool, max_unavailable=2)
    assert [len(hosts) for hosts in order(found)] == [1, 1, 1, 1]
    assert found.batches[0].limited_by == "max_unavailable is 2, and broken out of service already"
    assert blocked(found) == {"broken": None}


def test_unfinished_hosts_come_first_even_when_they_are_too_many(pool: PoolBuilder) -> None:
    full_pool(pool, 5, 1)
    for name in ("x", "y", "z"):
        pool.host(name, idle="it is in maintenance", unfinished=True)
    found = plan(pool, max_unavailable=2)
    assert order(found)[:2] == [["x", "y"], ["z", "c0"]]


def test_an_unfinished_host_that_is_upgraded_is_only_put_back(pool: PoolBuilder) -> None:
    full_pool(pool, 2, 1)
    pool.host("x", idle="its servers are coming home", unfinished=True, returning=("away",))
    pool.server("away", "c0")
    pool.server("new", "x")
    (batch, *_rest) = plan(pool, done=frozenset({"x"})).batches
    assert [(one.host, list(one.moves), list(one.returning)) for one in batch.hosts] == [("x", [], ["away"])]
    assert batch.moves == 1


def test_who_came_home_no_longer_counts_where_it_was_parked(pool: PoolBuilder) -> None:
    full_pool(pool, 2, 1)
    pool.host("x", idle="it is in maintenance", unfinished=True, returning=("away",))
    pool.server("away", "c0")
    pool.group("soft-anti-affinity", "away", "s1-0")
    pool.host("y")
    found = plan(pool, max_unavailable=2, hosts=["x", "c0", "c1"])
    assert order(found) == [["x"], ["c0", "c1"]]
    assert sorted(targets(found)) == ["s0-0", "s1-0"]


# -- room


def test_no_room_for_the_servers_of_two_hosts_at_once(pool: PoolBuilder) -> None:
    full_pool(pool, 4, 5)
    found = plan(pool, max_unavailable=2)
    assert [len(hosts) for hosts in order(found)] == [1, 1, 1, 1]
    assert "c1 cannot go besides" in found.batches[0].limited_by
    assert found.batches[0].limited_by.endswith("lacks 1024 MEMORY_MB, 1 VCPU")


def test_a_host_that_may_go_too_takes_servers_last(pool: PoolBuilder) -> None:
    full_pool(pool, 6, 3)
    assert order(plan(pool, max_unavailable=3)) == [["c0", "c1", "c2"], ["c3", "c4", "c5"]]


@pytest.mark.parametrize(("margin", "possible"), [(0, True), (25, True), (26, False)])
def test_the_margin_stays_free(pool: PoolBuilder, margin: float, possible: bool) -> None:
    full_pool(pool, 2, 3)
    assert (plan(pool, capacity_margin=margin).blockers == []) == possible


def test_no_room_anywhere_is_told_with_what_is_missing(pool: PoolBuilder) -> None:
    full_pool(pool, 3, 6)
    pool.host("large", 10, memory=20)
    pool.server("fat", "large", 6)
    found = plan(pool)
    (blocker,) = found.blockers
    assert (blocker.host, blocker.server, blocker.name) == ("large", "fat", "fat")
    assert blocker.reason == "no host has room for it; c0, which lacks least, lacks 4096 MEMORY_MB, 4 VCPU"
    assert blocker.help == "Free that on c0, or add a host to the pool."
    assert order(found) == [["c0"], ["c1"], ["c2"]]


def test_a_host_that_could_not_begin_is_tried_again_when_others_are_done(pool: PoolBuilder) -> None:
    """What stands on the newer host can go nowhere until an older one is upgraded."""
    full_pool(pool, 2, 2)
    pool.host("newer", version=2)
    pool.server("web", "newer")
    found = plan(pool, hosts=["newer", "c0", "c1"])
    assert order(found) == [["c0"], ["c1"], ["newer"]]


def test_nobody_goes_to_an_older_hypervisor(pool: PoolBuilder) -> None:
    pool.host("new", version=2)
    pool.host("old")
    pool.server("web", "new")
    (blocker,) = plan(pool, hosts=["new"]).blockers
    assert blocker.reason == "no host can take it (old: its hypervisor is older (1 < 2))"
    assert plan(pool, hosts=["new"], done=frozenset({"old"})).blockers == []


@pytest.mark.parametrize(
    ("demand", "target"),
    [
        (Demand(), "b"),
        (Demand(zone="az2"), "c"),
        (Demand(traits=Traits(frozenset({"GPU"}))), "d"),
        (Demand(traits=Traits(forbidden=frozenset({"SLOW"}))), "c"),
        (Demand(zone="az9"), None),
    ],
)
def test_zone_and_traits_of_a_server(pool: PoolBuilder, demand: Demand, target: str | None) -> None:
    pool.host("a")
    pool.host("b", 80, traits=["SLOW"])
    pool.host("c", 40, zone="az2")
    pool.host("d", 9, zone="az3", traits=["GPU"])
    pool.server("web", "a", demand=demand)
    assert targets(plan(pool, hosts=["a"])).get("web") == target


# -- groups


def test_two_hosts_that_hold_members_of_a_group_are_in_two_batches(pool: PoolBuilder) -> None:
    full_pool(pool, 4, 1)
    pool.group("soft-anti-affinity", "s0-0", "s1-0")
    found = plan(pool, max_unavailable=2)
    assert order(found) == [["c0", "c2"], ["c1", "c3"]]
    pool.group("soft-anti-affinity", "s0-0", "s2-0", "s3-0")
    assert order(plan(pool, max_unavailable=2)) == [["c0"], ["c2", "c1"], ["c3"]]


@pytest.mark.parametrize(("most", "target"), [(1, "c"), (2, "b")])
def test_anti_affinity(pool: PoolBuilder, most: int, target: str) -> None:
    pool.host("a")
    pool.host("b", 80)
    pool.host("c", 8)
    for name, host in (("one", "a"), ("two", "b"), ("crowd", "c")):
        pool.server(name, host)
    pool.group("anti-affinity", "one", "two", most=most)
    assert targets(plan(pool, hosts=["a"])) == {"one": target}


@pytest.mark.parametrize(("policy", "target"), [("soft-affinity", "c"), ("soft-anti-affinity", "b")])
def test_soft_policies_are_followed_where_they_can_be(pool: PoolBuilder, policy: str, target: str) -> None:
    pool.host("a")
    pool.host("b", 8)
    pool.host("c", 80)
    for name, host in (("one", "a"), ("crowd", "b"), ("two", "c")):
        pool.server(name, host)
    pool.group(policy, "one", "two")
    if policy == "soft-affinity":
        pool.server("bigger", "c", 60)
    assert targets(plan(pool, hosts=["a"])) == {"one": target}
    pool.server("filler", target, 8 - pool.used(target)["VCPU"] if target == "b" else 80 - pool.used(target)["VCPU"])
    assert targets(plan(pool, hosts=["a"])) == {"one": "b" if target == "c" else "c"}


def test_a_member_of_an_affinity_group_cannot_move(pool: PoolBuilder) -> None:
    full_pool(pool, 3, 1)
    pool.group("affinity", "s0-0")
    found = plan(pool)
    assert blocked(found) == {"c0": "s0-0"} and order(found) == [["c1"], ["c2"]]
    assert plan(pool, leave_unmovable=True).blockers == []


def test_hosts_of_crowded_groups_begin(pool: PoolBuilder) -> None:
    """Were those without members first, those with would be left to go one by one."""
    full_pool(pool, 6, 1)
    pool.group("anti-affinity", "s3-0", "s4-0", "s5-0")
    found = plan(pool, max_unavailable=2)
    assert len(found.batches) == 3


# -- zones


def test_a_batch_stays_in_one_zone(pool: PoolBuilder) -> None:
    for number in range(4):
        pool.host(f"c{number}", zone=f"az{number % 2}")
    found = plan(pool, max_unavailable=4)
    assert order(found) == [["c0", "c2"], ["c1", "c3"]]
    assert found.batches[0].limited_by == "c1 is in another zone (az1 and not az0)"
    assert order(plan(pool, max_unavailable=4, mixed_zones=True)) == [["c0", "c1", "c2", "c3"]]


# -- the order


def test_a_wish_is_followed_after_empty_hosts(pool: PoolBuilder) -> None:
    full_pool(pool, 4, 1)
    pool.host("empty")
    assert order(plan(pool, hosts=["c2", "c0", "empty", "c0", "c1"])) == [["empty"], ["c2"], ["c0"], ["c1"]]


def test_without_a_wish_the_oldest_come_first(pool: PoolBuilder) -> None:
    for number in range(3):
        pool.host(f"c{number}", version=3 - number)
        pool.server(f"s{number}", f"c{number}")
    assert order(plan(pool)) == [["c2"], ["c1"], ["c0"]]


def test_nothing_to_do(pool: PoolBuilder) -> None:
    full_pool(pool, 2, 1)
    found = plan(pool, done=frozenset({"c0", "c1"}))
    assert (found.batches, found.blockers, found.moves, found.lower_bound) == ([], [], 0, 0)
    assert found.lines() == ["total: 0 hosts in 0 batches, 0 servers, 0 moves (at least 0 needed)"]


def test_what_stays_aboard_is_told(pool: PoolBuilder) -> None:
    full_pool(pool, 2, 1)
    pool.server("off", "c0", state="stopped")
    pool.server("odd", "c0", state="suspended")
    found = plan(pool, leave_stopped=True, leave_unmovable=True)
    (one,) = [host for batch in found.batches for host in batch.hosts if host.host == "c0"]
    assert {server.id for server, _why in one.left} == {"off", "odd"}


def test_lines(pool: PoolBuilder) -> None:
    pool.host("c0")
    pool.host("c1")
    pool.host("c2", kept=("somebody keeps it", "Ask them."), idle="it is disabled")
    pool.server("web", "c0")
    pool.server("db", "c0", state="stopped")
    pool.server("odd\x1b", "c1", state="suspended")
    assert plan(pool, hosts=["c0"], max_unavailable=2, bring_back=False).lines() == [
        "batch 1: 2 moves; not larger: no other host is left to go with it",
        "  c0 in az1 (hypervisor 1): 2 servers to move",
        "    cold db -> c1",
        "    live web -> c1",
        "BLOCKED c2: somebody keeps it. Ask them.",
        "total: 1 host in 1 batch, 2 servers, 2 moves (at least 2 needed), 1 blocker",
    ]
    assert plan(pool, hosts=["c1"], max_unavailable=2).lines()[0] == (
        "BLOCKED c1: server odd? (odd?): it is suspended: its owner has to resume it. "
        "Do that, or set unmovable_servers to leave it where it is, or leave the host out."
    )
