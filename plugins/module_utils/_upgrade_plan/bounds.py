# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How long the turns of a plan take at least, whoever plans them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from .._targets.pieces import Pieces
from .conditions import HARD
from .options import PlanOptions
from .plan import Turn
from .pool import ObservedPool, PoolMember


def seconds_bound(observed_pool: ObservedPool, options: PlanOptions, turns: Sequence[Turn]) -> float:
    """Return the highest of the bounds that hold.

    * By number: as many hosts as may go at once share the time of all. Each part of the pool whose hosts are never out
      together with others (zone, failure domain) takes its own time.
    * By hard server groups: hosts that hold members of one go one after the other.
    * By room, where servers are brought back.
    """
    sections: dict[tuple[str | None, str | None], list[Turn]] = {}
    for turn in turns:
        domain = options.failure_domains.get(turn.host, turn.host) if options.failure_domains else None
        sections.setdefault((None if options.mixed_zones else turn.zone, domain), []).append(turn)
    at_once = sum(_by_count(some, options.max_unavailable) for some in sections.values())
    by_room = _by_room(observed_pool, options, turns) if options.bring_back else 0.0
    return max(at_once, _by_groups(observed_pool, turns), by_room)


def _by_count(turns: Sequence[Turn], at_once: int) -> float:
    seconds = [turn.seconds for turn in turns]
    return max([sum(seconds) / at_once, *seconds])


def _by_groups(observed_pool: ObservedPool, turns: Sequence[Turn]) -> float:
    seconds: dict[str, float] = defaultdict(float)
    groups_of: dict[str, list[str]] = {}
    for group in observed_pool.groups:
        if group.policy in HARD:
            for server in group.members:
                groups_of.setdefault(server, []).append(group.id)
    for turn in turns:
        moving = [*(move.server.id for move in turn.moves), *turn.brought_back]
        for group_id in {group_id for server in moving for group_id in groups_of.get(server, ())}:
            seconds[group_id] += turn.seconds
    return max(seconds.values(), default=0.0)


def _by_room(observed_pool: ObservedPool, options: PlanOptions, turns: Sequence[Turn]) -> float:
    """How long the turns take for want of room.

    While a host has its turn, the others hold what its servers need, and what is free on the host itself is no use. So
    the sum of both, times the seconds, is at most what is free in the pool, times the seconds of all.

    Room is counted in pieces (``_targets/pieces``). Where servers of other hosts make room the pieces change, and what
    is free on each host: so there only the sum of what is free counts.
    """
    needs, changes = observed_pool.needs, any(turn.room for turn in turns)
    servers = {move.server.id for turn in turns for move in turn.moves}
    sizes = [needs.get(server, {}) for server in servers]
    pieces = Pieces([dict.fromkeys(size, 1) for size in sizes] if changes else sizes)
    back = {server for turn in turns for server in turn.brought_back}
    free = {member.host: _free(member, options.capacity_margin) for member in observed_pool.members}
    for member in observed_pool.members:
        for server in member.servers & back:  # its room is free once it is at home
            free[member.host].update(needs.get(server, {}))
    counted = {host: pieces.count(amounts) for host, amounts in free.items()}
    unusable = {member.host for member in observed_pool.members if member.unusable}
    taken = [0.0] * len(pieces.count({}))
    for turn in turns:
        needed = pieces.needed(needs.get(move.server.id, {}) for move in turn.moves)
        lost = pieces.count({}) if changes or turn.host in unusable else counted[turn.host]
        taken = [amount + turn.seconds * (some + more) for amount, some, more in zip(taken, needed, lost, strict=True)]
    room = [sum(amounts) for amounts in zip(*counted.values(), strict=True)]
    return max((amount / whole for amount, whole in zip(taken, room, strict=True) if whole), default=0.0)


def _free(member: PoolMember, margin: float) -> Counter[str]:
    capacity = member.capacity
    return Counter({name: capacity.free(name, margin) for name in capacity.total} if capacity else {})
