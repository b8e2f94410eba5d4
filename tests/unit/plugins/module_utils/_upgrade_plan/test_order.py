# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The order of hosts."""

from __future__ import annotations

from tests.unit.fake.fleets import PoolBuilder, planned, turns_of


def test_unfinished_hosts_come_first_even_when_they_are_too_many(pool: PoolBuilder) -> None:
    pool.hosts(5, 1)
    for name in ("x", "y", "z"):
        pool.host(name, unusable="it is in maintenance", unfinished=True)
    plan = planned(pool, max_unavailable=2)
    assert [turn.host for turn in plan.turns][:4] == ["x", "y", "z", "c0"]


def test_the_order_of_the_operator_is_followed_after_empty_hosts(pool: PoolBuilder) -> None:
    pool.hosts(4, 1)
    pool.host("empty")
    assert turns_of(planned(pool, order=["c2", "c0", "empty", "c0", "c1"])) == [["empty"], ["c2"], ["c0"], ["c1"]]


def test_hosts_that_the_operator_did_not_name_come_last(pool: PoolBuilder) -> None:
    pool.hosts(4, 1)
    plan = planned(pool, order=["c3", "c1"], hosts=frozenset({"c0", "c1", "c3"}))
    assert turns_of(plan) == [["c3"], ["c1"], ["c0"]]


def test_without_it_the_oldest_hypervisor_comes_first(pool: PoolBuilder) -> None:
    for number in range(3):
        pool.host(f"c{number}", version=3 - number)
        pool.server(f"s{number}", f"c{number}")
    assert turns_of(planned(pool)) == [["c2"], ["c1"], ["c0"]]


def test_hosts_whose_hard_groups_are_on_most_hosts_come_first(pool: PoolBuilder) -> None:
    """Were the others first, these would be left to be upgraded one by one."""
    pool.hosts(6, 1)
    pool.group("anti-affinity", "s3-0", "s4-0", "s5-0")
    assert turns_of(planned(pool, max_unavailable=2)) == [["c3", "c0"], ["c4", "c1"], ["c5", "c2"]]


def test_of_the_others_those_with_the_most_servers_come_first(pool: PoolBuilder) -> None:
    """A short turn at the end leaves less of the window empty than a long one."""
    pool.hosts(3, 1)
    pool.server("second", "c1")
    assert turns_of(planned(pool)) == [["c1"], ["c0"], ["c2"]]


def test_where_servers_stay_hosts_with_the_fewest_come_first(pool: PoolBuilder) -> None:
    pool.hosts(3, 1)
    pool.server("second", "c0")
    pool.host("spare")
    plan = planned(pool, bring_back=False)
    assert turns_of(plan) == [["spare"], ["c1"], ["c2"], ["c0"]]
