# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Hosts of two failure domains are not out of service at the same time."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.conditions import (
    HostUnderWay,
    Section,
    other_section,
)

from tests.unit.fake.fleets import PoolBuilder, planned, turns_of


def test_what_counts() -> None:
    other = HostUnderWay("c2", Section("az1", "r1"))
    assert other_section(Section("az1", "r1"), [other]) is None
    assert other_section(Section("az1", "r2"), [other]) == "c2 is in another failure domain (r1 and not r2)"


def test_one_rack_after_the_other(pool: PoolBuilder) -> None:
    pool.hosts(6, 0)
    racks = {f"c{number}": f"r{number % 2}" for number in range(6)}
    plan = planned(pool, max_unavailable=2, failure_domains=racks)
    assert turns_of(plan) == [["c0", "c2"], ["c4"], ["c1", "c3"], ["c5"]]
    assert plan.turns[3].waits_for == "c4 is in another failure domain (r0 and not r1)"


def test_a_host_whose_domain_nobody_gave_goes_alone(pool: PoolBuilder) -> None:
    pool.hosts(4, 0)
    plan = planned(pool, max_unavailable=4, failure_domains={"c0": "r1", "c1": "r1"})
    assert turns_of(plan) == [["c2"], ["c3"], ["c0", "c1"]]
