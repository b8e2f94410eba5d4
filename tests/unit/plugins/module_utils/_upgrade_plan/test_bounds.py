# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How long turns take at least. That no plan is below it is a matter of the random pools."""

from __future__ import annotations

import pytest

from tests.unit.fake.fleets import PoolBuilder, planned


@pytest.mark.parametrize(("most", "bound"), [(1, 4 * 102), (2, 2 * 102), (3, 4 * 102 / 3), (8, 102)])
def test_by_number(pool: PoolBuilder, most: int, bound: float) -> None:
    pool.hosts(4, 1)
    pool.host("spare", 80)
    assert planned(pool, order=["c0", "c1", "c2", "c3"], max_unavailable=most).seconds_bound == pytest.approx(bound)


def test_a_zone_after_the_other_takes_its_own_time(pool: PoolBuilder) -> None:
    for number in range(4):
        pool.host(f"c{number}", zone=f"az{number % 2}")
    assert planned(pool, max_unavailable=4).seconds_bound == 200
    assert planned(pool, max_unavailable=4, mixed_zones=True).seconds_bound == 100
    racks = {f"c{number}": f"r{number}" for number in range(4)}
    assert planned(pool, max_unavailable=4, failure_domains=racks).seconds_bound == 400


def test_members_of_a_hard_group_go_one_after_the_other(pool: PoolBuilder) -> None:
    pool.hosts(3, 1)
    for number in range(3):
        pool.host(f"spare{number}")
    pool.group("anti-affinity", "s0-0", "s1-0", "s2-0")
    assert planned(pool, max_unavailable=4).seconds_bound == 3 * 102


def test_by_room(pool: PoolBuilder) -> None:
    """Two servers of 4 need two pieces of 4, and there is one: what is free on three hosts makes no second."""
    for name in ("a", "b"):
        pool.host(name, 4)
        pool.server(f"of-{name}", name, 4)
    pool.host("free", 4)
    for number in range(3):
        pool.host(f"little{number}", 3)
    plan = planned(pool, order=["a", "b"], max_unavailable=2)
    assert plan.seconds == plan.seconds_bound == 2 * 102
