# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The pool at one moment of a plan: which hosts take servers, where servers are, and what is upgraded. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .._openstack.server import Server
from .._targets.assign import largest_first
from .._targets.capacity import AHEAD, NEXT, OUTSIDE, UPGRADED, CapacityIndex
from .._targets.choose import Target, amounts
from .batch_draft import BatchDraft, limit_reached
from .host_assignment import HostAssignment
from .host_to_upgrade import HostToUpgrade, hosts_to_upgrade
from .options import PlanOptions
from .plan import Blocker
from .pool import ObservedPool

# The hosts on which a server may stay for good.
FOR_GOOD = (UPGRADED, OUTSIDE)


class PoolState:
    """Begins as the pool was observed, and changes as the planner goes from batch to batch.

    :ivar to_upgrade: the hosts that are still to be upgraded, by name.
    :ivar out_of_service: the hosts that are out of service.
    :ivar _joining: the hosts that may join the batch which is being made, and after how many others.
    :ivar _places: the host of each server at the beginning.
    """

    def __init__(self, observed_pool: ObservedPool, options: PlanOptions) -> None:
        self._observed_pool, self._options = observed_pool, options
        members = observed_pool.members
        self._newest = max((member.version for member in members), default=0)
        self.out_of_service = {member.host for member in members if member.unusable}
        self._joining: dict[str, int] = {}
        self._capacity_index = CapacityIndex(
            [
                Target(member.host, member.version, member.capacity, set(member.servers), member.zone)
                for member in members
            ],
            observed_pool.groups,
            observed_pool.needs,
            observed_pool.demands,
            options.capacity_margin,
        )
        self._assignment = HostAssignment(self._capacity_index, options.granted_tags)
        self._places = {server: member.host for member in members for server in member.servers}
        self.to_upgrade = {host.name: host for host in hosts_to_upgrade(observed_pool, options)}
        for host in self.to_upgrade.values():
            self._set_groups(host)
        for member in members:
            if member.host in options.upgraded:
                self._capacity_index.target(member.host).version = self._newest
            if not member.unusable:
                tier = AHEAD if member.host in self.to_upgrade else OUTSIDE
                self._capacity_index.offer(member.host, UPGRADED if member.host in options.done else tier)

    @property
    def servers_can_stay(self) -> bool:
        """Whether there is a host on which servers may stay for good."""
        return self._capacity_index.offered(FOR_GOOD)

    def limit_reached(self, host: HostToUpgrade) -> str | None:
        """Why a host may not be taken out of service, whatever its servers are."""
        return limit_reached(host.name, (), self.out_of_service, self._options.max_unavailable)

    # -- which hosts take servers

    def keep_free(self, first: HostToUpgrade, queue: Iterable[HostToUpgrade]) -> None:
        """Let the hosts that may go together with the first one take its servers last."""
        before, self._joining = self._joining, {}
        draft = BatchDraft(first, self._options, self.out_of_service)
        for host in queue if self._options.max_unavailable > 1 else ():
            if draft.is_full:
                break
            if host is not first and not draft.obstacle(host):
                draft.add(host)
        self._joining = {host.name: number for number, host in enumerate(draft.hosts[1:])}
        for name in {*before, *self._joining}:
            self._offer(name)

    def _offer(self, name: str) -> None:
        """Let a host that is still to be upgraded take servers, if it is in service."""
        if name in self._joining and name not in self.out_of_service:
            self._capacity_index.offer(name, NEXT, -self._joining[name])
        elif name in self.to_upgrade and name not in self.out_of_service:
            self._capacity_index.offer(name, AHEAD)

    # -- where servers go

    def assign(self, host: HostToUpgrade, tiers: Collection[int]) -> Server | None:
        """Give the host its moves, or none if a server has no target; then return that server."""
        without_target = self._assignment.assign(host, tiers)
        if without_target:
            self._offer(host.name)
        return without_target

    def undo(self, host: HostToUpgrade) -> None:
        """Take its moves from a host, which then takes servers again."""
        self._assignment.undo(host)
        self._offer(host.name)

    def _set_groups(self, host: HostToUpgrade) -> None:
        servers = [server.id for server in host.movable]
        servers += host.member.to_bring_back if self._options.bring_back else ()
        host.groups = {group.id: group.name for server in servers for group in self._capacity_index.groups_of(server)}

    def other_ends(self, host: HostToUpgrade) -> set[str]:
        """Hosts that its servers go to or are brought back from, and the other ends of moves to be confirmed."""
        sources = {self._places.get(server, "") for server in host.member.to_bring_back}
        return {move.target for move in host.moves} | sources | host.member.unconfirmed

    # -- when a batch is over

    def finish(self, hosts: Sequence[HostToUpgrade]) -> None:
        """Let a batch be over: its hosts are upgraded and in service, and their servers back if that is wanted."""
        for host in hosts:
            del self.to_upgrade[host.name]
            self.out_of_service.discard(host.name)
        for host in hosts:
            if self._options.bring_back:
                self._bring_back(host)
            else:
                self._leave_there(host)
            self._capacity_index.target(host.name).version = self._newest
            self._capacity_index.offer(host.name, UPGRADED)
        self.keep_free(hosts[0], ())

    def _bring_back(self, host: HostToUpgrade) -> None:
        for move in host.moves:
            self._capacity_index.release(move.server.id, move.target)
        host.brought_back = [server for server in host.member.to_bring_back if self._comes_back(server, host.name)]

    def _leave_there(self, host: HostToUpgrade) -> None:
        """Let the servers of a host stay where they went; from a host that is still to be upgraded they go on later."""
        for move in host.moves:
            self._capacity_index.release(move.server.id, host.name)
            parking_host = self.to_upgrade.get(move.target)
            if parking_host:
                servers = [*parking_host.movable, move.server]
                parking_host.movable = largest_first(servers, self._observed_pool.needs)
                self._set_groups(parking_host)

    def _comes_back(self, server: str, name: str) -> bool:
        """Bring a server that an earlier run moved away back to its host if it can be, and say whether it can."""
        if not self._capacity_index.admits(server, name):
            return False
        place = self._places.get(server)
        if place:
            self._capacity_index.release(server, place)
        if place in self.to_upgrade:
            host = self.to_upgrade[place]
            host.movable = [movable for movable in host.movable if movable.id != server]
            host.left = [(left, reason) for left, reason in host.left if left.id != server]
            self._set_groups(host)
        self._capacity_index.take(server, name)
        return True

    # -- why a host cannot be upgraded

    def no_target_now(self, host: HostToUpgrade, server: Server) -> str:
        """Why a host cannot go with others."""
        which = f"{host.name} cannot go besides, for its server {server.name!r} ({server.id})"
        if not self._options.bring_back:
            return f"{which} would have to be parked on a host that is still to be upgraded"
        nearest = self._capacity_index.nearest(server.id, self._capacity_index.target(host.name).version)
        if nearest is None:
            return f"{which} finds no other target then"
        return f"{which} finds no free capacity then: {nearest[0]}, which lacks least, lacks {amounts(nearest[1])}"

    def explained(self, host: HostToUpgrade) -> list[Blocker]:
        """What keeps a host from being upgraded although all others are done."""
        if why := self.limit_reached(host):
            return [host.blocker(None, why, "Put these back into service, or raise max_unavailable.")]
        version = self._capacity_index.target(host.name).version
        servers = self._assignment.assign_possible(host)
        blockers = [host.blocker(server, *self._capacity_index.explain(server.id, version)) for server in servers]
        self.undo(host)
        return blockers
