# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How many hosts may be out of service at once."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.conditions import window_full

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
