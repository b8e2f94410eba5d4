# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which migrations may be under way side by side. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from .._openstack.group import Group
from .._openstack.server import Server
from .move import Move
from .rules import is_migrating
from .tracker import Tracker


@dataclass(slots=True)
class Room:
    """How many more migrations may begin.

    :ivar free: into whichever host. :ivar into: how many are under way into each host, and ``most`` may be; 0 for any
        number.
    :ivar refused: whether any was refused for want of room.
    """

    free: int
    into: Counter[str] = field(default_factory=Counter)
    most: int = 0
    refused: bool = False

    def take(self, target: str) -> bool:
        """Let a migration into a host take its place, and return whether there was one."""
        if self.free <= 0 or (self.most and self.into[target] >= self.most):
            self.refused = True
            return False
        self.free -= 1
        self.into[target] += 1
        return True


def shares_group(server: str, groups: Iterable[Group], others: Iterable[str]) -> bool:
    """Return whether one of the other servers is in a group with this one: members of a group move one at a time."""
    busy = set(others)
    return any(server in group.members and busy & group.members - {server} for group in groups)


def ready(
    servers: Iterable[Server], tracker: Tracker, groups: Sequence[Group], on_host: Iterable[Server]
) -> list[Server]:
    """Return the servers whose migration could begin now: Nova is busy with none of them, nor with one of their group.

    :param on_host: all servers of the host. Another run may have begun a migration whose record is not listed yet.
    """
    busy = {*tracker.under_way, *(server.id for server in on_host if is_migrating(server))}
    return [
        server
        for server in servers
        if server.task_state is None
        and server.id not in tracker.under_way
        and server.id not in tracker.given_up
        and not shares_group(server.id, groups, busy)
    ]


def one_of_each_group(moves: Iterable[Move], groups: Sequence[Group], room: Room) -> list[Move]:
    """Return the first moves that may be made side by side, for which there is room."""
    chosen: list[Move] = []
    for move in moves:
        others = [other.server.id for other in chosen]
        if not shares_group(move.server.id, groups, others) and room.take(move.target):
            chosen.append(move)
    return chosen


def next_in_turn(
    queue: Iterable[str], target: str, groups: Sequence[Group], busy: Collection[str], room: Room
) -> list[str]:
    """Return the first servers of a queue that may be migrated to a host beside those that are busy."""
    chosen: list[str] = []
    for server in queue:
        if not shares_group(server, groups, [*busy, *chosen]) and room.take(target):
            chosen.append(server)
    return chosen
