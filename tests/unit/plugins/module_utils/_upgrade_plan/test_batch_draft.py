# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which hosts are upgraded at the same time."""

from __future__ import annotations

import pytest
from fake.fleets import PoolBuilder, batches_of, blocked_in, planned


@pytest.mark.parametrize(("most", "sizes"), [(1, [1] * 6), (2, [2, 2, 2]), (4, [4, 2])])
def test_max_unavailable(pool: PoolBuilder, most: int, sizes: list[int]) -> None:
    pool.hosts(6, 1)
    plan = planned(pool, max_unavailable=most)
    assert [len(hosts) for hosts in batches_of(plan)] == sizes
    assert plan.batches[0].limited_by == f"max_unavailable is {most}"


def test_a_host_that_is_out_of_service_already_counts(pool: PoolBuilder) -> None:
    pool.hosts(4, 1)
    pool.host("broken", unusable="it is disabled", obstacle=("it is disabled", "Enable it."))
    plan = planned(pool, max_unavailable=2)
    assert [len(hosts) for hosts in batches_of(plan)] == [1, 1, 1, 1]
    assert plan.batches[0].limited_by == "max_unavailable is 2, and broken out of service already"
    assert blocked_in(plan) == {"broken": None}


def test_two_hosts_that_hold_members_of_a_group_are_in_two_batches(pool: PoolBuilder) -> None:
    pool.hosts(4, 1)
    pool.group("soft-anti-affinity", "s0-0", "s1-0")
    plan = planned(pool, max_unavailable=2)
    assert batches_of(plan) == [["c0", "c2"], ["c1", "c3"]]
    pool.group("soft-anti-affinity", "s0-0", "s2-0", "s3-0")
    assert batches_of(planned(pool, max_unavailable=2)) == [["c0"], ["c2", "c1"], ["c3"]]


def test_a_batch_stays_in_one_zone(pool: PoolBuilder) -> None:
    for number in range(4):
        pool.host(f"c{number}", zone=f"az{number % 2}")
    plan = planned(pool, max_unavailable=4)
    assert batches_of(plan) == [["c0", "c2"], ["c1", "c3"]]
    assert plan.batches[0].limited_by == "c1 is in another zone (az1 and not az0)"
    assert batches_of(planned(pool, max_unavailable=4, mixed_zones=True)) == [["c0", "c1", "c2", "c3"]]
