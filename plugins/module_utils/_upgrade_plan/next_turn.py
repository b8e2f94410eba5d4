# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which host begins next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .._targets.capacity import TIERS, Strategy
from .host_to_upgrade import HostToUpgrade
from .options import PlanOptions
from .pool_state import FOR_GOOD, PoolState
from .room_search import MOST_MOVED

_WITH_A_PLAN = (Strategy.SPREAD, Strategy.PACK)


def begin_next(state: PoolState, options: PlanOptions, ready: Collection[str] | None = None) -> HostToUpgrade | None:
    """Begin the turn of the first host in order that can go now, and return that host; None if none can.

    A host that cannot go holds up none of those behind it. ``PoolState.why_it_waits`` tells why.

    Where servers are not brought back, a host goes at once if they find targets on which they can stay. Only where no
    host is under way and none can go like that, servers are parked: those of the host that parks the fewest.

    :param ready: the only hosts that may begin; None for any.
    """
    if state.full:
        return None
    queue = [host for host in state.queue if ready is None or host.name in ready]
    for host in queue:
        tiers = TIERS if options.bring_back or host.member.unfinished else FOR_GOOD
        if _gets_moves(state, host, tiers):
            return _begun(state, host)
    if state.under_way:
        return None
    fewest = None if options.bring_back else _parking_fewest(state, queue)
    if fewest and _gets_moves(state, fewest, TIERS):
        return _begun(state, fewest)
    # What could be done without a plan is done with one.
    for host in queue:
        if _gets_moves(state, host, TIERS, (Strategy.AS_A_DRAIN,)):
            return _begun(state, host)
    return _making_room(state, queue, MOST_MOVED if options.make_room else 0)


def _making_room(state: PoolState, queue: Sequence[HostToUpgrade], most: int) -> HostToUpgrade | None:
    """Begin the turn of a host for which so few servers of other hosts make room; none, where that will do.

    :param most: how many may.
    """
    hosts = sorted((host for host in queue if state.may_get_room(host)), key=lambda host: host.no_way)
    return next((_begun(state, host) for host in hosts if state.makes_room(host, most)), None)


def _begun(state: PoolState, host: HostToUpgrade) -> HostToUpgrade:
    state.begin(host)
    return host


def _gets_moves(
    state: PoolState, host: HostToUpgrade, tiers: tuple[int, ...], strategies: tuple[Strategy, ...] = _WITH_A_PLAN
) -> bool:
    reason = state.obstacle(host)
    if not reason:
        for strategy in strategies:
            reason = state.no_room(host, tiers, (strategy,)) or state.no_spare(host)
            if not reason:
                return True
    state.refuse(host, reason or "")
    return False


def _parking_fewest(state: PoolState, queue: Sequence[HostToUpgrade]) -> HostToUpgrade | None:
    """Return the host that parks the fewest servers on hosts that are still to be upgraded."""
    fewest: tuple[int, HostToUpgrade] | None = None
    for host in queue:
        if _gets_moves(state, host, TIERS):
            parked = state.parked(host)
            state.undo(host)
            if fewest is None or parked < fewest[0]:
                fewest = parked, host
    return fewest[1] if fewest else None
