# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Make room for the servers of a host: move a few servers of other hosts first, each to a third one. Pure.

It is a search through every way within these bounds: at most ``MOST_MOVED`` servers are moved for a host, each directly
to one that has room for it already, and that none of them leaves. So they may be moved in any order. In a pool of a few
hosts every way is tried; in a large one, where each try costs more, only so many as ``TRIES`` allows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import chain, combinations

from .._migration.move import LIVE, Move
from .._migration.rules import kind_of_drain_move
from .._openstack.server import Server
from .._targets.capacity import CapacityIndex
from .._targets.shares import Shares
from .host_to_upgrade import HostToUpgrade

MOST_MOVED = 4
# How often a server is tried somewhere, times the hosts of the pool; and how often at least.
TRIES, FEWEST_TRIES = 5_000, 100

# From a host the servers that may be moved away from it.
Residents = Callable[[str], Sequence[Server]]


class RoomSearch:
    """Moves for all servers of a host, and those of servers of other hosts that go before.

    :param shares: how many servers of hosts under way each target has.
    :param granted_tags: the server tags that the operator grants.
    """

    def __init__(
        self, capacity_index: CapacityIndex, shares: Shares, granted_tags: Collection[str], residents: Residents
    ) -> None:
        self._capacity_index, self._shares, self._granted_tags = capacity_index, shares, granted_tags
        self._residents = residents
        self._tries = 0

    def assign(self, host: HostToUpgrade, most: int) -> bool:
        """Give the host its moves, with as few of other servers as it takes, and return whether there is a way.

        The host takes no servers from then on, in either case.

        :param most: how many other servers may be moved.
        """
        self._capacity_index.withdraw(host.name)
        if not self._capacity_index.has_enough(server.id for server in host.movable) or not self._search(host, most):
            return False
        found = len(host.room)
        self.undo(host)
        next(most for most in range(found + 1) if self._search(host, most))
        for move in host.moves:
            self._shares.add(move.target)
        return True

    def undo(self, host: HostToUpgrade) -> None:
        """Take the moves from the host, and let the servers of others stay where they are."""
        for move in host.moves:
            self._capacity_index.release(move.server.id, move.target)
        for move in host.room:
            self._capacity_index.release(move.server.id, move.target)
            self._capacity_index.take(move.server.id, str(move.server.host))
        host.moves, host.room = [], []

    # -- the search

    def _search(self, host: HostToUpgrade, most: int) -> bool:
        self._tries = max(FEWEST_TRIES, TRIES // self._capacity_index.hosts)
        return self._place(host, 0, most)

    def _tired(self) -> bool:
        """Count a try, and return whether it was one too many."""
        self._tries -= 1
        return self._tries < 0

    def _place(self, host: HostToUpgrade, number: int, most: int) -> bool:
        """Find targets for the servers of the host from this one on."""
        if number == len(host.movable):
            return True
        server, version = host.movable[number], self._capacity_index.version(host.name)
        for target in self._capacity_index.takers(server.id, version):
            if self._place_on(host, number, most, target):
                return True
        if not most or self._tired():
            return False
        reached = {move.target for move in host.room}
        sources = [name for name in self._capacity_index.cramped(server.id, version) if name not in reached]
        return any(self._place_where_others_leave(host, number, most, source) for source in sources)

    def _place_on(self, host: HostToUpgrade, number: int, most: int, target: str) -> bool:
        """Let a server go to a target, if those behind it then find theirs."""
        server, before = host.movable[number], host.moves[-1] if host.moves else None
        # Two servers that are alike are not tried the other way round.
        if before and target < before.target and self._capacity_index.alike(server.id, before.server.id):
            return False
        if self._tired():
            return False
        self._capacity_index.take(server.id, target)
        host.moves.append(Move(server, kind_of_drain_move(server, self._granted_tags), target))
        if self._place(host, number + 1, most):
            return True
        host.moves.pop()
        self._capacity_index.release(server.id, target)
        return False

    def _place_where_others_leave(self, host: HostToUpgrade, number: int, most: int, source: str) -> bool:
        """Let a server go to a host that a few others leave for it."""
        server, version = host.movable[number], self._capacity_index.version(host.name)
        residents = self._residents(source)
        for leaving in chain.from_iterable(combinations(residents, count) for count in range(1, most + 1)):
            if self._tired():
                return False
            for resident in leaving:
                self._capacity_index.release(resident.id, source)
            enough = self._capacity_index.takes(server.id, source, version)
            if enough and self._move_away(host, number, most - len(leaving), source, leaving):
                return True
            for resident in leaving:
                self._capacity_index.take(resident.id, source)
        return False

    def _move_away(self, host: HostToUpgrade, number: int, most: int, source: str, leaving: Sequence[Server]) -> bool:
        """Find targets for servers that leave another host, and let the server go there."""
        if not leaving:
            return self._place_on(host, number, most, source)
        resident, left = leaving[0], {source, *(move.server.host for move in host.room)}
        for target in self._capacity_index.takers(resident.id, self._capacity_index.version(source)):
            if target in left:
                continue
            if self._tired():
                return False
            self._capacity_index.take(resident.id, target)
            host.room.append(Move(replace(resident, host=source), LIVE, target))
            if self._move_away(host, number, most, source, leaving[1:]):
                return True
            host.room.pop()
            self._capacity_index.release(resident.id, target)
        return False
