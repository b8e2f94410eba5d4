# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How many hosts may be out of service at once."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.conditions import window_full
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import next_turns

from tests.unit.fake.fleets import PoolBuilder, blocked_in, planned, turns_of


@pytest.mark.parametrize(
    ("host", "under_way", "out_of_service", "most", "says"),
    [
        ("c1", [], [], 1, None),
        ("c1", ["c2"], [], 2, None),
        ("c1", ["c2", "c3"], [], 2, "max_unavailable is 2"),
        ("c1", ["c2"], ["c3"], 2, "max_unavailable is 2, and c3 out of service already"),
        ("c1", ["c2"], ["c1", "c3"], 2, None),
        ("c1", ["c2", "c3"], ["c1"], 2, "max_unavailable is 2"),
        ("c1", ["c2"], ["c2"], 2, None),
    ],
)
def test_what_counts(host: str, under_way: list[str], out_of_service: list[str], most: int, says: str | None) -> None:
    assert window_full(host, under_way, out_of_service, most) == says


@pytest.mark.parametrize(("most", "sizes"), [(1, [1] * 6), (2, [2, 2, 2]), (4, [4, 2])])
def test_max_unavailable(pool: PoolBuilder, most: int, sizes: list[int]) -> None:
    pool.hosts(6, 1)
    plan = planned(pool, max_unavailable=most)
    assert [len(hosts) for hosts in turns_of(plan)] == sizes
    assert {turn.waits_for for turn in plan.turns[:most]} == {""}
    assert {turn.waits_for for turn in plan.turns[most:]} == {f"max_unavailable is {most}"}


def test_a_host_that_is_out_of_service_already_counts(pool: PoolBuilder) -> None:
    pool.hosts(4, 1)
    pool.host("broken", unusable="it is disabled", obstacle=("it is disabled", "Enable it."))
    plan = planned(pool, max_unavailable=2)
    assert [len(hosts) for hosts in turns_of(plan)] == [1, 1, 1, 1]
    assert plan.turns[1].waits_for == "max_unavailable is 2, and broken out of service already"
    assert blocked_in(plan) == {"broken": None}


def test_a_host_that_is_left_out_on_purpose_does_not_count(pool: PoolBuilder) -> None:
    """A dead host is not mended by waiting for it. Its room does not count either."""
    pool.hosts(3, 1)
    pool.host("dead", unusable="it is disabled")
    plan = planned(pool, max_unavailable=1, hosts=frozenset({"c0", "c1", "c2"}), exclude=frozenset({"dead"}))
    assert [len(hosts) for hosts in turns_of(plan)] == [1, 1, 1] and blocked_in(plan) == {}
    plan = planned(pool, max_unavailable=1, hosts=frozenset({"c0", "c1", "c2"}))
    assert set(blocked_in(plan)) == {"c0", "c1", "c2"}


def test_a_failed_host_counts_and_does_not_begin_again(pool: PoolBuilder) -> None:
    pool.hosts(3, 1)
    pool.host("failed", zone="az2", unusable="it is in maintenance", unfinished=True)
    found = next_turns(pool.observed_pool(), PlanOptions(max_unavailable=1), {}, failed=["failed"])
    assert found.turns == []
    assert all("max_unavailable is 1, and failed out of service already" in why for why in found.waiting.values())
    found = next_turns(pool.observed_pool(), PlanOptions(max_unavailable=2), {}, failed=["failed"])
    assert [turn.host for turn in found.turns] == ["c0"]


def test_nobody_waits_for_a_failed_host(pool: PoolBuilder) -> None:
    """It is in another zone, and servers have to be parked, for none can stay anywhere."""
    pool.hosts(3, 1)
    pool.host("failed", zone="az2", unusable="it is in maintenance", unfinished=True)
    options = PlanOptions(max_unavailable=2, bring_back=False)
    assert next_turns(pool.observed_pool(), options, {"failed": []}).turns == []
    assert [turn.host for turn in next_turns(pool.observed_pool(), options, {}, failed=["failed"]).turns] == ["c0"]


def test_a_host_under_way_that_has_left_the_pool_counts(pool: PoolBuilder) -> None:
    pool.hosts(3, 1)
    found = next_turns(pool.observed_pool(), PlanOptions(max_unavailable=2), {"gone": []})
    assert [turn.host for turn in found.turns] == ["c0"]
