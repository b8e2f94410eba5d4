# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The progress of a drain or of bringing servers back, as lines that a person reads: one for each change.

Names are tenants' text: whoever shows the lines takes care of control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .outcome import MigrationAttempt
from .tracker import Tracker

# Percent that a migration has to advance before it is worth a line.
_STRIDE = 25


class Progress:
    """Compares the tracker with what was shown last.

    :param title: what goes on, such as ``cmp01 drain``. :param now: monotonic seconds.
    """

    def __init__(self, show: Callable[[str], None], title: str, now: float) -> None:
        self._show, self._title, self._begin = show, title, now
        self._under_way: dict[str, MigrationAttempt] = {}
        self._done = 0
        self._percent: dict[str, int] = {}
        self._refused: dict[str, tuple[str, ...]] = {}
        self._given_up: set[str] = set()
        self._outage = ""

    def begin(self, total: int) -> None:
        """Show how many servers are to migrate, and what to do when this is interrupted."""
        self._show(
            f"{self._title}: {total} server{'s' * (total != 1)} to move. If this is interrupted, run the same again: "
            "it goes on from what stands in the cloud."
        )

    def outage(self, why: str) -> None:
        """Show, once, that the cloud does not answer and is asked again."""
        if why != self._outage:
            self._outage = why
            self._show(f"{self._title}: {why} Trying again while 'timeout' lasts.")

    def show(self, tracker: Tracker, waiting: int, percents: Mapping[str, int | None], now: float) -> None:
        """Show what changed.

        :param waiting: how many servers are still to migrate, beside those under way.
        :param percents: how much is copied, by server. :param now: monotonic seconds.
        """
        lines = [f"{attempt.name} moved to {attempt.target}" for attempt in tracker.done[self._done :]]
        lines += self._refusals(tracker)
        lines += [
            f"{self._name(tracker, key)} failed: {why}"
            for key, why in tracker.given_up.items()
            if key not in self._given_up
        ]
        lines += self._advances(tracker, percents)
        self._under_way = dict(tracker.under_way)
        self._done = len(tracker.done)
        self._given_up |= tracker.given_up.keys()
        for line in lines:
            self._show(f"{self._title}: {line} [{self._totals(tracker, waiting, now)}]")

    def _refusals(self, tracker: Tracker) -> list[str]:
        lines = []
        for key, reasons in tracker.refused.items():
            if reasons and tuple(reasons) != self._refused.get(key):
                host, why = list(reasons.items())[-1]
                lines.append(f"{self._name(tracker, key)}: {host} refused: {why}")
            self._refused[key] = tuple(reasons)
        return lines

    def _advances(self, tracker: Tracker, percents: Mapping[str, int | None]) -> list[str]:
        lines = []
        for key, attempt in tracker.under_way.items():
            percent = percents.get(key)
            if key not in self._under_way:
                lines.append(f"{attempt.name} is going to {attempt.target or 'another host'}")
                self._percent[key] = 0
            elif percent is not None and percent - self._percent.get(key, 0) >= _STRIDE:
                lines.append(f"{attempt.name} {percent} % copied")
                self._percent[key] = percent
        return lines

    def _name(self, tracker: Tracker, key: str) -> str:
        attempt = self._under_way.get(key) or tracker.under_way.get(key)
        return attempt.name if attempt else key

    def _totals(self, tracker: Tracker, waiting: int, now: float) -> str:
        """Counts, and an estimate from the pace so far."""
        done, left = len(tracker.done), waiting + len(tracker.under_way)
        totals = f"{done} moved, {len(tracker.under_way)} moving, {waiting} waiting"
        failed = len(tracker.given_up)
        totals += f", {failed} failed" if failed else ""
        return totals + (f", about {(now - self._begin) / done * left:.0f} s left" if done and left else "")
