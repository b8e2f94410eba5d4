# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A host that holds servers of others waits until these are back: they would move twice."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.conditions import (
    HostUnderWay,
    servers_of_others,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import next_turns

from tests.unit.fake.fleets import PoolBuilder, planned, turns_of


def test_what_counts() -> None:
    other = HostUnderWay("c2", holders=frozenset({"c1"}))
    assert servers_of_others("c3", [], [other]) is None
    assert servers_of_others("c1", [], [other]) == "it holds servers of c2 until these are back"
    assert servers_of_others("c3", ["c2"], [other]) == "servers of its own are on c2"


def test_a_target_waits_even_when_there_is_room(pool: PoolBuilder) -> None:
    """With two hosts each is the other's only target."""
    pool.hosts(2, 1)
    plan = planned(pool, max_unavailable=2)
    assert turns_of(plan) == [["c0"], ["c1"]]
    assert plan.turns[1].waits_for == "it holds servers of c0 until these are back"


def test_the_hosts_that_come_next_take_servers_last(pool: PoolBuilder) -> None:
    pool.hosts(6, 3)
    assert turns_of(planned(pool, max_unavailable=3)) == [["c0", "c1", "c2"], ["c3", "c4", "c5"]]


def test_a_server_that_went_elsewhere_than_planned_counts_where_it_is(pool: PoolBuilder) -> None:
    """Nova refused the planned target, and the drain took another."""
    pool.hosts(3, 1)
    pool.host("c9", unusable="it is in maintenance", unfinished=True)
    pool.server("web", "c1")
    under_way = {"c9": [{"server": "web", "target": "c0"}]}
    found = next_turns(pool.observed_pool(), PlanOptions(max_unavailable=4), under_way)
    assert [turn.host for turn in found.turns] == ["c0"]
    assert found.waiting["c1"] == "it holds servers of c9 until these are back"


def test_a_server_that_is_in_no_list_is_taken_to_be_at_its_target(pool: PoolBuilder) -> None:
    """It moved while the pool was observed, or is gone; a host that waits in vain begins when the turn is over."""
    pool.hosts(2, 0)
    pool.host("c9", unusable="it is in maintenance", unfinished=True)
    under_way = {"c9": [{"server": "moving", "target": "c0"}]}
    found = next_turns(pool.observed_pool(), PlanOptions(max_unavailable=3), under_way)
    assert [turn.host for turn in found.turns] == ["c1"]


def test_servers_that_are_parked_on_a_host_do_not_count_as_its_own(pool: PoolBuilder) -> None:
    """With them it would be the largest, and come first; as they will be back, it is the smallest."""
    pool.hosts(3, 2)
    pool.host("small")
    pool.server("own", "small")
    pool.host("c9", unusable="it is in maintenance", unfinished=True)
    for number in range(3):
        pool.server(f"parked{number}", "small")
    moves = [{"server": f"parked{number}", "target": "small"} for number in range(3)]
    found = next_turns(pool.observed_pool(), PlanOptions(max_unavailable=2), {"c9": moves})
    assert [turn.host for turn in found.turns] == ["c0"]
    # It is last in the queue, so it takes the servers of c0 before hosts that come sooner.
    assert {move.target for move in found.turns[0].moves} == {"small"}
