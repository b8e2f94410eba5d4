# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Plans for pools that are nearly full: rounds over the bound of rounds by number, groups and room."""

from __future__ import annotations

from pathlib import Path

from tests.bench.figures import Figure, at_most
from tests.bench.fleets import FLEETS, GOAL_ROUNDS, SEED, TIGHT_FULL, tight


def figures(_folder: Path, _rounds: int) -> list[Figure]:
    """The pools are drawn from a seed and planned without a clock, so one round tells it all."""
    row = tight(SEED, TIGHT_FULL)
    what = f"plan of {FLEETS} pools {TIGHT_FULL:.0%} full: rounds over their bound"
    return [at_most(what, "times", GOAL_ROUNDS, [row["rounds"]["median"]])]
