# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Progress of a drain or a return, as lines a person reads: one for each change. Pure but for whom it tells.

Names are tenants' text: whoever shows the lines takes care of control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.stackops.aggregates.plugins.module_utils._moves import Attempt, Ledger

# Percent that a transfer has to advance before it is worth a line.
_STRIDE = 25


class Progress:
    """Compares the ledger with what was told last.

    :param what: what is going on, such as ``cmp01 drain``.
    """

    def __init__(self, tell: Callable[[str], None], what: str, now: float) -> None:
        self._tell, self._what, self._begin = tell, what, now
        self._under_way: dict[str, Attempt] = {}
        self._done = 0
        self._percent: dict[str, int] = {}
        self._failed: dict[str, tuple[str, ...]] = {}
        self._given_up: set[str] = set()

    def begin(self, total: int) -> None:
        self._tell(
            f"{self._what}: {total} server{'s' * (total != 1)} to move. If this is interrupted, run the same again: "
            "it goes on from what stands in the cloud."
        )

    def show(self, ledger: Ledger, waiting: int, percents: Mapping[str, int | None], now: float) -> None:
        """:param waiting: servers whose move was not asked for yet. :param percents: what is copied, by server."""
        lines = [f"{one.name} moved to {one.target}" for one in ledger.done[self._done :]]
        for key, found in ledger.refused.items():
            if found and tuple(found) != self._failed.get(key):
                lines += [f"{self._name(ledger, key)}: {host} refused: {why}" for host, why in found.items()][-1:]
            self._failed[key] = tuple(found)
        for key, why in ledger.given_up.items():
            if key not in self._given_up:
                lines.append(f"{self._name(ledger, key)} failed: {why}")
        for key, one in ledger.under_way.items():
            percent = percents.get(key)
            if key not in self._under_way:
                lines.append(f"{one.name} is going to {one.target or 'another host'}")
                self._percent[key] = 0
            elif percent is not None and percent - self._percent.get(key, 0) >= _STRIDE:
                lines.append(f"{one.name} {percent} % copied")
                self._percent[key] = percent
        self._under_way = dict(ledger.under_way)
        self._done = len(ledger.done)
        self._given_up |= ledger.given_up.keys()
        for line in lines:
            self._tell(f"{self._what}: {line} [{self._totals(ledger, waiting, now)}]")

    def _name(self, ledger: Ledger, key: str) -> str:
        one = self._under_way.get(key) or ledger.under_way.get(key)
        return one.name if one else key

    def _totals(self, ledger: Ledger, waiting: int, now: float) -> str:
        """Counts, and an estimate from the pace so far."""
        done, left = len(ledger.done), waiting + len(ledger.under_way)
        totals = f"{done} moved, {len(ledger.under_way)} moving, {waiting} waiting"
        failed = len(ledger.given_up)
        totals += f", {failed} failed" if failed else ""
        return totals + (f", about {(now - self._begin) / done * left:.0f} s left" if done and left else "")
