# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Give each of several servers a target. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from .._migration.move import Move
from .._migration.rules import kind_of_drain_move
from .._openstack.model import Group, Resources, Server
from .choose import Demand, Target, choose


def assign(
    servers: Iterable[Server],
    needs: Mapping[str, Resources],
    version: int,
    targets: Sequence[Target],
    groups: Sequence[Group],
    refused: Mapping[str, Mapping[str, str]],
    *,
    demands: Mapping[str, Demand] | None = None,
    margin: float = 0,
    planned: Mapping[str, str] | None = None,
    expected: Mapping[str, str] | None = None,
    granted_tags: Collection[str] = (),
) -> tuple[list[Move], dict[str, dict[str, str]]]:
    """A target for each server, the largest first, room taken as it is given; and for the others why there is none.

    Those for whom a target is meant that did not refuse them come before the others, which must not take their room.
    The targets are changed: they hold what was placed on them.

    :param planned: the target of each server that a plan has one for. :param expected: that of each that was placed
        before: what fitted then fits again, in whatever order they leave.
    """
    moves, stuck = [], {}
    meant = [*(planned or {}).items(), *(expected or {}).items()]
    first = {key for key, host in meant if host not in refused.get(key, ())}
    for server in sorted(largest_first(servers, needs), key=lambda one: one.id not in first):
        need = needs.get(server.id, {})
        target, reasons = choose(
            server.id,
            need,
            version,
            targets,
            groups,
            refused.get(server.id, {}),
            demand=(demands or {}).get(server.id),
            margin=margin,
            planned=(planned or {}).get(server.id),
            expected=(expected or {}).get(server.id),
        )
        if target is None or target.capacity is None:
            stuck[server.id] = reasons
            continue
        target.capacity = target.capacity.holding(need)
        target.servers.add(server.id)
        moves.append(Move(server, kind_of_drain_move(server, granted_tags), target.host))
    return moves, stuck


def largest_first(servers: Iterable[Server], needs: Mapping[str, Resources]) -> list[Server]:
    """The order in which servers are given targets: by memory, which is the hardest to find."""
    return sorted(servers, key=lambda one: (-needs.get(one.id, {}).get("MEMORY_MB", 0), one.name, one.id))
