# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which targets the servers of a host are given."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.image import Traits
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.request import Demand

from tests.unit.fake.fleets import PoolBuilder, planned, servers_per_target, targets_of


@pytest.mark.parametrize("bring_back", [True, False])
def test_servers_go_to_upgraded_hosts_first(pool: PoolBuilder, bring_back: bool) -> None:
    pool.hosts(3, 2)
    pool.server("crowd", "c2", 2)
    plan = planned(pool, order=["c0"], done=frozenset({"c2"}), bring_back=bring_back)
    assert set(targets_of(plan).values()) == {"c2"}


def test_then_to_hosts_that_need_not_be_drained_themselves(pool: PoolBuilder) -> None:
    pool.hosts(3, 2)
    pool.server("crowd", "c2", 2)
    plan = planned(pool, order=["c0", "c1"])
    assert targets_of(plan)["s0-0"] == "c2"


def test_servers_are_spread_over_the_targets(pool: PoolBuilder) -> None:
    for name in "abcd":
        pool.host(name)
    for number in range(6):
        pool.server(f"s{number}", "a")
    assert servers_per_target(planned(pool, order=["a"])) == {"b": 2, "c": 2, "d": 2}


def test_servers_are_packed_where_spreading_does_not_do(pool: PoolBuilder) -> None:
    """With one small server on each host no host would have enough free capacity for the large one."""
    pool.host("a", 12)
    for name in "bc":
        pool.host(name, 6)
    for name, vcpus, memory in (("small", 3, 3), ("same", 3, 3), ("large", 6, 1)):
        pool.server(name, "a", vcpus, memory=memory)
    targets = targets_of(planned(pool, order=["a"]))
    assert targets["small"] == targets["same"] != targets["large"]


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
    assert targets_of(planned(pool, order=["a"])).get("web") == target


@pytest.mark.parametrize(("most", "target"), [(1, "c"), (2, "b")])
def test_anti_affinity(pool: PoolBuilder, most: int, target: str) -> None:
    pool.host("a")
    pool.host("b", 80)
    pool.host("c", 8)
    for name, host in (("web1", "a"), ("web2", "b"), ("crowd", "c")):
        pool.server(name, host)
    pool.group("anti-affinity", "web1", "web2", most=most)
    assert targets_of(planned(pool, order=["a"])) == {"web1": target}


@pytest.mark.parametrize(("policy", "target"), [("soft-affinity", "c"), ("soft-anti-affinity", "b")])
def test_soft_policies_are_followed_where_they_can_be(pool: PoolBuilder, policy: str, target: str) -> None:
    pool.host("a")
    pool.host("b", 8)
    pool.host("c", 80)
    for name, host in (("web1", "a"), ("crowd", "b"), ("web2", "c")):
        pool.server(name, host)
    pool.group(policy, "web1", "web2")
    if policy == "soft-affinity":
        pool.server("bigger", "c", 60)
    assert targets_of(planned(pool, order=["a"])) == {"web1": target}
    pool.server("filler", target, 8 - pool.used(target)["VCPU"] if target == "b" else 80 - pool.used(target)["VCPU"])
    assert targets_of(planned(pool, order=["a"])) == {"web1": "b" if target == "c" else "c"}
