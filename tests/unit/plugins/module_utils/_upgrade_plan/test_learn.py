# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is learnt from migrations that are over, and from hosts that are done."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.learn import (
    correction,
    learn_moves,
    learn_turns,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import (
    ASSUMED,
    Correction,
    Load,
    Pace,
    TurnLoad,
)
from hypothesis import given
from hypothesis import strategies as st

SIZES = (2.0, 8.0, 32.0)
MOVE, GIB = st.floats(0.5, 120), st.floats(0, 10)


def moves(seconds_per_move: float, seconds_per_gib: float) -> list[tuple[float, float]]:
    """Three migrations of a server of each size."""
    return [(gib, seconds_per_move + gib * seconds_per_gib) for gib in SIZES for _time in range(3)]


@given(MOVE, GIB)
def test_a_constant_and_seconds_for_each_gib_are_found(seconds_per_move: float, seconds_per_gib: float) -> None:
    pace = learn_moves(ASSUMED, moves(seconds_per_move, seconds_per_gib))
    assert pace.seconds_per_move == pytest.approx(seconds_per_move, abs=0.01)
    assert pace.seconds_per_gib == pytest.approx(seconds_per_gib, abs=0.01)
    assert pace.moves_seen == 9


@given(MOVE, GIB, st.integers(0, 8), st.floats(0, 86400))
def test_one_migration_that_hung_changes_little(
    seconds_per_move: float, seconds_per_gib: float, which: int, hung: float
) -> None:
    records = moves(seconds_per_move, seconds_per_gib)
    records[which] = (records[which][0], hung)
    pace = learn_moves(ASSUMED, records)
    for gib in SIZES:
        expected = seconds_per_move + gib * seconds_per_gib
        assert pace.moving(Load.of([gib])) == pytest.approx(expected, rel=0.01, abs=0.1)


@given(st.lists(st.tuples(st.floats(0, 512), st.floats(-5, 86400)), max_size=12))
def test_whatever_the_records_say_no_move_takes_less_than_no_time(records: list[tuple[float, float]]) -> None:
    pace = learn_moves(ASSUMED, records)
    assert pace.seconds_per_move >= 0 and pace.seconds_per_gib >= 0


def test_too_few_migrations_say_nothing() -> None:
    assert learn_moves(ASSUMED, [(1, 5), (1, 5)]) == ASSUMED
    assert learn_moves(ASSUMED, [(1, 5)] * 3).seconds_per_move == 5


def test_noise_leaves_an_error_below_a_tenth() -> None:
    chance = random.Random(7)
    noisy = [(gib, (3 + 0.5 * gib) * chance.lognormvariate(0, 0.1)) for gib in SIZES * 15]
    pace = learn_moves(ASSUMED, noisy)
    for gib in SIZES:
        assert pace.moving(Load.of([gib])) == pytest.approx(3 + 0.5 * gib, rel=0.1)


# -- hosts


def done(servers: int, drain: float, upgrade: float = 50, back: float = 0.0) -> tuple[TurnLoad, Mapping[str, float]]:
    load = TurnLoad(Load.of([4.0] * servers), Load.of([4.0] * servers))
    return load, {"drain": drain, "upgrade": upgrade, "verify": 5, "return": back}


PACE = Pace(seconds_per_move=10, moves_at_once=1)


def test_an_upgrade_lasts_as_long_as_that_of_the_median_host() -> None:
    learnt = learn_turns(PACE, [done(1, 10, 40), done(1, 10, 60), done(1, 10, 3600)])
    assert (learnt.upgrade_seconds, learnt.verify_seconds, learnt.hosts_seen) == (60, 5, 3)


def test_without_a_host_nothing_changes() -> None:
    assert learn_turns(PACE, []) == PACE
    assert learn_turns(PACE, [(TurnLoad(), {"drain": 3})]).upgrade_seconds == PACE.upgrade_seconds


def test_drains_that_take_longer_by_a_constant_are_told_from_those_by_a_factor() -> None:
    beside = learn_turns(PACE, [done(servers, servers * 10 + 6) for servers in (1, 3, 8)])
    assert beside.drain == Correction(1.0, 6.0)
    slower = learn_turns(PACE, [done(servers, servers * 15) for servers in (1, 3, 8)])
    assert slower.drain == Correction(1.5)
    assert slower.turn_seconds(done(2, 0)[0]).drain == 30


def test_what_takes_less_than_was_assumed_does_so_by_a_factor() -> None:
    """Also the first host, whose drain says nothing of hosts with other servers by itself."""
    assert learn_turns(PACE, [done(4, 10)]).drain == Correction(0.25)
    assert learn_turns(PACE, [done(4, 50)]).drain == Correction(1.0, 10)


def test_hosts_without_servers_take_what_they_took() -> None:
    learnt = learn_turns(PACE, [done(0, 4), done(0, 4)])
    assert learnt.turn_seconds(done(0, 0)[0]).drain == 4


@given(st.lists(st.tuples(st.floats(0, 3600), st.floats(0, 3600)), min_size=1, max_size=9), st.floats(0, 3600))
def test_what_is_corrected_is_never_negative_and_grows(points: list[tuple[float, float]], seconds: float) -> None:
    found = correction(points)
    assert found and 0 <= found.of(seconds) <= found.of(seconds + 1)


@given(st.floats(1, 3600), st.floats(-0.5, 5), st.integers(0, 4), st.floats(0, 86400))
def test_one_host_that_took_an_hour_changes_nothing(base: float, more: float, which: int, odd: float) -> None:
    points = [(base * number, base * number * (1 + more)) for number in range(1, 6)]
    points[which] = (points[which][0], odd)
    found = correction(points)
    assert found and found.of(base) == pytest.approx(base * (1 + more), rel=0.01)
