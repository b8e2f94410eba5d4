# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Planning the upgrade of a thousand hosts with twenty thousand servers: the planner alone."""

from __future__ import annotations

from pathlib import Path

from tests.bench.figures import Figure, at_most, compared
from tests.bench.fleets import GOAL_MIB, GOAL_RATIO, GOAL_SECONDS, LARGE, SEED, SERVERS_PER_HOST, SMALL, scale


def figures(_folder: Path, rounds: int) -> list[Figure]:
    large, small, peaks = [], [], []
    for _round in range(rounds):
        costs = [scale(SEED, bring_back) for bring_back in (True, False)]
        large.append(max(cost["large"]["cpu_seconds"] for cost in costs))
        small.append(max(cost["small"]["cpu_seconds"] for cost in costs))
        peaks.append(max(cost["large"]["peak_mib"] for cost in costs))
    what = f"planning {LARGE:,} hosts, {LARGE * SERVERS_PER_HOST:,} servers"
    return [
        at_most(f"{what}: CPU", "s", GOAL_SECONDS, large),
        at_most(f"{what}: memory", "MiB", GOAL_MIB, peaks),
        compared(f"{what}: CPU", "s", GOAL_RATIO, large, small, f"{SMALL} hosts"),
    ]
