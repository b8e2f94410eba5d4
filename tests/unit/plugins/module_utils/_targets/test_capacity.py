# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The capacity of many hosts, and which of them takes a server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.group import Group
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.capacity import (
    AHEAD,
    NEXT,
    OUTSIDE,
    SOON,
    TIERS,
    UPGRADED,
    CapacityIndex,
    Strategy,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Target, choose
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fake.targets import NEEDS, VERSION, group, request, target

SERVERS = ("s", "t", "u")


def index(*targets: Target, groups: Iterable[Group] = (), margin: float = 0, tier: int = OUTSIDE) -> CapacityIndex:
    """Of these hosts, which all take servers; each server needs two of their eight vCPUs."""
    capacity_index = CapacityIndex(targets, groups, dict.fromkeys(SERVERS, NEEDS), {}, margin)
    for host in targets:
        capacity_index.offer(host.host, tier)
    return capacity_index


def find(capacity_index: CapacityIndex, server: str = "s", strategy: Strategy = Strategy.SPREAD) -> str | None:
    return capacity_index.find(server, VERSION, TIERS, strategy)


@pytest.mark.parametrize(
    ("strategy", "host"), [(Strategy.SPREAD, "b"), (Strategy.PACK, "c"), (Strategy.AS_A_DRAIN, "b")]
)
def test_servers_are_spread_or_packed(strategy: Strategy, host: str) -> None:
    hosts = target("a", used=3), target("b", used=1), target("c", used=5), target("full", used=7)
    assert find(index(*hosts), strategy=strategy) == host


@pytest.mark.parametrize("strategy", Strategy)
def test_no_host_takes_a_server_that_is_too_large_for_each_of_its_providers(strategy: Strategy) -> None:
    """As one that holds two virtual GPUs, where each physical one has only one left to give."""
    small, fits = target("a"), target("b", used=5)
    assert small.capacity
    small.capacity = replace(small.capacity, most={"VCPU": 1})
    assert (find(index(small), strategy=strategy), find(index(small, fits), strategy=strategy)) == (None, "b")


@pytest.mark.parametrize(("tier", "host"), [(UPGRADED, "b"), (OUTSIDE, "a"), (AHEAD, "a"), (SOON, "a"), (NEXT, "a")])
def test_hosts_of_lower_tiers_come_first(tier: int, host: str) -> None:
    capacity_index = index(target("a"), target("b", used=4))
    capacity_index.offer("b", tier)
    assert find(capacity_index) == host


@pytest.mark.parametrize("strategy", [Strategy.SPREAD, Strategy.PACK])
def test_a_rank_goes_before_the_load(strategy: Strategy) -> None:
    capacity_index = index(target("a"), target("b", used=4))
    capacity_index.offer("a", NEXT, rank=0.0)
    capacity_index.offer("b", NEXT, rank=-1.0)
    assert find(capacity_index, strategy=strategy) == "b"


def test_a_host_that_is_withdrawn_takes_no_servers_until_it_is_offered_again() -> None:
    capacity_index = index(target("a"))
    capacity_index.withdraw("a")
    assert find(capacity_index) is None and not capacity_index.offered(TIERS)
    capacity_index.offer("a", UPGRADED)
    assert find(capacity_index) == "a" and capacity_index.offered([UPGRADED])


def test_what_is_taken_is_free_again_once_it_is_released() -> None:
    capacity_index = index(target("a", used=5))
    capacity_index.take("t", "a")
    assert find(capacity_index) is None and capacity_index.target("a").servers == {"t"}
    capacity_index.release("t", "a")
    assert find(capacity_index) == "a" and capacity_index.target("a").servers == set()


def test_members_of_a_group_that_move_count_where_they_are() -> None:
    capacity_index = index(target("a"), target("b", used=4), groups=[group("anti-affinity", "s", "t")])
    capacity_index.take("t", "a")
    assert find(capacity_index) == "b"
    capacity_index.take("t", "b")
    assert find(capacity_index) is None


def test_the_margin_counts_for_targets_and_not_for_servers_that_are_brought_back() -> None:
    capacity_index = index(target("a", used=5), margin=25)
    assert find(capacity_index) is None and capacity_index.admits("s", "a")


def test_the_nearest_host_lacks_the_smallest_share_of_its_capacity() -> None:
    capacity_index = index(target("a", used=7), target("b", used=80, total=81), target("old", version=VERSION - 1))
    assert capacity_index.nearest("s", VERSION) == ("b", {"VCPU": 1, "MEMORY_MB": 1024})
    assert capacity_index.explain("s", VERSION) == (
        "no host has enough free capacity for it; b, which lacks least, lacks 1024 MEMORY_MB, 1 VCPU",
        "Free that on b, or add a host to the pool.",
    )


def test_a_host_that_lacks_more_than_capacity_is_not_the_nearest() -> None:
    capacity_index = index(target("a", used=7, servers=["t"]), groups=[group("anti-affinity", "s", "t")])
    assert capacity_index.nearest("s", VERSION) is None
    reason, _help = capacity_index.explain("s", VERSION)
    assert reason == "no host can take it (a: it lacks 1024 MEMORY_MB, 1 VCPU)"


@st.composite
def hosts(draw: st.DrawFn) -> list[Target]:
    """Each server but ``s`` may be on one of them."""
    names = [f"c{number}" for number in range(draw(st.integers(1, 9)))]
    places = {server: draw(st.sampled_from([*names, ""])) for server in SERVERS[1:]}
    return [
        target(
            name,
            used=draw(st.integers(0, 8)),
            version=draw(st.sampled_from([VERSION - 1, VERSION, VERSION])),
            servers=[server for server, place in places.items() if place == name],
        )
        for name in names
    ]


@given(
    hosts(),
    st.sampled_from(["anti-affinity", "soft-anti-affinity", "soft-affinity"]),
    st.sampled_from([0, 30]),
    st.data(),
)
def test_a_plan_and_a_drain_agree_about_targets(
    targets: list[Target], policy: str, margin: float, data: st.DataObject
) -> None:
    """Whatever the strategy is, a target is found if and only if there is one; as a drain it is the same."""
    pair = group(policy, *SERVERS)
    capacity_index = index(*targets, groups=[pair], margin=margin)
    for host in targets:
        capacity_index.offer(host.host, data.draw(st.sampled_from(TIERS)))
    best, reasons = choose(request("s", groups=[pair]), targets, margin)
    assert find(capacity_index, strategy=Strategy.AS_A_DRAIN) == (best.host if best else None)
    for strategy in (Strategy.SPREAD, Strategy.PACK):
        taker = find(capacity_index, strategy=strategy)
        assert (taker is None) == (best is None) and taker not in reasons
