# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Room is kept for the loss of further hosts: by who begins, and in what blocks a host. Random pools try it too."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import next_turns

from tests.unit.fake.fleets import PoolBuilder, planned, turns_of


def test_fewer_hosts_go_at_once(pool: PoolBuilder) -> None:
    """With two of six half full hosts out, 8 of 32 are free on the others: enough for the loss of one, not of two."""
    pool.hosts(6, 4)
    assert turns_of(planned(pool, max_unavailable=2))[0] == ["c0", "c1"]
    plan = planned(pool, max_unavailable=2, spare_hosts=1)
    assert [len(turns) for turns in turns_of(plan)] == [2, 2, 2]
    plan = planned(pool, max_unavailable=2, spare_hosts=2)
    assert [len(turns) for turns in turns_of(plan)] == [1] * 6
    assert "could not be evacuated meanwhile, and spare_hosts is 2" in plan.turns[1].waits_for


def test_a_pool_without_so_much_room_is_blocked_and_says_whose_loss_is_too_much(pool: PoolBuilder) -> None:
    pool.hosts(3, 4)
    assert not planned(pool).blockers
    plan = planned(pool, spare_hosts=1)
    assert not plan.turns
    assert plan.blockers[0].text == (
        "c0: the loss of c1 could not be evacuated meanwhile, and spare_hosts is 1. Add a host to the pool, or lower "
        "spare_hosts."
    )


def test_what_is_on_its_way_to_a_host_counts_there(pool: PoolBuilder) -> None:
    pool.hosts(4, 3)
    options = PlanOptions(max_unavailable=2, spare_hosts=1)
    moves = [{"server": f"s0-{number}", "target": "c1"} for number in range(3)]
    found = next_turns(pool.observed_pool(), options, {"c0": moves})
    assert not found.turns
    assert "spare_hosts is 1" in found.waiting["c2"]


def test_groups_count_in_an_evacuation(pool: PoolBuilder) -> None:
    """With c3 out and c0 lost, s0-0 has no host that holds no other member of its group."""
    pool.hosts(4, 1)
    pool.group("anti-affinity", "s0-0", "s1-0")
    assert not planned(pool, spare_hosts=1, hosts=frozenset({"c3"})).blockers
    pool.group("anti-affinity", "s0-0", "s1-0", "s2-0")
    (blocker,) = planned(pool, spare_hosts=1, hosts=frozenset({"c3"})).blockers
    assert blocker.reason == "the loss of c0 could not be evacuated meanwhile, and spare_hosts is 1"
