# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Give each of several servers a target. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from .._migration.move import Move
from .._migration.rules import kind_of_drain_move
from .._openstack.capacity import Resources
from .._openstack.server import Server
from .choose import Target, choose
from .request import MoveRequest


def assign(
    servers: Iterable[Server],
    requests: Mapping[str, MoveRequest],
    targets: Sequence[Target],
    *,
    margin: float = 0,
    granted_tags: Collection[str] = (),
) -> tuple[list[Move], dict[str, dict[str, str]]]:
    """Return a move for each server that a target can take, and for each other one why no target can.

    The targets are changed: each holds the servers that it was given, and what they need.

    :param requests: by the server's uuid; every server has one.
    :param margin: percent of each resource class that stay free on a target.
    :param granted_tags: the server tags that the operator grants.
    """
    moves, stuck = [], {}
    for server in _in_order(servers, requests):
        request = requests[server.id]
        target, reasons = choose(request, targets, margin)
        if target is None or target.capacity is None:
            stuck[server.id] = reasons
            continue
        target.capacity = target.capacity.holding(request.needs)
        target.servers.add(server.id)
        moves.append(Move(server, kind_of_drain_move(server, granted_tags), target.host))
    return moves, stuck


def _in_order(servers: Iterable[Server], requests: Mapping[str, MoveRequest]) -> list[Server]:
    """Servers for which a target is meant come first: no other server takes the capacity that they are to have.

    What fitted before then fits again, in whatever order servers leave.
    """
    needs = {key: request.needs for key, request in requests.items()}
    return sorted(largest_first(servers, needs), key=lambda server: not requests[server.id].has_a_target)


def largest_first(servers: Iterable[Server], needs: Mapping[str, Resources]) -> list[Server]:
    """Return the order in which servers are given targets: by memory, which is the hardest to find."""
    return sorted(servers, key=lambda server: (-needs.get(server.id, {}).get("MEMORY_MB", 0), server.name, server.id))
