# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How long a turn is taken to last."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import (
    ASSUMED,
    Correction,
    Load,
    Pace,
    TurnLoad,
    TurnSeconds,
)
from hypothesis import given
from hypothesis import strategies as st

PACE = Pace(seconds_per_move=10, moves_at_once=2, upgrade_seconds=100)
SIZES = st.lists(st.floats(0, 512), max_size=12)
PACES = st.builds(
    Pace,
    seconds_per_move=st.floats(0, 600),
    seconds_per_gib=st.floats(0, 30),
    moves_at_once=st.integers(1, 8),
    drain=st.builds(Correction, st.floats(0, 10), st.floats(0, 600)),
)


def load(moves: int, back: int, upgraded: bool = False, gib: float = 0.0) -> TurnLoad:
    return TurnLoad(Load.of([gib] * moves), Load.of([gib] * back), upgraded)


@pytest.mark.parametrize(
    ("moves", "back", "upgraded", "seconds"),
    [(0, 0, False, 100), (1, 1, False, 120), (4, 4, False, 140), (5, 0, False, 130), (0, 3, True, 20), (0, 0, True, 0)],
)
def test_a_turn(moves: int, back: int, upgraded: bool, seconds: float) -> None:
    assert PACE.turn_seconds(load(moves, back, upgraded)).total == seconds


def test_the_memory_of_servers_counts() -> None:
    pace = replace(PACE, seconds_per_gib=1.0)
    assert pace.moving(Load.of([8, 8, 8, 8])) == 2 * 10 + 32 / 2
    assert pace.moving(Load.of([64, 1, 1])) == 10 + 64  # none is over before that of the largest


def test_phases_take_what_they_took_beside_their_moves() -> None:
    pace = replace(PACE, verify_seconds=7, drain=Correction(1, 5), returning=Correction(2))
    assert pace.turn_seconds(load(1, 1)) == TurnSeconds(15, 100, 7, 20)


@given(PACES, SIZES, st.floats(0, 512))
def test_a_prediction_is_never_negative_and_grows_with_each_server(pace: Pace, sizes: list[float], gib: float) -> None:
    less, more = (pace.turn_seconds(TurnLoad(Load.of(some))) for some in (sizes, [*sizes, gib]))
    assert min(less) >= 0 and more.drain >= less.drain - 0.1  # the load is rounded
    larger = pace.turn_seconds(TurnLoad(Load.of([size + 1 for size in sizes])))
    assert larger.drain >= less.drain - 0.1


def test_a_record_holds_it() -> None:
    pace = Pace(1, 2, 3, 4, 5, Correction(6, 7), Correction(8, 9), 10, 11)
    assert Pace.read(json.loads(json.dumps(pace.to_record()))) == pace
    held = TurnLoad(Load(1, 2.5, 2.5), Load(), True)
    assert TurnLoad.read(json.loads(json.dumps(held))) == held


def test_it_says_what_it_rests_on() -> None:
    assert ASSUMED.basis == "times: 30 s a move, 2 at once, assumed; 15 min an upgrade, assumed"
    assert Pace(2, 0.5, 3, 240, 60, moves_seen=38, hosts_seen=1).basis == (
        "times: 2 s and 0.5 s for each GiB a move, 3 at once, seen in 38 migrations of the pool; 5 min an upgrade, "
        "seen on 1 host"
    )
