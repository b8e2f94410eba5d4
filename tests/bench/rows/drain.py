# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Draining two hundred servers, in the fake cloud's own time: how many requests it takes, and how many it may."""

from __future__ import annotations

from pathlib import Path

from fake.request_budget import AT_ONCE, SERVERS, drain
from figures import Figure, compared
from processes import BenchError


def figures(_folder: Path, _rounds: int) -> list[Figure]:
    cost = drain()  # once: the same in every round
    if cost.left_behind:
        raise BenchError(f"The drain left {cost.left_behind} servers behind.")
    what = f"draining {SERVERS} servers, {AT_ONCE} at once: requests"
    return [compared(what, "", 1, [cost.spent.total()], [sum(cost.budget.values())], "budget")]
