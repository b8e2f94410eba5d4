# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Members of one hard server group do not move at the same time; of a soft one they may."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.conditions import (
    HostUnderWay,
    groups_on_the_move,
)

from tests.unit.fake.fleets import PoolBuilder, planned, turns_of


def test_what_counts() -> None:
    other = HostUnderWay("c2", groups={"g1": "web", "g2": "db"})
    assert groups_on_the_move({"g3": "mail"}, [other]) is None
    assert groups_on_the_move({"g1": "web"}, []) is None
    assert groups_on_the_move({"g3": "mail", "g2": "db"}, [other]) == "servers of the group 'db' leave c2"


def test_hosts_with_members_of_a_hard_group_do_not_go_at_the_same_time(pool: PoolBuilder) -> None:
    pool.hosts(4, 1)
    pool.group("anti-affinity", "s0-0", "s1-0")
    plan = planned(pool, max_unavailable=2)
    assert turns_of(plan) == [["c0", "c2"], ["c1", "c3"]]
    pool.group("anti-affinity", "s0-0", "s2-0", "s3-0")
    pool.host("spare")
    plan = planned(pool, max_unavailable=2, order=["c0", "c1", "c2", "c3"])
    assert turns_of(plan) == [["c0"], ["c1", "c2"], ["c3"]]
    assert plan.turns[2].waits_for == "servers of the group 'group1' leave c0"


@pytest.mark.parametrize("policy", ["soft-anti-affinity", "soft-affinity"])
def test_a_soft_group_is_no_barrier(pool: PoolBuilder, policy: str) -> None:
    """One over fifty hosts once made fifty rounds."""
    pool.hosts(50, 1)
    pool.group(policy, *(f"s{number}-0" for number in range(50)))
    assert [len(hosts) for hosts in turns_of(planned(pool, max_unavailable=10))] == [10] * 5
