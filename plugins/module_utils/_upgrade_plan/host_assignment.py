# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Give the servers of a host that is to be upgraded their targets, to all of them or to none. Pure.

Servers are spread over the targets; where that does not do they are packed; and where that does not do either it is
tried as a drain would. So whatever a drain could do without a plan can be planned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from .._migration.move import Move
from .._migration.rules import kind_of_drain_move
from .._openstack.server import Server
from .._targets.capacity import TIERS, CapacityIndex, Strategy
from .._targets.shares import Shares
from .host_to_upgrade import HostToUpgrade


class HostAssignment:
    """Moves for the servers of one host after the other, with the capacity that these moves take.

    :param shares: how many servers of hosts under way each target has.
    :param granted_tags: the server tags that the operator grants.
    """

    def __init__(self, capacity_index: CapacityIndex, shares: Shares, granted_tags: Collection[str]) -> None:
        self._capacity_index, self._shares, self._granted_tags = capacity_index, shares, granted_tags

    def assign(self, host: HostToUpgrade, tiers: Collection[int], strategies: Iterable[Strategy]) -> Server | None:
        """Give the host its moves, or none if a server has no target; then return that server.

        The host takes no servers from then on, in either case.
        """
        self._capacity_index.withdraw(host.name)
        if self._is_still_stuck(host, tiers):
            return host.stuck
        for strategy in strategies:
            host.stuck = next(self._without_target(host, tiers, strategy), None)
            if host.stuck is None:
                return None
            self.undo(host)
        return host.stuck

    def _is_still_stuck(self, host: HostToUpgrade, tiers: Collection[int]) -> bool:
        """Whether the server that had no target the last time has none even alone, which is found out much faster."""
        if host.stuck is None or host.stuck not in host.movable:
            return False
        version = self._capacity_index.version(host.name)
        return self._capacity_index.find(host.stuck.id, version, tiers, Strategy.SPREAD) is None

    def undo(self, host: HostToUpgrade) -> None:
        """Take the moves from the host, and release what they took on their targets."""
        for move in host.moves:
            self._capacity_index.release(move.server.id, move.target)
            self._shares.remove(move.target)
        host.moves = []

    def assign_possible(self, host: HostToUpgrade) -> list[Server]:
        """Give the host moves for the servers that have a target, as a drain would, and return the other servers."""
        self._capacity_index.withdraw(host.name)
        return list(self._without_target(host, TIERS, Strategy.AS_A_DRAIN))

    def _without_target(self, host: HostToUpgrade, tiers: Collection[int], strategy: Strategy) -> Iterator[Server]:
        """Give the servers targets, one after the other, and yield each server for which there is none."""
        version = self._capacity_index.version(host.name)
        self._shares.begin(len(host.movable))
        for server in host.movable:
            target = self._capacity_index.find(server.id, version, tiers, strategy, self._shares)
            if target is None:
                yield server
            else:
                self._capacity_index.take(server.id, target)
                self._shares.add(target)
                host.moves.append(Move(server, kind_of_drain_move(server, self._granted_tags), target))
