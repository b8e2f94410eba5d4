# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Progress of a drain or a return, as lines a person reads: one for each change. Pure but for whom it tells.

Names are tenants' text: whoever shows the lines takes care of control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .outcome import MigrationAttempt
from .tracker import Tracker

# Percent that a transfer has to advance before it is worth a line.
_STRIDE = 25


class Progress:
    """Compares the ledger with what was told last.

    :param what: what is going on, such as ``cmp01 drain``.
    """

    def __init__(self, show_progress: Callable[[str], None], what: str, now: float) -> None:
        self._show_progress, self._what, self._begin = show_progress, what, now
        self._under_way: dict[str, MigrationAttempt] = {}
        self._done = 0
        self._percent: dict[str, int] = {}
        self._failed: dict[str, tuple[str, ...]] = {}
        self._given_up: set[str] = set()

    def begin(self, total: int) -> None:
        self._show_progress(
            f"{self._what}: {total} server{'s' * (total != 1)} to move. If this is interrupted, run the same again: "
            "it goes on from what stands in the cloud."
        )

    def show(self, tracker: Tracker, waiting: int, percents: Mapping[str, int | None], now: float) -> None:
        """:param waiting: servers whose move was not asked for yet. :param percents: what is copied, by server."""
        lines = [f"{one.name} moved to {one.target}" for one in tracker.done[self._done :]]
        for key, found in tracker.refused.items():
            if found and tuple(found) != self._failed.get(key):
                lines += [f"{self._name(tracker, key)}: {host} refused: {why}" for host, why in found.items()][-1:]
            self._failed[key] = tuple(found)
        for key, why in tracker.given_up.items():
            if key not in self._given_up:
                lines.append(f"{self._name(tracker, key)} failed: {why}")
        for key, one in tracker.under_way.items():
            percent = percents.get(key)
            if key not in self._under_way:
                lines.append(f"{one.name} is going to {one.target or 'another host'}")
                self._percent[key] = 0
            elif percent is not None and percent - self._percent.get(key, 0) >= _STRIDE:
                lines.append(f"{one.name} {percent} % copied")
                self._percent[key] = percent
        self._under_way = dict(tracker.under_way)
        self._done = len(tracker.done)
        self._given_up |= tracker.given_up.keys()
        for line in lines:
            self._show_progress(f"{self._what}: {line} [{self._totals(tracker, waiting, now)}]")

    def _name(self, tracker: Tracker, key: str) -> str:
        one = self._under_way.get(key) or tracker.under_way.get(key)
        return one.name if one else key

    def _totals(self, tracker: Tracker, waiting: int, now: float) -> str:
        """Counts, and an estimate from the pace so far."""
        done, left = len(tracker.done), waiting + len(tracker.under_way)
        totals = f"{done} moved, {len(tracker.under_way)} moving, {waiting} waiting"
        failed = len(tracker.given_up)
        totals += f", {failed} failed" if failed else ""
        return totals + (f", about {(now - self._begin) / done * left:.0f} s left" if done and left else "")
