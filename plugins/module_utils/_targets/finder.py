# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where the servers of one host can go: the pool of targets, and what deciding on a target needs to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._aggregates.lookup import pool_aggregates
from .._errors import Refused
from .._maintenance.observe import HostObservation
from .._maintenance.options import Options
from .._maintenance.ownership import unusable_hosts
from .._migration.move import Move
from .._openstack.cloud import Cloud
from .._openstack.model import Aggregate, Group, HostCapacity, Hypervisor, Resources, Server, Traits
from .assign import assign
from .choose import Target
from .pool import Pool, pool_of
from .request import Demand, MoveRequest


def demands_of(cloud: Cloud, servers: Iterable[Server]) -> dict[str, Demand]:
    """Zones and traits; an image that is gone demands nothing that can be known, and Nova has its own copy."""
    servers = list(servers)
    wanted = {one.image for one in servers if one.image}
    images = {one.id: one.traits for one in cloud.glance.images(sorted(wanted))} if wanted else {}
    return {
        one.id: Demand(one.zone, one.traits.with_those_of(images.get(one.image or "", Traits()))) for one in servers
    }


class TargetFinder:
    """Knows the pool, the groups and the needs of the servers it was told of; asks for the room afresh each time."""

    def __init__(self, cloud: Cloud, options: Options, observation: HostObservation) -> None:
        self._cloud, self._options, self._observation = cloud, options, observation
        self._known: set[str] = set()
        self._hypervisors: Mapping[str, Hypervisor] = {**options.hypervisors, **observation.hypervisors}
        self._knows_all = not options.hypervisors
        self._pool: Pool | None = None
        self._hosts: list[str] = []
        self._needs: dict[str, Resources] = {}
        self._demands: dict[str, Demand] = {}
        self._placed: dict[str, str] = {}  # server -> target, at the last time
        self.groups: list[Group] = []
        self._aboard: dict[str, frozenset[str]] = {}  # the servers of each host, for the groups
        self._zones = {service.host: service.zone for service in observation.services}
        self.unusable: dict[str, str] = {}  # member of the pool -> why it takes nobody

    def learn(self, servers: Sequence[Server]) -> None:
        """Look up groups and demands, again only when servers arrived that are not known yet.

        :raises Refused: the options leave no clear choice of a pool.
        """
        found = {one.id for one in servers}
        if found <= self._known:
            return
        with self._cloud.side_by_side() as ask:
            groups = ask(self._cloud.nova.groups)
            aggregates = ask(self._cloud.nova.aggregates) if self._pool is None else None
        if aggregates:
            observation, self._pool = self._observation, self._choose_pool(aggregates.result())
            self.unusable = unusable_hosts(self._pool.hosts, observation.services, observation.returns)
            self._hosts = [host for host in self._pool.hosts if host not in self.unusable]
        self._known |= found
        self.groups = [group for group in groups.result() if group.members & self._known]
        if self.groups:
            self._aboard = {one.host: one.servers for one in self._learn_hypervisors().values()}
        self._demands.update(demands_of(self._cloud, [one for one in servers if one.id not in self._demands]))

    def place(
        self,
        servers: Sequence[Server],
        refused: Mapping[str, Mapping[str, str]],
        unclaimed: Iterable[Move] = (),
        arrived: Iterable[tuple[str, str]] = (),
    ) -> tuple[list[Move], dict[str, dict[str, str]]]:
        """A target for each server, on the room there is now, and why there is none for the others.

        What is migrating already has a target; a move by somebody else is waited for, not placed again.

        :param unclaimed: moves that were asked for and that Placement has not yet in its books.
        :param arrived: servers and the targets that they went to since the first look, or are on their way to.
        """
        servers = [one for one in servers if one.task_state != "migrating"]
        if not servers or self._pool is None:
            return [], {}
        with self._cloud.side_by_side() as ask:
            capacity = ask(self._cloud.placement.capacities, self._pool.aggregates)
            unknown = any(one.id not in self._needs for one in servers)
            needs = ask(self.holders) if unknown else None
        if needs:
            # A server that is under way holds its source under the migration's uuid: what was known of it stays, and
            # one that was under way when it was first seen is asked for when it is to move again.
            self._needs.update(needs.result())
        capacities = capacity.result()
        unclaimed, arrived = list(unclaimed), list(arrived)
        moves, stuck = self._place(servers, capacities, refused, unclaimed, arrived)
        planned = self._options.moves
        if not self._knows_all and (stuck or any(planned.get(one.server.id) != one.target for one in moves)):
            self._learn_hypervisors()
            moves, stuck = self._place(servers, capacities, refused, unclaimed, arrived)
        self._placed = {one.server.id: one.target for one in moves}
        return moves, {server: {**self.unusable, **reasons} for server, reasons in stuck.items()}

    def _place(
        self,
        servers: Sequence[Server],
        capacities: Mapping[str, HostCapacity],
        refused: Mapping[str, Mapping[str, str]],
        unclaimed: Sequence[Move],
        arrived: Sequence[tuple[str, str]],
    ) -> tuple[list[Move], dict[str, dict[str, str]]]:
        """On the hosts whose hypervisors are known."""
        targets = []
        for host in self._hosts:
            one = self._hypervisors.get(host)
            if one is None:
                continue
            aboard = {*self._aboard.get(host, ()), *(server for server, to in arrived if to == host)}
            target = Target(host, one.version, capacities.get(one.id), aboard, self._zones.get(host))
            for move in unclaimed:
                if move.target == host and target.capacity:
                    target.capacity = target.capacity.holding(self._needs.get(move.server.id, {}))
            targets.append(target)
        requests = {server.id: self._request(server.id, refused.get(server.id, {})) for server in servers}
        options = self._options
        return assign(servers, requests, targets, margin=options.capacity_margin, granted_tags=options.granted_tags)

    def _request(self, server: str, refusals: Mapping[str, str]) -> MoveRequest:
        return MoveRequest(
            server,
            self._needs.get(server, {}),
            self._observation.hypervisor.version,
            self._demands.get(server, Demand()),
            [group for group in self.groups if server in group.members],
            refusals,
            self._options.moves.get(server),
            self._placed.get(server),
        )

    def _learn_hypervisors(self) -> Mapping[str, Hypervisor]:
        """Of all hosts, with their servers."""
        self._hypervisors = {one.host: one for one in self._cloud.nova.hypervisors()}
        self._knows_all = True
        return self._hypervisors

    def holders(self) -> dict[str, Resources]:
        """Whoever holds room on the host, and what."""
        return self._cloud.placement.needs(self._observation.hypervisor.id)

    def _choose_pool(self, aggregates: Sequence[Aggregate]) -> Pool:
        options = self._options
        members = pool_aggregates(aggregates, options.aggregate, options.aggregate_metadata)
        known = {service.host for service in self._observation.services}
        unknown = sorted(set(options.targets or ()) - known)
        if unknown:
            raise Refused(f"There is no compute host {', '.join(unknown)}: check 'targets'.")
        return pool_of(options.host, aggregates, members, options.targets)
