# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Hosts of two availability zones are not out of service at the same time."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.conditions import (
    HostUnderWay,
    Section,
    other_section,
)

from tests.unit.fake.fleets import PoolBuilder, planned, turns_of


def test_what_counts() -> None:
    other = HostUnderWay("c2", Section("az1"))
    assert other_section(Section("az1"), [other]) is None
    assert other_section(Section("az2"), []) is None
    assert other_section(Section("az2"), [other]) == "c2 is in another zone (az1 and not az2)"
    assert other_section(Section("az2"), [HostUnderWay("left the pool")]) is None


def test_one_zone_after_the_other(pool: PoolBuilder) -> None:
    for number in range(4):
        pool.host(f"c{number}", zone=f"az{number % 2}")
    plan = planned(pool, max_unavailable=4)
    assert turns_of(plan) == [["c0", "c2"], ["c1", "c3"]]
    assert plan.turns[2].waits_for == "c0 is in another zone (az0 and not az1)"
    assert turns_of(planned(pool, max_unavailable=4, mixed_zones=True)) == [["c0", "c1", "c2", "c3"]]
