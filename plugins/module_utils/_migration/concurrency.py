# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which migrations may be under way side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._openstack.model import Group, Server
from .move import Move
from .rules import on_its_way
from .tracker import Tracker


def grouped(server: str, groups: Iterable[Group], others: Iterable[str]) -> bool:
    """Whether one of ``others`` shares a group with the server: members of a group move one at a time."""
    busy = set(others)
    return any(server in group.members and busy & group.members - {server} for group in groups)


def ready(
    servers: Iterable[Server], tracker: Tracker, groups: Sequence[Group], standing: Iterable[Server]
) -> list[Server]:
    """Servers that could start now: nothing under way with them, and with no member of their group either.

    :param standing: all servers of the host. A run before this one, or another one beside it, may have begun a move
        whose record is not listed yet.
    """
    busy = {*tracker.under_way, *(one.id for one in standing if on_its_way(one))}
    return [
        server
        for server in servers
        if server.task_state is None
        and server.id not in tracker.under_way
        and server.id not in tracker.given_up
        and not grouped(server.id, groups, busy)
    ]


def one_of_each_group(moves: Iterable[Move], groups: Sequence[Group], slots: int) -> list[Move]:
    """The first moves that may run side by side: members of one server group never do."""
    chosen: list[Move] = []
    for move in moves:
        if len(chosen) < slots and not grouped(move.server.id, groups, [one.server.id for one in chosen]):
            chosen.append(move)
    return chosen
