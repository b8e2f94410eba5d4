# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Give each server of a host that is to be upgraded a target, all of them or none. Pure.

Servers are spread; where that does not do they are packed; and where that does not do either it is tried as a drain
would. So whatever a drain could do without a plan can be planned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .._migration.move import Move
from .._migration.rules import kind_of_drain_move
from .._openstack.model import Server
from .._targets.capacity import TIERS, CapacityIndex, Strategy
from .host_to_upgrade import HostToUpgrade


class HostAssignment:
    """:param wishes: the wishes of tenants that are granted."""

    def __init__(self, capacity_index: CapacityIndex, granted_tags: Collection[str]) -> None:
        self._capacity_index, self._granted_tags = capacity_index, granted_tags

    def begin(self, turn: HostToUpgrade, tiers: Collection[int]) -> Server | None:
        """Moves for all servers of a host, whose room they take; or none, and a server for which there is no target."""
        self._capacity_index.withdraw(turn.host)
        without = None
        for way in Strategy:
            without = next(self._without(turn, tiers, way), None)
            if without is None:
                return None
            self.take_back(turn)
        return without

    def take_back(self, turn: HostToUpgrade) -> None:
        for move in turn.moves:
            self._capacity_index.release(move.server.id, move.target)
        turn.moves = []

    def impossible(self, turn: HostToUpgrade) -> list[Server]:
        """All servers for which a drain would find no target; the others have their moves then."""
        self._capacity_index.withdraw(turn.host)
        return list(self._without(turn, TIERS, Strategy.AS_A_DRAIN))

    def _without(self, turn: HostToUpgrade, tiers: Collection[int], way: Strategy) -> Iterator[Server]:
        """Give the servers targets, one after the other, and yield those for which there is none."""
        version = self._capacity_index.target(turn.host).version
        for server in turn.movable:
            host = self._capacity_index.find(server.id, version, tiers, way)
            if host is None:
                yield server
            else:
                self._capacity_index.take(server.id, host)
                turn.moves.append(Move(server, kind_of_drain_move(server, self._granted_tags), host))
