# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide in which batches the hosts of a pool are upgraded, and where each server goes meanwhile. Pure.

It makes a plan from one observation of the pool, and from the same observation always the same plan: first with as few
moves as can be, then with as few batches. At every moment of a plan these hold:

* capacity: what leaves the hosts of a batch is counted at both ends until the batch is over;
* groups: members of one server group never move at the same time, so the hosts that they leave are in two batches;
* zones: no batch holds hosts of two of them, unless that is asked for;
* versions: no server goes to an older hypervisor, and an upgraded host counts as the newest.

It is a heuristic. Where servers are not brought back, a batch grows only while none of its servers need be parked on a
host that still has to be drained; what the plan costs beyond the least possible is shown as its gap.

``order`` holds the order of hosts, ``batch_draft`` which hosts go together, ``host_assignment`` where servers go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._targets.capacity import TIERS
from .batch_draft import BatchDraft
from .host_to_upgrade import HostToUpgrade
from .options import PlanOptions
from .order import hosts_in_order
from .plan import Batch, Blocker, PlannedHost, PoolHost, UpgradePlan
from .pool import ObservedPool
from .pool_state import FOR_GOOD, PoolState

# How many hosts are tried in vain before a batch is left as it is.
_TRIES = 4


def plan_upgrade(observed_pool: ObservedPool, options: PlanOptions) -> UpgradePlan:
    """Return the batches of all hosts that can be upgraded, and what keeps the others from it."""
    return _Planner(observed_pool, options).plan()


class _Planner:
    """One plan in the making."""

    def __init__(self, observed_pool: ObservedPool, options: PlanOptions) -> None:
        self._observed_pool, self._options = observed_pool, options
        self._state = PoolState(observed_pool, options)

    def plan(self) -> UpgradePlan:
        blockers = self._known_blockers()
        sizes = {host.name: len(host.movable) for host in self._state.to_upgrade.values()}
        servers_can_stay = self._options.bring_back or self._state.servers_can_stay
        batches = list(self._batches())
        hosts = [host for batch in batches for host in batch.hosts]
        # Whichever host is the first, its servers go to hosts that are drained later.
        parks = not servers_can_stay and not self._state.to_upgrade
        parked = min((sizes[host.host] for host in hosts), default=0) if parks else 0
        servers = len({move.server.id for host in hosts for move in host.moves})
        return UpgradePlan(
            pool={member.host: PoolHost(member.hypervisor, member.version) for member in self._observed_pool.members},
            batches=batches,
            blockers=blockers + [blocker for host in self._queue() for blocker in self._state.explained(host)],
            servers=servers,
            lower_bound=self._moves_of(hosts, servers) + parked,
        )

    def _known_blockers(self) -> list[Blocker]:
        """What keeps hosts from being upgraded whatever the plan is, and hosts of other owners."""
        of_hosts = [blocker for host in self._state.to_upgrade.values() for blocker in host.blockers]
        return of_hosts + [
            Blocker(member.host, None, None, *member.obstacle)
            for member in self._observed_pool.members
            if member.obstacle and member.host not in self._state.to_upgrade
        ]

    def _moves_of(self, hosts: Iterable[PlannedHost], servers: int) -> int:
        """How many moves these hosts take if so many servers leave them."""
        ways = 2 if self._options.bring_back else 1
        return ways * servers + sum(len(host.brought_back) for host in hosts)

    # -- which host is next

    def _batches(self) -> Iterator[Batch]:
        """Yield batch after batch, until no host that is left can begin.

        Each depends on nothing but the state of the pool. So a roll, which plans again before each batch, carries out
        the plan that was shown before the first.
        """
        while first := self._first(queue := self._queue()):
            hosts, limited_by = self._hosts_together(first, queue)
            self._state.finish(hosts)
            planned = [host.planned() for host in hosts]
            yield Batch(planned, self._moves_of(planned, sum(len(host.moves) for host in planned)), limited_by)

    def _queue(self) -> list[HostToUpgrade]:
        able = [host for host in self._state.to_upgrade.values() if not host.blockers]
        return hosts_in_order(able, self._options.order, self._options.bring_back)

    def _first(self, queue: list[HostToUpgrade]) -> HostToUpgrade | None:
        """Take the next host that can begin out of the queue, with its moves, and those before it that cannot.

        Where servers are not brought back, it is the one of the next few hosts that parks the fewest servers.
        """
        tried: list[tuple[int, int, HostToUpgrade]] = []
        for host in queue[:]:
            self._state.keep_free(host, queue)
            if self._state.limit_reached(host) or self._state.assign(host, TIERS):
                queue.remove(host)
                continue
            parked = sum(move.target in self._state.to_upgrade for move in host.moves)
            if self._options.bring_back or not parked or host.member.unfinished:
                queue.remove(host)
                return host
            self._state.undo(host)
            tried.append((parked, len(tried), host))
            if len(tried) == _TRIES:
                break
        if not tried:
            return None
        host = min(tried)[2]
        self._state.keep_free(host, queue)
        self._state.assign(host, TIERS)
        queue.remove(host)
        return host

    # -- which hosts go with it

    def _hosts_together(self, first: HostToUpgrade, queue: list[HostToUpgrade]) -> tuple[list[HostToUpgrade], str]:
        """Take the hosts that go with the first out of the queue, with their moves, and say why there are not more."""
        draft, in_vain = BatchDraft(first, self._options, self._state.out_of_service), 0
        reasons: list[tuple[int, str]] = []
        other_ends = self._state.other_ends(first)
        tiers = TIERS if self._options.bring_back else FOR_GOOD
        for host in queue[:]:
            if draft.is_full or in_vain == _TRIES:
                break
            reason = draft.obstacle(host)
            if not reason and (host.name in other_ends or self._state.other_ends(host) & draft.names):
                reason = 1, f"servers of this batch go to {host.name} or come from it"
            if not reason:
                without_target = self._state.assign(host, tiers)
                if without_target is None:
                    queue.remove(host)
                    draft.add(host)
                    other_ends |= self._state.other_ends(host)
                    continue
                in_vain += 1
                reason = 0, self._state.no_target_now(host, without_target)
            reasons.append(reason)
        if draft.is_full:
            return draft.hosts, f"max_unavailable is {len(draft.hosts)}"
        _weight, weightiest = min(
            reasons, key=lambda reason: reason[0], default=(0, "no other host is left to go with it")
        )
        return draft.hosts, weightiest
