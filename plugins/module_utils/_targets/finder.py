# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find targets for the servers of one host, in the capacity that there is at this moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from .._aggregates.lookup import pool_aggregates
from .._errors import Refused
from .._migration.move import Move
from .._openstack.aggregate import Aggregate
from .._openstack.capacity import HostCapacity, Resources
from .._openstack.cloud import Cloud
from .._openstack.group import Group
from .._openstack.hypervisor import Hypervisor
from .._openstack.server import Server
from .._openstack.service import Service
from .assign import assign
from .choose import NO_CAPACITY, Target
from .options import TargetOptions
from .pool import Pool, pool_of
from .request import Demand, MoveRequest

Stuck = dict[str, dict[str, str]]  # server -> target -> why it cannot go there


def demands_of(cloud: Cloud, servers: Iterable[Server]) -> dict[str, Demand]:
    """Return the zones and traits that servers demand, and those that they prefer where Glance tells them."""
    servers = list(servers)
    images = {server.image for server in servers if server.image}
    preferred = cloud.glance.traits(sorted(images)) if images else {}
    return {
        server.id: Demand(server.zone, server.traits, preferred.get(server.image or "", frozenset()))
        for server in servers
    }


class TargetFinder:
    """Knows the pool of a host, and the groups and needs of its servers; asks for the capacity afresh each time.

    :param hypervisors: those that are known already, by host; ``knows_all`` if they are all.
    :param unusable: hosts that take no servers now, and why. :param last: hosts that take servers when no other does.
    :ivar source: the hypervisor of the host. :ivar groups: the server groups of the servers that it was told of.
    :ivar room: moves of servers of other hosts that will have been made when servers of this one leave.
    """

    def __init__(
        self,
        cloud: Cloud,
        options: TargetOptions,
        source: Hypervisor,
        hypervisors: Mapping[str, Hypervisor],
        services: Iterable[Service],
        unusable: Mapping[str, str],
        last: Collection[str] = (),
        *,
        knows_all: bool,
    ) -> None:
        self._cloud, self._options, self.source, self._last = cloud, options, source, last
        self._known: set[str] = set()
        self._hypervisors: Mapping[str, Hypervisor] = {**options.hypervisors, **hypervisors}
        self._knows_all = knows_all
        self._pool: Pool | None = None
        self._needs: dict[str, Resources] = {}
        self._demands: dict[str, Demand] = {}
        self._placed: dict[str, str] = {}  # server -> target, at the last time
        self.groups: list[Group] = []
        self.room: Sequence[Move] = ()
        self._on_host: dict[str, frozenset[str]] = {}  # the servers of each host, for the groups
        self._zones: Mapping[str, str | None] = {}
        self._unusable: Mapping[str, str] = {}
        self.learn_services(services, unusable)

    def learn(self, servers: Sequence[Server]) -> None:
        """Look up groups and demands, again only when servers arrived that are not known yet.

        :raises Refused: the options leave no clear choice of a pool.
        """
        keys = {server.id for server in servers}
        if keys <= self._known:
            return
        with self._cloud.side_by_side() as ask:
            groups = ask(self._cloud.nova.groups)
            aggregates = ask(self._cloud.nova.aggregates) if self._pool is None else None
        if aggregates:
            self._pool = self._choose_pool(aggregates.result())
        self._known |= keys
        self.groups = [group for group in groups.result() if group.members & self._known]
        if self.groups:
            self._on_host = {host: hypervisor.servers for host, hypervisor in self._learn_hypervisors().items()}
        new = [server for server in servers if server.id not in self._demands]
        self._demands.update(demands_of(self._cloud, new))

    def learn_services(self, services: Iterable[Service], unusable: Mapping[str, str]) -> None:
        """Take in which hosts may take servers.

        :param services: all compute services. :param unusable: hosts that take no servers now, and why.
        """
        self._zones = {service.host: service.zone for service in services}
        self._unusable = unusable

    def learn_needs(self, allocations: Mapping[str, Resources]) -> None:
        """Take in what each holder of an allocation on the host holds there.

        A server under way holds its source under the uuid of its migration: what was known of it stays.
        """
        self._needs.update(allocations)

    def find(
        self,
        servers: Sequence[Server],
        refused: Mapping[str, Mapping[str, str]],
        unclaimed: Iterable[Move] = (),
        arrived: Iterable[tuple[str, str]] = (),
    ) -> tuple[list[Move], Stuck]:
        """Find a target for each server in the capacity there is now, and why there is none for the others.

        What is migrating already has a target; a migration by somebody else is waited for, not placed again.

        :param refused: server -> target that Nova refused -> why.
        :param unclaimed: moves that were asked for and that Placement does not know of yet.
        :param arrived: servers and the targets that they went to since the first look, or are on their way to.
        """
        servers = [server for server in servers if server.task_state != "migrating"]
        if not servers or self._pool is None:
            return [], {}
        with self._cloud.side_by_side() as ask:
            capacities = ask(self._cloud.placement.capacities, self._pool.aggregates)
            unknown = any(server.id not in self._needs for server in servers)
            allocations = ask(self._cloud.placement.needs, self.source.id) if unknown else None
        if allocations:
            self.learn_needs(allocations.result())
        unclaimed, arrived = list(unclaimed), list(arrived)
        moves, stuck = self._assign(servers, capacities.result(), refused, unclaimed, arrived)
        planned = self._options.moves
        if not self._knows_all and (stuck or any(planned.get(move.server.id) != move.target for move in moves)):
            self._learn_hypervisors()
            moves, stuck = self._assign(servers, capacities.result(), refused, unclaimed, arrived)
        self._placed = {move.server.id: move.target for move in moves}
        return moves, self._explained(stuck)

    def _assign(
        self,
        servers: Sequence[Server],
        capacities: Mapping[str, HostCapacity],
        refused: Mapping[str, Mapping[str, str]],
        unclaimed: Sequence[Move],
        arrived: Sequence[tuple[str, str]],
    ) -> tuple[list[Move], Stuck]:
        """Choose among the hosts whose hypervisors are known."""
        targets = self._targets(capacities, unclaimed, arrived)
        requests = {server.id: self._request(server.id, refused.get(server.id, {})) for server in servers}
        options = self._options
        return assign(servers, requests, targets, margin=options.capacity_margin, granted_tags=options.granted_tags)

    def _request(self, server: str, refusals: Mapping[str, str]) -> MoveRequest:
        return MoveRequest(
            server,
            self._needs.get(server, {}),
            self.source.version,
            self._demands.get(server, Demand()),
            [group for group in self.groups if server in group.members],
            refusals,
            self._options.moves.get(server),
            self._placed.get(server),
        )

    def _targets(
        self,
        capacities: Mapping[str, HostCapacity],
        unclaimed: Sequence[Move],
        arrived: Sequence[tuple[str, str]],
    ) -> list[Target]:
        targets = []
        for host in self._usable_members():
            hypervisor = self._hypervisors.get(host)
            if hypervisor is None:
                continue
            on_host = {*self._on_host.get(host, ()), *(server for server, target in arrived if target == host)}
            capacity, zone = capacities.get(hypervisor.id), self._zones.get(host)
            target = Target(host, hypervisor.version, capacity, on_host, zone, last=host in self._last)
            for move in unclaimed:
                if move.target == host and target.capacity:
                    target.capacity = target.capacity.holding(self._needs.get(move.server.id, {}))
            for move in self.room:
                _make_room(target, move)
            targets.append(target)
        return targets

    def _members(self) -> Sequence[str]:
        return self._pool.hosts if self._pool else ()

    def _usable_members(self) -> list[str]:
        return [host for host in self._members() if host in self._zones and host not in self._unusable]

    def _explained(self, stuck: Stuck) -> Stuck:
        """Add why the other members of the pool take nobody, and where Placement lacks a member."""
        if not stuck:
            return stuck
        usable = set(self._usable_members())
        others = {
            host: self._unusable.get(host, "it has no compute service")
            for host in self._members()
            if host not in usable
        }
        if any(NO_CAPACITY in reasons.values() for reasons in stuck.values()):
            others |= self._missing_in_placement()
        return {server: {**reasons, **others} for server, reasons in stuck.items()}

    def _missing_in_placement(self) -> dict[str, str]:
        """Members that Nova has in the aggregate and Placement has not: it offers nothing there, full or not."""
        if not self._pool or not self._pool.aggregates:
            return {}
        members = self._cloud.placement.providers(self._pool.aggregates)
        return {
            host: "Placement's aggregate lacks it: run 'nova-manage placement sync_aggregates'"
            for host in self._usable_members()
            if host in self._hypervisors and self._hypervisors[host].id not in members
        }

    def _learn_hypervisors(self) -> Mapping[str, Hypervisor]:
        """Ask for all hypervisors, with their servers."""
        self._hypervisors = {hypervisor.host: hypervisor for hypervisor in self._cloud.nova.hypervisors()}
        self._knows_all = True
        return self._hypervisors

    def _choose_pool(self, aggregates: Sequence[Aggregate]) -> Pool:
        options = self._options
        members = pool_aggregates(aggregates, options.aggregate, options.aggregate_metadata)
        unknown = sorted(set(options.targets or ()) - self._zones.keys())
        if unknown:
            raise Refused(f"There is no compute host {', '.join(unknown)}: check 'targets'.")
        return pool_of(options.host, aggregates, members, options.targets)


def _make_room(target: Target, move: Move) -> None:
    """Let a target be as it will be when a server of another host has moved."""
    server, needs = move.server.id, move.server.claims
    if move.target == target.host:
        target.servers.add(server)
    elif move.server.host == target.host:
        target.servers.discard(server)
        needs = {name: -amount for name, amount in needs.items()}
    else:
        return
    if target.capacity:
        target.capacity = target.capacity.holding(needs)
