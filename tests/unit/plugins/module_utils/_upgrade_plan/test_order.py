# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The order of hosts."""

from __future__ import annotations

from fake.fleets import PoolBuilder, batches_of, planned


def test_unfinished_hosts_come_first_even_when_they_are_too_many(pool: PoolBuilder) -> None:
    pool.hosts(5, 1)
    for name in ("x", "y", "z"):
        pool.host(name, unusable="it is in maintenance", unfinished=True)
    plan = planned(pool, max_unavailable=2)
    assert batches_of(plan)[:2] == [["x", "y"], ["z", "c0"]]


def test_the_order_of_the_operator_is_followed_after_empty_hosts(pool: PoolBuilder) -> None:
    pool.hosts(4, 1)
    pool.host("empty")
    assert batches_of(planned(pool, order=["c2", "c0", "empty", "c0", "c1"])) == [["empty"], ["c2"], ["c0"], ["c1"]]


def test_hosts_that_the_operator_did_not_name_come_last(pool: PoolBuilder) -> None:
    pool.hosts(4, 1)
    plan = planned(pool, order=["c3", "c1"], hosts=frozenset({"c0", "c1", "c3"}))
    assert batches_of(plan) == [["c3"], ["c1"], ["c0"]]


def test_without_it_the_oldest_hypervisor_comes_first(pool: PoolBuilder) -> None:
    for number in range(3):
        pool.host(f"c{number}", version=3 - number)
        pool.server(f"s{number}", f"c{number}")
    assert batches_of(planned(pool)) == [["c2"], ["c1"], ["c0"]]


def test_hosts_whose_groups_are_on_most_hosts_come_first(pool: PoolBuilder) -> None:
    """Were the others first, these would be left to be upgraded one by one."""
    pool.hosts(6, 1)
    pool.group("anti-affinity", "s3-0", "s4-0", "s5-0")
    plan = planned(pool, max_unavailable=2)
    assert len(plan.batches) == 3


def test_where_servers_stay_hosts_with_the_fewest_come_first(pool: PoolBuilder) -> None:
    pool.hosts(3, 1)
    pool.server("second", "c0")
    pool.host("spare")
    plan = planned(pool, bring_back=False)
    assert batches_of(plan) == [["spare"], ["c1"], ["c2"], ["c0"]]
