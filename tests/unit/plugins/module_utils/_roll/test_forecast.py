# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""When the hosts of a roll will be over, as planned and as it goes on; and that windows are the same for both."""

from __future__ import annotations

import math
import random
from datetime import datetime
from statistics import median
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.forecast import (
    NextHost,
    ends,
    experience,
    learnt_pace,
    schedule,
    seconds_of,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.limits import too_late
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.window import Windows
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import Pace
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import plan_upgrade
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fake.fleets import PoolBuilder
from tests.unit.plugins.module_utils._roll.events import (
    OPTIONS,
    PACE,
    STEPS,
    all_phases,
    begun,
    event,
    resumed,
    roll_of,
)

NOON = datetime(2026, 11, 21, 12, 0).timestamp()  # a Saturday
ALWAYS = Windows()


def waiting(*seconds: float, at_once: int, soak: float = 0.0) -> list[NextHost]:
    """Hosts that take so long, in the order of the plan."""
    return [NextHost(f"h{number}", lasts, max(0, number + 1 - at_once), soak) for number, lasts in enumerate(seconds)]


# -- one after the other


def test_a_host_begins_when_as_many_others_are_over_as_the_plan_foresaw() -> None:
    over = schedule(waiting(10, 40, 10, 10, at_once=2), [], 100, ALWAYS, False)
    assert over == {"h0": 110, "h1": 140, "h2": 120, "h3": 130}


def test_hosts_under_way_hold_their_places() -> None:
    three = [NextHost("c", 10, 1, 0.0), NextHost("d", 10, 2, 0.0)]
    assert schedule(three, [90, 130], 100, ALWAYS, False) == {"c": 110, "d": 120}
    assert schedule(three, [125, 130], 100, ALWAYS, False) == {"c": 135, "d": 140}


def test_after_a_step_of_the_ramp_hosts_soak() -> None:
    assert schedule([NextHost("a", 10, 0, 0.0), NextHost("b", 10, 1, 60.0)], [], 0, ALWAYS, False)["b"] == 80


def test_what_does_not_fit_into_a_window_begins_in_the_next_one() -> None:
    nights = Windows.parse(["22:00-23:00"], None)
    hosts = waiting(1800, 1800, 1800, at_once=1)
    loose = [(end - NOON) / 3600 for end in schedule(hosts, [], NOON, nights, False).values()]
    assert loose == [10.5, 11, 34.5]  # 23:00 is not in the window any more
    strict = [(end - NOON) / 3600 for end in schedule(hosts, [], NOON + 10.25 * 3600, nights, True).values()]
    assert strict == [10.75, 34.5, 35]
    assert schedule(waiting(3601, 5, at_once=1), [], NOON, nights, True) == {"h0": math.inf, "h1": math.inf}


@given(st.lists(st.floats(0, 3600), min_size=1, max_size=12), st.integers(1, 4), st.integers(0, 11), st.floats(0, 999))
def test_a_longer_host_makes_no_roll_shorter(seconds: list[float], at_once: int, which: int, longer: float) -> None:
    end = max(schedule(waiting(*seconds, at_once=at_once), [], 0, ALWAYS, False).values())
    bound = max(sum(seconds) / at_once, *seconds)
    assert bound - 1e-6 <= end <= sum(seconds) + 1e-6
    seconds[which % len(seconds)] += longer
    assert max(schedule(waiting(*seconds, at_once=at_once), [], 0, ALWAYS, False).values()) >= end - longer - 1e-6


# -- of a roll


def test_a_roll_goes_as_its_plan_until_something_is_known() -> None:
    assert ends(roll_of(), NOON) == {"a": NOON + 45, "b": NOON + 45, "c": NOON + 90}


def test_a_host_under_way_has_left_what_its_phases_have() -> None:
    roll = roll_of(begun(100, "a"), event(112, "drained", host="a", left=[]))
    over = ends(roll, 120)
    assert over["a"] == pytest.approx(112 + 20 + 5 + 10)
    assert ends(roll, 152)["a"] == pytest.approx(152 + 4 + 5 + 10)  # twice as long as foreseen: a tenth longer still


def test_a_phase_that_lasts_longer_than_foreseen_counts_for_the_others_before_it_is_over() -> None:
    roll = roll_of(begun(100, "a"), event(110, "drained", host="a", left=[]))
    assert learnt_pace(roll, 120).upgrade_seconds == 20
    assert learnt_pace(roll, 210).upgrade_seconds == 100


def test_what_is_verified_already_has_only_to_return() -> None:
    roll = roll_of(begun(100, "a", "1"), *all_phases(100, "a")[:3], resumed(200, "a", "b"))
    assert seconds_of(roll, "a", PACE) == {"return": 10}


def test_phases_that_were_cut_short_or_begun_again_tell_nothing() -> None:
    cut = roll_of(begun(100, "a"), event(110, "drained", host="a", left=[]), resumed(200, "a"))
    assert experience(cut)[0][1] == {"drain": 10}
    again = roll_of(begun(100, "a"), event(105, "failed", host="a", reason="x"), resumed(200, "a"), begun(201, "a"),
                    event(202, "drained", host="a", left=[]))  # fmt: skip
    assert experience(again)[0][1] == {}


def test_a_first_run_teaches_the_next_one() -> None:
    slow = [event(110, "drained", host="a", left=[]), event(510, "upgraded", host="a")]
    slow += [event(515, "verified", host="a"), event(525, "returned", host="a", left=[])]
    again = roll_of(begun(100, "a", "1"), *slow, resumed(9000, "b", "c"))
    assert ends(again, 9000) == {"b": 9425, "c": 9425}


# -- the plan and the turns


def test_the_plan_and_the_schedule_are_the_same() -> None:
    """For pools in which zones, groups and room keep hosts waiting."""
    for seed in range(20):
        chance = random.Random(seed)
        pool = PoolBuilder()
        for number in range(chance.randint(3, 12)):
            pool.host(f"c{number:02}", 8, zone=f"az{number % chance.choice((1, 2, 3))}")
            for server in range(chance.randint(0, 4)):
                pool.server(f"s{number}-{server}", f"c{number:02}", memory=chance.choice((1, 4)))
        pace = Pace(3, 0.5, 2, 60, 5)
        plan = plan_upgrade(pool.observed_pool(), PlanOptions(max_unavailable=chance.randint(1, 4)), pace)
        hosts = [NextHost(turn.host, turn.seconds, turn.after, turn.soak) for turn in plan.turns]
        over = schedule(hosts, [], 0, ALWAYS, False)
        assert over == pytest.approx({turn.host: turn.end for turn in plan.turns}), seed


@given(st.integers(0, 7 * 24 * 60), st.sampled_from(["22:00-22:03", "Sat 22:00-22:02", "Mon-Fri 6:00-6:01"]))
def test_a_turn_begins_a_host_exactly_where_the_plan_let_it_begin(minute: int, window: str) -> None:
    """A host takes 45 seconds."""
    options = {**OPTIONS, "windows": [window], "windows_strict": True}
    roll = roll_of(options=options)
    at = NOON + minute * 60.0
    begins = ends(roll, at)["a"] - 45
    assert not too_late(roll, begins) and Windows.parse([window], None).is_open(begins)
    if begins > at:  # and it would not have begun a second sooner
        windows = Windows.parse([window], None)
        assert not windows.is_open(begins - 1) or "a" in too_late(roll, begins - 1)


# -- how good it is


def test_forecasts_of_turns_are_wrong_by_less_than_a_tenth_in_the_median() -> None:
    """The first hosts are foreseen with assumptions that are wrong by far; after three the error is small."""
    chance, now = random.Random(3), 1000.0
    errors: list[float] = []
    events: list[dict[str, Any]] = []
    names = [f"h{number:02}" for number in range(30)]
    opened = {"hosts": names, "places": {name: name for name in names}}
    for name in names:
        foreseen = seconds_of(roll := roll_of(*events, **opened), name, learnt_pace(roll, now))
        took = [seconds * chance.lognormvariate(0, 0.1) for seconds in (37, 300, 12, 21)]
        events.append(begun(now, name, "1"))
        for phase, seconds in zip(("drained", "upgraded", "verified", "returned"), took, strict=True):
            now += seconds
            events.append(event(now, phase, host=name, left=[]))
        errors.append(abs(sum(foreseen.values()) - sum(took)) / sum(took))
    assert errors[0] > 0.5 and list(foreseen) == STEPS
    assert median(errors[3:]) < 0.10
