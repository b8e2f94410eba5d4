# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How long the turns of a plan take at least, whoever plans them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from .._openstack.capacity import Resources
from .options import PlanOptions
from .plan import Turn
from .pool import ObservedPool, PoolMember


def seconds_bound(observed_pool: ObservedPool, options: PlanOptions, turns: Sequence[Turn]) -> float:
    """Return the most of the bounds that hold: by how many go at once, and by room where servers are brought back.

    Each part of the pool of which hosts are never out together with others (zone, failure domain) takes its own time.
    """
    sections: dict[tuple[str | None, str | None], list[Turn]] = {}
    for turn in turns:
        domain = options.failure_domains.get(turn.host, turn.host) if options.failure_domains else None
        sections.setdefault((None if options.mixed_zones else turn.zone, domain), []).append(turn)
    at_once = sum(_by_count(some, options.max_unavailable) for some in sections.values())
    return max(at_once, _by_room(observed_pool, options, turns) if options.bring_back else 0.0)


def _by_count(turns: Sequence[Turn], at_once: int) -> float:
    seconds = [turn.seconds for turn in turns]
    return max(sum(seconds) / at_once, max(seconds))


def _by_room(observed_pool: ObservedPool, options: PlanOptions, turns: Sequence[Turn]) -> float:
    """How long the turns take for want of room.

    While a host has its turn, the others hold what its servers need, and what is free on the host itself is no use. So
    the sum of both, times the seconds, is at most what is free in the pool, times the seconds of all.

    Room is counted in pieces too, of the sizes that servers have: four hosts with 1 GiB free each hold no server of 4.
    """
    needs = observed_pool.needs
    pieces: dict[str, set[int]] = {}
    for turn in turns:
        for move in turn.moves:
            for name, amount in needs.get(move.server.id, {}).items():
                pieces.setdefault(name, {1}).add(amount)
    free = {member.host: _free(member, options.capacity_margin) for member in observed_pool.members}
    back = {server for turn in turns for server in turn.brought_back}
    for member in observed_pool.members:
        for server in member.servers & back:  # its room is free once it is at home
            free[member.host].update(needs.get(server, {}))
    unusable = {member.host for member in observed_pool.members if member.unusable}
    bound = 0.0
    for name, sizes in pieces.items():
        for size in sizes - {0}:
            room = sum(max(0, amounts[name]) // size for amounts in free.values())
            taken = sum(
                turn.seconds * _pieces(turn, needs, name, size)
                + (0 if turn.host in unusable else turn.seconds * (max(0, free[turn.host][name]) // size))
                for turn in turns
            )
            bound = max(bound, taken / room if room else 0.0)
    return bound


def _pieces(turn: Turn, needs: Mapping[str, Resources], name: str, size: int) -> int:
    return sum(needs.get(move.server.id, {}).get(name, 0) // size for move in turn.moves)


def _free(member: PoolMember, margin: float) -> Counter[str]:
    capacity = member.capacity
    return Counter({name: capacity.free(name, margin) for name in capacity.total} if capacity else {})
