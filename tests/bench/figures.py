# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A figure of the benchmark: what was measured, against what, the goal, and whether it is reached."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A line of the table.

    :ivar value: the median of the rounds, in ``unit``.
    :ivar against: the median of what it is compared with, in the same unit; None for a goal of its own.
    :ivar measure: what the goal limits: the median of the rounds' ratios, or else the value.
    :ivar limit: the goal; ``measure`` must not be above it.
    :ivar rounds: every round's measurements, own and other.
    """

    what: str
    unit: str
    value: float
    limit: float
    measure: float
    against: float | None = None
    other: str = ""
    rounds: tuple[tuple[float, ...], ...] = ()

    @property
    def reached(self) -> bool:
        return self.measure <= self.limit

    def exported(self) -> dict[str, Any]:
        return {**asdict(self), "reached": self.reached}


def at_most(what: str, unit: str, limit: float, rounds: Sequence[float]) -> Figure:
    """A figure with a goal of its own."""
    middle = statistics.median(rounds)
    return Figure(what, unit, middle, limit, middle, rounds=tuple((value,) for value in rounds))


def compared(
    what: str, unit: str, limit: float, rounds: Sequence[float], others: Sequence[float], other: str
) -> Figure:
    """A figure whose goal is a share of what something else takes, measured in the same rounds."""
    pairs = tuple(zip(rounds, others, strict=True))
    ratio = statistics.median(own / peer for own, peer in pairs)
    return Figure(what, unit, statistics.median(rounds), limit, ratio, statistics.median(others), other, rounds=pairs)


def table(figures: Sequence[Figure]) -> str:
    """All figures, a line each."""
    lines = [("", "measured", "against", "ratio", "goal", "")]
    for figure in figures:
        against = f"{number(figure.against)} {figure.unit} {figure.other}" if figure.against is not None else ""
        ratio = number(figure.measure) if figure.against is not None else ""
        goal = f"at most {number(figure.limit)}" + (" of it" if against else "")
        reached = "reached" if figure.reached else "MISSED"
        lines.append((figure.what, f"{number(figure.value)} {figure.unit}", against, ratio, goal, reached))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def number(value: float) -> str:
    """Three digits that count, and no exponent."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.5f}"
