# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which of several targets that are alike takes the next server of a host. Pure.

Nova moves few servers at a time out of one host, so servers that were sent to one target wait for each other on their
way back. So each of the targets gets its share of a host's servers, and where it had that, or could not take it, the
target with the fewest servers of other hosts is the next. A host whose servers need all the room there is does not
notice; and where servers are counts, not how full targets are, which is in doubt in the middle of moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice


class Shares:
    """How many servers of hosts under way each target has.

    :param alike: how many targets are alike: as many as hosts may be under way.
    """

    def __init__(self, alike: int) -> None:
        self._alike, self._share = alike, 0
        self._planned: Counter[str] = Counter()
        self._own: Counter[str] = Counter()

    def begin(self, servers: int) -> None:
        """Let the next servers be those of another host, which has so many."""
        self._share = -(-servers // self._alike)
        self._own.clear()

    def add(self, target: str) -> None:
        """Let a target have one server more, of the host that began last."""
        self._planned[target] += 1
        self._own[target] += 1

    def remove(self, target: str) -> None:
        """Let a target have one server less, of a host whose turn is over or does not begin."""
        self._planned[target] -= 1

    def choose(self, targets: Iterable[str]) -> str | None:
        """Return the target that takes the next server; None if there is none.

        :param targets: those that can take it, in the order in which they are to be preferred.
        """
        return min(islice(targets, self._alike), key=self._crowd, default=None)

    def _crowd(self, target: str) -> tuple[bool, int]:
        own = self._own[target]
        return own >= self._share, self._planned[target] - own
