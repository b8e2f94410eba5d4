# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What became of a guest, from its heartbeats as they arrived outside of it. Pure.

All hosts of the proving ground share one kernel and so one clock: an arrival from the source and one from the
destination can be compared. A guest's own clock does not see the pause of its migration.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BEAT = re.compile(rb"HB (\d+) (\d+)\r?\n")
# What Google told of its live migrations: a million a month (VEE 2018, "VM Live Migration At Scale").
GOOGLE = "Google's, over a million moves a month: median 50 ms, p99 300 ms"


@dataclass(frozen=True, order=True)
class Beat:
    """One heartbeat. :ivar at: when it arrived, in seconds. :ivar number: the guest counts them from 0 at its start."""

    at: float
    number: int


@dataclass(frozen=True)
class Pause:
    """The longest silence of a guest within a time, and when it began."""

    seconds: float
    at: float


def parse(data: bytes) -> tuple[list[int], bytes]:
    """Return the numbers of the beats in a piece of a console, and what is left over for the next piece."""
    end, numbers = 0, []
    for match in BEAT.finditer(data):
        numbers.append(int(match[1]))
        end = match.end()
    return numbers, data[end:][-200:]


def longest_pause(beats: Sequence[Beat], begin: float, end: float) -> Pause:
    """Return the longest silence that touches this time; one that lasts until the end counts as far as that."""
    times = [beat.at for beat in beats if beat.at <= end]
    pairs = itertools.pairwise([*times, end])
    gaps = [Pause(later - earlier, earlier) for earlier, later in pairs if later >= begin]
    return max(gaps, key=lambda pause: pause.seconds, default=Pause(end - begin, begin))


def restarts(beats: Iterable[Beat]) -> int:
    """Return how often the guest began to count anew. Beats of source and destination may arrive out of order."""
    return sum(later.number == 0 for _earlier, later in itertools.pairwise(sorted(beats)))


def alive(beats: Sequence[Beat], now: float, seconds: float) -> bool:
    """Whether the guest was heard within the last seconds."""
    return any(beat.at >= now - seconds for beat in reversed(beats))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that this share of them does not exceed."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


def summary(pauses: Sequence[float]) -> str:
    """Return a line about the pauses of all moves, in seconds."""
    figures = (statistics.median(pauses), percentile(pauses, 0.99), max(pauses))
    median, high, longest = (round(1000 * seconds) for seconds in figures)
    return f"{len(pauses)} moves: median {median} ms, p99 {high} ms, longest {longest} ms ({GOOGLE})"
