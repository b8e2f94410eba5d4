# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How long a turn is taken to last."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import Pace

PACE = Pace(seconds_per_move=10, moves_at_once=2, upgrade_seconds=100)


@pytest.mark.parametrize(
    ("moves", "back", "upgraded", "seconds"),
    [(0, 0, False, 100), (1, 1, False, 120), (4, 4, False, 140), (5, 0, False, 130), (0, 3, True, 20), (0, 0, True, 0)],
)
def test_a_turn(moves: int, back: int, upgraded: bool, seconds: float) -> None:
    assert PACE.turn_seconds(moves, back, upgraded) == seconds
