# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide in which order the hosts of a pool have their turns, and where each server goes meanwhile. Pure.

A turn is one host, from its drain until its servers are back. Turns slide: as soon as one is over the next host begins
that can, and no host waits for others to get ready. At every moment these hold:

* capacity: what leaves a host is held at both ends until its turn is over;
* the conditions in ``conditions``: how many are out of service, zones and failure domains, hard server groups, servers
  that would move twice;
* versions: no server goes to an older hypervisor, and an upgraded host counts as the newest.

A roll asks ``next_turns`` each time with a fresh observation. ``plan_upgrade`` foretells it: it begins the same hosts
with the same targets as long as turns end in the order that it predicts and nothing unforeseen happens. From the same
observation it is always the same plan.

It is a heuristic. What a plan costs beyond the least possible is shown beside its bounds, in moves and in time.

``order`` holds the order of hosts, ``next_turn`` which of them begins, ``host_assignment`` where servers go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from heapq import heappop, heappush

from .bounds import seconds_bound
from .host_to_upgrade import HostToUpgrade
from .next_turn import begin_next
from .options import PlanOptions
from .pace import ASSUMED, Load, Pace, TurnLoad
from .plan import Blocker, NextTurns, PoolHost, Turn, UpgradePlan, grouped_blockers
from .pool import ObservedPool
from .pool_state import Moves, PoolState


def next_turns(
    observed_pool: ObservedPool,
    options: PlanOptions,
    under_way: Mapping[str, Moves],
    ready: Collection[str] | None = None,
    failed: Collection[str] = (),
) -> NextTurns:
    """Return the turns that can begin now beside those under way, and why the other hosts have to wait.

    Each turn is planned as if those before it were under way. So a roll that begins only the first of them, and asks
    again, is given the others.

    :param observed_pool: as it is now.
    :param under_way: host whose turn has begun and is not over -> the moves of its drain, as ``to_result`` has them
        (``server`` and ``target`` of each). What of these is still to come is held on the targets.
    :param ready: the only hosts that are begun now, of those that are to be upgraded; None for any.
    :param failed: hosts whose turn has failed and that stay out of service. They count as that and do not begin again;
        no host waits for them.
    """
    state = PoolState(observed_pool, options, under_way, failed)
    begun = []
    while host := begin_next(state, options, ready):
        begun.append(host.planned())
    blocked = {host.name: host.blockers for host in state.blocked}
    waiting = {}
    for host in state.queue:
        if state.under_way:
            waiting[host.name] = state.why_it_waits(host)
        else:
            blocked[host.name] = state.explained(host)
    waiting |= {host: " ".join(grouped_blockers(blockers)) for host, blockers in blocked.items()}
    return NextTurns(_pool_hosts(observed_pool), begun, waiting, blocked)


def plan_upgrade(observed_pool: ObservedPool, options: PlanOptions, pace: Pace = ASSUMED) -> UpgradePlan:
    """Return the turns of all hosts that can be upgraded, and what keeps the others from it.

    :param pace: what the predicted times rest on.
    """
    return _Simulation(observed_pool, options, pace).plan()


class _Simulation:
    """Turns as they begin and end if each lasts as long as its pace says."""

    def __init__(self, observed_pool: ObservedPool, options: PlanOptions, pace: Pace) -> None:
        self._observed_pool, self._options, self._pace = observed_pool, options, pace
        self._state = PoolState(observed_pool, options, {})

    def plan(self) -> UpgradePlan:
        state = self._state
        blockers = self._known_blockers()
        sizes = {host.name: len(host.movable) for host in state.queue}
        servers_can_stay = self._options.bring_back or state.servers_can_stay
        turns = self._turns()
        # Whichever host is the first, its servers go to hosts that are drained later.
        parks = not servers_can_stay and not state.queue and not state.blocked
        parked = min((sizes[turn.host] for turn in turns), default=0) if parks else 0
        leaving = {move.server.id for turn in turns for move in turn.moves}
        room = [move.server.id for turn in turns for move in turn.room]
        ways = 2 if self._options.bring_back else 1
        back = sum(len(turn.brought_back) for turn in turns)
        return UpgradePlan(
            pool=_pool_hosts(self._observed_pool),
            turns=turns,
            blockers=blockers + [blocker for host in state.queue for blocker in state.explained(host)],
            servers=len(leaving.union(room)),
            moves=ways * sum(len(turn.moves) for turn in turns) + len(room) + back,
            lower_bound=ways * len(leaving) + parked + back,
            seconds_bound=seconds_bound(self._observed_pool, self._options, turns),
            pace=self._pace,
        )

    def _known_blockers(self) -> list[Blocker]:
        """What keeps hosts from being upgraded whatever the plan is, and hosts of other owners."""
        to_upgrade = {host.name for host in (*self._state.queue, *self._state.blocked)}
        of_hosts = [blocker for host in self._state.blocked for blocker in host.blockers]
        return of_hosts + [
            Blocker(member.host, None, None, *member.obstacle)
            for member in self._observed_pool.members
            if member.obstacle and member.host not in to_upgrade
        ]

    def _turns(self) -> list[Turn]:
        """Let the hosts of the pool have their turns."""
        state, now, soak = self._state, 0.0, 0.0
        begun: list[HostToUpgrade] = []
        turns: list[Turn] = []
        ends: list[tuple[float, int]] = []
        while True:
            while host := begin_next(state, self._options):
                load = self._load(host)
                end = now + self._pace.turn_seconds(load).total
                turns.append(host.turn(now, end, load, len(begun) - len(ends), soak))
                heappush(ends, (end, len(begun)))
                begun.append(host)
            if not ends:
                return turns
            now = ends[0][0]
            state.next_moment()
            while ends and ends[0][0] == now:
                state.finish(begun[heappop(ends)[1]])
            soak = self._options.ramp.soak if state.soaks else 0.0
            now += soak

    def _load(self, host: HostToUpgrade) -> TurnLoad:
        leaving = [move.server.id for move in host.moves]
        back = [*leaving, *host.brought_back] if self._options.bring_back else []
        first = [move.server.id for move in host.room]
        return TurnLoad(self._size_of([*first, *leaving]), self._size_of(back), host.name in self._options.upgraded)

    def _size_of(self, servers: Iterable[str]) -> Load:
        needs = self._observed_pool.needs
        return Load.of(needs.get(server, {}).get("MEMORY_MB", 0) / 1024 for server in servers)


def _pool_hosts(observed_pool: ObservedPool) -> dict[str, PoolHost]:
    return {member.host: PoolHost(member.hypervisor, member.version) for member in observed_pool.members}
