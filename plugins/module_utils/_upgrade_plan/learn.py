# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Learn a pace from migrations that are over and from hosts that are done. Pure.

All of it rests on medians, so that one migration which hung, or one host whose firmware took an hour, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from statistics import median

from .pace import Correction, Pace, TurnLoad

# Fewer migrations than these say nothing: one of them may be the exception. More than the newest of them say no more.
FEWEST, MOST = 3, 200


def learn_moves(pace: Pace, moves: Iterable[tuple[float, float]]) -> Pace:
    """Learn how long moves take.

    :param moves: memory of the server in GiB, and how many seconds its migration took; the newest first.
    """
    points = [(gib, seconds) for gib, seconds in moves if seconds >= 0][:MOST]
    if len(points) < FEWEST:
        return pace
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if a[0] != b[0]]
    slope = max(0.0, median(slopes)) if slopes else 0.0
    constant = max(0.0, median(seconds - slope * gib for gib, seconds in points))
    return replace(pace, seconds_per_move=round(constant, 3), seconds_per_gib=round(slope, 4), moves_seen=len(points))


def learn_turns(pace: Pace, turns: Sequence[tuple[TurnLoad, Mapping[str, float]]]) -> Pace:
    """Learn how long the phases of a host last.

    :param turns: what was to be done in each turn, and how many seconds each phase of it took that is known.
    """
    upgrades = [seconds["upgrade"] for _load, seconds in turns if "upgrade" in seconds]
    verifications = [seconds["verify"] for _load, seconds in turns if "verify" in seconds]
    drains = [(pace.moving(load.leaving), seconds["drain"]) for load, seconds in turns if "drain" in seconds]
    returns = [(pace.moving(load.back), seconds["return"]) for load, seconds in turns if "return" in seconds]
    return replace(
        pace,
        upgrade_seconds=median(upgrades) if upgrades else pace.upgrade_seconds,
        verify_seconds=median(verifications) if verifications else pace.verify_seconds,
        drain=correction(drains) or pace.drain,
        returning=correction(returns) or pace.returning,
        hosts_seen=len(upgrades) or pace.hosts_seen,
    )


def correction(points: Sequence[tuple[float, float]]) -> Correction | None:
    """Return what turns predictions into facts: so many seconds more, or so many times as long, as fits better.

    What took less than was predicted did so by a factor: nothing beside the moves takes less than no time.

    :param points: predicted and actual seconds. :return: None if there are none.
    """
    if not points:
        return None
    more = Correction(1.0, median(actual - predicted for predicted, actual in points))
    ratios = [actual / predicted for predicted, actual in points if predicted > 0]
    if not ratios:
        return more
    longer = Correction(median(ratios))
    if more.seconds < 0:
        return longer
    return min(more, longer, key=lambda some: median(abs(some.of(predicted) - actual) for predicted, actual in points))
