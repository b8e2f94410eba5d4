# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A host waits until the others have room for its servers beside what hosts under way need."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import next_turns

from tests.unit.fake.fleets import PoolBuilder, planned, turns_of


def test_too_little_room_for_the_servers_of_two_hosts_at_once(pool: PoolBuilder) -> None:
    pool.hosts(5, 5)
    plan = planned(pool, max_unavailable=2)
    assert [len(hosts) for hosts in turns_of(plan)] == [1, 1, 1, 1, 1]
    assert plan.turns[1].waits_for == "one of its servers finds no free capacity before a turn is over (c0)"


def test_one_that_finds_no_room_holds_up_none_of_those_behind_it(pool: PoolBuilder) -> None:
    """However many there are in front of it."""
    names = [f"large{number}" for number in range(9)]
    for name in names:
        pool.host(name, 8)
        pool.server(f"of-{name}", name, 8)
    pool.host("small", 1)
    pool.server("lonely", "small")
    pool.host("spare", 9)
    assert turns_of(planned(pool, max_unavailable=2, order=[*names, "small"]))[0] == ["large0", "small"]


def test_what_hosts_under_way_still_need_is_reserved(pool: PoolBuilder) -> None:
    """None of their servers has left yet, and the hosts are not even marked."""
    pool.host("c0", 8)
    pool.host("c1", 8)
    pool.host("free", 8)
    for host in ("c0", "c1"):
        pool.server(f"big-{host}", host, 6)
    options = PlanOptions(hosts=frozenset({"c0", "c1"}), max_unavailable=2)
    (first,) = next_turns(pool.observed_pool(), options, {}).turns
    assert (first.host, first.moves[0].target) == ("c0", "free")
    under_way = {"c0": [{"server": "big-c0", "target": "free"}]}
    again = next_turns(pool.observed_pool(), options, under_way)
    assert again.turns == []
    assert again.waiting == {
        "c1": "one of its servers finds no free capacity before a turn is over (c0)",
    }


def test_hosts_under_way_are_no_targets(pool: PoolBuilder) -> None:
    pool.hosts(2, 1)
    pool.host("c9")
    found = next_turns(pool.observed_pool(), PlanOptions(max_unavailable=3), {"c9": [], "c1": []})
    assert found.turns == [] and found.waiting.keys() == {"c0"}


def test_what_cannot_be_upgraded_at_all_is_told_among_those_that_wait(pool: PoolBuilder) -> None:
    pool.hosts(2, 1)
    pool.server("odd", "c0", state="suspended")
    found = next_turns(pool.observed_pool(), PlanOptions(), {})
    assert "its owner has to resume it" in found.waiting["c0"]
    assert found.to_result()["turns"][0]["host"] == "c1"
