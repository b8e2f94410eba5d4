# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Give each server of a host that is to be upgraded a target, all of them or none. Pure.

Servers are spread; where that does not do they are packed; and where that does not do either it is tried as a drain
would. So whatever a drain could do without a plan can be planned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ansible_collections.stackops.aggregates.plugins.module_utils._drain import Move, kind_of_exit
from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Server
from ansible_collections.stackops.aggregates.plugins.module_utils._turns import Turn
from ansible_collections.stackops.aggregates.plugins.module_utils._vacancies import TIERS, Vacancies, Way


class Departures:
    """:param wishes: the wishes of tenants that are granted."""

    def __init__(self, vacancies: Vacancies, wishes: Collection[str]) -> None:
        self._vacancies, self._wishes = vacancies, wishes

    def begin(self, turn: Turn, tiers: Collection[int]) -> Server | None:
        """Moves for all servers of a host, whose room they take; or none, and a server for which there is no target."""
        self._vacancies.withdraw(turn.host)
        without = None
        for way in Way:
            without = next(self._without(turn, tiers, way), None)
            if without is None:
                return None
            self.take_back(turn)
        return without

    def take_back(self, turn: Turn) -> None:
        for move in turn.moves:
            self._vacancies.release(move.server.id, move.target)
        turn.moves = []

    def impossible(self, turn: Turn) -> list[Server]:
        """All servers for which a drain would find no target; the others have their moves then."""
        self._vacancies.withdraw(turn.host)
        return list(self._without(turn, TIERS, Way.AS_A_DRAIN))

    def _without(self, turn: Turn, tiers: Collection[int], way: Way) -> Iterator[Server]:
        """Give the servers targets, one after the other, and yield those for which there is none."""
        version = self._vacancies.target(turn.host).version
        for server in turn.movable:
            host = self._vacancies.find(server.id, version, tiers, way)
            if host is None:
                yield server
            else:
                self._vacancies.take(server.id, host)
                turn.moves.append(Move(server, kind_of_exit(server, self._wishes), host))
