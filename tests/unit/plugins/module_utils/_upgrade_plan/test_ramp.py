# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""One host first, then more at once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import (
    PlanOptions,
    read_plan_options,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import next_turns
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.ramp import Ramp, problems_of_ramp

from tests.unit.fake.fleets import PoolBuilder, planned, turns_of

RAMP = Ramp((1, 2, 4), 600)


def test_a_step_ends_when_as_many_hosts_as_it_has_are_done() -> None:
    assert [RAMP.places(done) for done in range(9)] == [1, 2, 1, 4, 3, 2, 1, None, None]
    assert [done for done in range(9) if RAMP.soaks(done)] == [1, 3, 7]
    assert Ramp().places(0) is None and not Ramp().soaks(0) and not Ramp((1,)).soaks(1)


def test_a_ramp_says_in_which_step_it_is() -> None:
    assert Ramp((1, 2)).text(1) == "the ramp is in step 2 of 2, of 2 hosts"
    assert RAMP.text(0) == "the ramp is in step 1 of 3, of 1 host, and soaks for 10 min after it"
    assert (RAMP.text(7), Ramp().text(0)) == ("", "")
    assert RAMP.soak_text(3) == "step 2 of 3 of the ramp soaks for 10 min"


@pytest.mark.parametrize(
    ("steps", "soak", "wrong"),
    [
        ([], 0, []),
        ([1, 2, 4], 600, []),
        ([1, 5], 0, ["ramp is [1, 5], and max_unavailable comes to 4: give each step from one host to so many."]),
        ([0], 0, ["ramp is [0], and max_unavailable comes to 4: give each step from one host to so many."]),
        ([1], -1, ["soak is -1: give seconds, and a ramp, for it comes between the steps of one."]),
        ([], 60, ["soak is 60: give seconds, and a ramp, for it comes between the steps of one."]),
    ],
)
def test_what_no_ramp_can_be(steps: list[int], soak: int, wrong: list[str]) -> None:
    assert list(problems_of_ramp(steps, soak, 4)) == wrong


def test_a_ramp_that_does_not_fit_the_pool_is_refused() -> None:
    none: dict[str, list[str]] = {option: [] for option in ("exclude", "done", "verified", "server_wishes")}
    given: dict[str, Any] = {
        **none,
        "needing": None,
        "hosts": None,
        "failure_domains": {},
        "capacity_margin": 0,
        "soak": 0,
        "spare_hosts": 0,
    }
    with pytest.raises(Refused, match="max_unavailable comes to 1"):
        read_plan_options({**given, "ramp": [1, 2], "max_unavailable": "25%"}, ["a", "b", "c", "d"])


def test_a_plan_goes_up_the_ramp_and_waits_out_each_soak(pool: PoolBuilder) -> None:
    pool.hosts(10, 1)
    plan = planned(pool, max_unavailable=3, ramp=Ramp((1, 2), 50))
    assert [len(hosts) for hosts in turns_of(plan)] == [1, 2, 3, 3, 1]
    (turn,) = {turn.seconds for turn in plan.turns}
    begins = [turn.begin for turn in plan.turns]
    assert begins[1] == begins[2] == turn + 50
    assert begins[3] == 2 * (turn + 50) and begins[6] == begins[3] + turn
    assert plan.turns[1].waits_for == "the ramp is in step 1 of 2, of 1 host, and soaks for 50 s after it"
    assert plan.turns[3].waits_for == "the ramp is in step 2 of 2, of 2 hosts, and soaks for 50 s after it"
    assert plan.turns[6].waits_for == "max_unavailable is 3"


def test_a_plan_goes_on_in_the_step_that_an_earlier_run_came_to(pool: PoolBuilder) -> None:
    pool.hosts(6, 1)
    plan = planned(pool, max_unavailable=4, ramp=Ramp((1, 2)), done=frozenset({"c0"}))
    assert [len(hosts) for hosts in turns_of(plan)] == [2, 3]


def test_a_roll_begins_no_more_than_the_ramp_lets(pool: PoolBuilder) -> None:
    pool.hosts(6, 1)
    found = next_turns(pool.observed_pool(), PlanOptions(max_unavailable=4, ramp=Ramp((1, 2))), {})
    assert len(found.turns) == 1
    assert set(found.waiting.values()) == {"the ramp is in step 1 of 2, of 1 host"}
