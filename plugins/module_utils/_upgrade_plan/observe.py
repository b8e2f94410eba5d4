# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Observe a pool once, for a plan: with a few lists, and single hosts only where no list says enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from .._maintenance.departed import any_away, departed_servers, to_bring_back
from .._maintenance.homes import Maintenance, known_maintenances, why_elsewhere
from .._maintenance.mark import Mark
from .._maintenance.observe import observe_hosts, resized_away
from .._maintenance.ownership import Keeper, OtherKeeper, Ownership, foreign_reason, ownership_of, unusable_hosts
from .._migration.move import COLD
from .._migration.rules import unmovable
from .._migration.sorting import as_shut_off
from .._openstack.aggregate import Aggregate
from .._openstack.capacity import Resources
from .._openstack.cloud import Cloud
from .._openstack.hypervisor import Hypervisor
from .._openstack.migration import Migration
from .._openstack.server import Server
from .._targets.finder import demands_of
from .options import PlanOptions
from .pool import ObservedPool, PoolMember

# What a list of servers costs Nova beside them, in servers: each of these takes it about 20 ms.
_LIST = 5


class _Plan(Protocol):
    """What a plan tells of itself."""

    @property
    def lacks_room(self) -> bool: ...


Planned = TypeVar("Planned", bound=_Plan)


def observe_and_plan(
    cloud: Cloud,
    pool: Sequence[Aggregate],
    options: PlanOptions,
    keeper: Keeper,
    plan: Callable[[ObservedPool], Planned],
    everybody: bool = False,
) -> tuple[ObservedPool, Planned]:
    """Observe a pool and plan; where hosts find no room once more, with the servers of all hosts, which may make it.

    :param everybody: whether those of all hosts are observed at once.
    """
    everybody = everybody or options.spare_hosts > 0  # what all servers need is to be known
    while True:
        observed_pool = observe_pool(cloud, pool, options, keeper, everybody)
        planned = plan(observed_pool)
        if everybody or not (options.make_room and planned.lacks_room):
            return observed_pool, planned
        everybody = True


def observe_pool(
    cloud: Cloud, pool: Sequence[Aggregate], options: PlanOptions, keeper: Keeper, everybody: bool = False
) -> ObservedPool:
    """Return everything that a plan for these aggregates needs to know.

    :param keeper: for whom the plan is.
    :param everybody: whether also of the servers of hosts that are not to be upgraded.
    """
    return _PoolObserver(cloud, pool, options, keeper, everybody).observed_pool()


class _PoolObserver:
    """Asks for the lists when it is made, and for the rest when it makes the observation."""

    def __init__(
        self, cloud: Cloud, pool: Sequence[Aggregate], options: PlanOptions, keeper: Keeper, everybody: bool
    ) -> None:
        self._cloud, self._options, self._keeper = cloud, options, keeper
        self._hosts = sorted({host for aggregate in pool for host in aggregate.hosts})
        self._wanted = frozenset(self._hosts) if options.hosts is None else options.hosts
        self._known = frozenset(self._hosts) if everybody else self._wanted
        self._uuids = [aggregate.uuid for aggregate in pool if aggregate.uuid]
        dated = cloud.nova.dated_services()
        with cloud.side_by_side() as ask:
            observing = ask(observe_hosts, cloud, dated, servers=True)
            capacities = ask(cloud.placement.capacities, self._uuids, disabled=True)
            groups = ask(cloud.nova.groups)
            # Where most hosts of the cloud are wanted, the servers are listed without waiting for their number.
            all_servers = ask(cloud.nova.servers) if 2 * len(self._known) > len(dated[0]) else None
        observation = observing.result()
        self._capacities, self._groups = dict(capacities.result()), groups.result()
        self._all_servers = all_servers.result() if all_servers else None
        self._services, self._hypervisors = observation.services, observation.hypervisors
        self._finished = observation.finished
        self._places = {key: host for host, hypervisor in self._hypervisors.items() for key in hypervisor.servers}
        self._returns = {host: mark for host, mark in observation.returns.items() if self._any_away(host, mark)}
        self._by_host = {service.host: service for service in self._services}
        self._ownerships = {
            host: ownership_of(service, self._returns.get(host)) for host, service in self._by_host.items()
        }
        self._providers: set[str] | None = None

    def observed_pool(self) -> ObservedPool:
        returning = self._servers_to_bring_back() if self._options.bring_back else {}
        temporary = {self._places[server] for servers in returning.values() for server in servers}
        servers = self._servers_on(self._known | temporary)
        finished = self._cloud.nova.migrations(status="finished")
        own = self._own_unconfirmed(finished)
        confirmed = {record.server for records in own.values() for record in records}
        servers = {host: [_as_confirmed(server, confirmed) for server in some] for host, some in servers.items()}
        needs = self._needs(servers)
        unusable = unusable_hosts(self._hosts, self._services, self._returns)
        able = {server.id for some in servers.values() for server in some if not unmovable(server, self._groups)}
        others = [record for record in finished if record.server not in confirmed]
        members = [
            replace(
                self._member(host, servers.get(host, ()), unusable.get(host, "")),
                to_bring_back=tuple(server for server in returning.get(host, ()) if server in able),
                old_disks=resized_away(self._cloud, [record for record in others if record.source == host], ""),
                unconfirmed=_other_ends(host, own.get(host, ())),
            )
            for host in self._hosts
        ]
        known = {server for member in members for server in member.servers}
        return ObservedPool(
            members,
            [group for group in self._groups if group.members & known],
            needs,
            demands_of(self._cloud, [server for host in sorted(self._known) for server in servers.get(host, ())]),
            self._unmirrored(members),
        )

    # -- hosts

    def _member(self, host: str, servers: Sequence[Server], unusable: str) -> PoolMember:
        """What is known of a host of the pool from the lists."""
        service, ownership = self._by_host.get(host), self._ownerships.get(host)
        hypervisor = self._hypervisors.get(host)
        mark = ownership and (ownership.mark or ownership.returning)
        return PoolMember(
            host=host,
            zone=service.zone if service else None,
            version=hypervisor.version if hypervisor else 0,
            capacity=self._capacities.get(hypervisor.id) if hypervisor else None,
            servers=hypervisor.servers if hypervisor else frozenset(),
            guests=servers if host in self._known else (),
            up=bool(service and service.up),
            unusable=unusable or ("" if hypervisor else "it has no hypervisor"),
            obstacle=self._obstacle(host, ownership, hypervisor),
            other_roll=other.text if (other := self._other(ownership)) and other.mark.roll else None,
            unfinished=bool(ownership and mark and not ownership.foreign and not other),
            hypervisor=hypervisor.id if hypervisor else "",
        )

    def _obstacle(
        self, host: str, ownership: Ownership | None, hypervisor: Hypervisor | None
    ) -> tuple[str, str] | None:
        """Why the host may not be taken out of service, and what would help.

        Another roll is an obstacle on every host of the pool, the rest only on hosts that are to be upgraded.
        """
        other, wanted = self._other(ownership), host in self._wanted and host not in self._options.done
        if other and (wanted or other.mark.roll):
            return f"it is {other.text}", "Wait for its owner, or set takeover."
        if not wanted:
            return None
        if ownership is None or hypervisor is None:
            return "it has no compute service with a hypervisor", "Start nova-compute there, or leave the host out."
        if ownership.foreign:
            return (
                f"its compute service was {foreign_reason(ownership.service)}",
                "Enable it, or leave the host out.",
            )
        return None

    def _other(self, ownership: Ownership | None) -> OtherKeeper | None:
        return ownership.other(self._keeper) if ownership else None

    # -- servers

    def _servers_on(self, hosts: Iterable[str]) -> dict[str, list[Server]]:
        """The servers of these hosts, by what costs Nova less: a list for each host, or one of the whole cloud."""
        servers: dict[str, list[Server]] = {host: [] for host in sorted(hosts) if host in self._hypervisors}
        inhabited = [host for host in servers if self._hypervisors[host].servers]
        there = sum(len(self._hypervisors[host].servers) for host in inhabited)
        everywhere = sum(len(hypervisor.servers) for hypervisor in self._hypervisors.values())
        if self._all_servers is not None:
            listed = self._all_servers
        elif there + _LIST * len(inhabited) <= everywhere:
            listed = [server for host in inhabited for server in self._cloud.nova.servers(host)]
        else:
            listed = self._cloud.nova.servers()
        for server in listed:
            if server.host in servers and not server.canary:
                servers[server.host].append(server)
        return servers

    def _needs(self, servers: Mapping[str, Sequence[Server]]) -> dict[str, Resources]:
        """What each server of the pool holds on its host. It learns the capacity of full hosts by the way."""
        needs: dict[str, Resources] = {}
        for host in self._hosts:
            if host in servers:
                needs_there = self._needs_on(self._hypervisors[host], servers[host])
                needs.update(needs_there)
                if host in self._wanted and not self._options.bring_back:
                    self._learn_capacity(self._hypervisors[host], needs_there)
        return needs

    def _needs_on(self, hypervisor: Hypervisor, servers: Sequence[Server]) -> dict[str, Resources]:
        """What each server holds on its host. Where flavors do not add up to what is used, Placement is asked."""
        claims = {server.id: server.claims for server in servers}
        capacity = self._capacities.get(hypervisor.id)
        if not servers or (capacity and _sum(claims.values()) == +Counter(capacity.used)):
            return dict(claims)
        return {**claims, **self._cloud.placement.needs(hypervisor.id)}

    def _learn_capacity(self, hypervisor: Hypervisor, needs: Mapping[str, Resources]) -> None:
        """Ask for the capacity of a host that Placement did not offer because it is full: it is drained later."""
        if hypervisor.id in self._capacities:
            return
        if hypervisor.id in self._providers_of_pool():
            self._capacities[hypervisor.id] = self._cloud.placement.capacity(hypervisor.id, _sum(needs.values()))

    def _providers_of_pool(self) -> set[str]:
        if self._providers is None:
            self._providers = self._cloud.placement.providers(self._uuids)
        return self._providers

    def _unmirrored(self, members: Iterable[PoolMember]) -> tuple[str, ...]:
        """Members that Nova has in the aggregates and Placement has not: it offers nothing there, full or not."""
        not_offered = [member for member in members if member.hypervisor and not member.capacity]
        if not not_offered:
            return ()
        return tuple(member.host for member in not_offered if member.hypervisor not in self._providers_of_pool())

    def _servers_to_bring_back(self) -> dict[str, list[str]]:
        """Servers that are brought back when an unfinished maintenance of a wanted host ends, by that host.

        Servers of another host that were only parked there, by a maintenance which is not over either, are not.
        """
        known = known_maintenances(self._services, self._returns, self._finished)
        going_on = [maintenance for maintenance in known if not maintenance.over]
        wanted = [maintenance for maintenance in going_on if maintenance.host in self._wanted]
        if not wanted:
            return {}
        since = min(maintenance.mark.records_since for maintenance in known)
        records = self._cloud.nova.migrations(changes_since=since)
        return {maintenance.host: self._not_back(maintenance, records, known) for maintenance in wanted}

    def _not_back(self, own: Maintenance, records: Sequence[Migration], known: Iterable[Maintenance]) -> list[str]:
        servers = [server for server in departed_servers(records, own.host, own.mark) if server in self._places]
        others = [maintenance for maintenance in known if maintenance.host != own.host]
        on_host = self._hypervisors[own.host].servers if own.host in self._hypervisors else ()
        return to_bring_back(servers, on_host, elsewhere=why_elsewhere(own, servers, records, others))

    def _any_away(self, host: str, mark: Mark) -> bool:
        """Whether servers are still to be brought back: Nova may have put back the trait of a return that is over."""
        records = self._cloud.nova.migrations(changes_since=mark.records_since)
        return any_away(records, host, mark, self._places)

    def _own_unconfirmed(self, finished: Iterable[Migration]) -> dict[str, list[Migration]]:
        """Cold moves that an earlier run made and did not confirm, by the host whose drain or return does that."""
        own: dict[str, list[Migration]] = {}
        for record in finished:
            for host, returning in ((record.source, False), (record.destination, True)):
                ownership = self._ownerships.get(host or "")
                mark = ownership and (ownership.returning if returning else ownership.mark)
                if host and mark and record.type == COLD and record.created_at[:19] >= mark.records_since:
                    own.setdefault(host, []).append(record)
        return own


def _other_ends(host: str, records: Iterable[Migration]) -> frozenset[str]:
    """The hosts at the other end of these moves."""
    return frozenset(end for record in records for end in (record.source, record.destination) if end and end != host)


def _as_confirmed(server: Server, confirmed: Collection[str]) -> Server:
    """The server as it is once its cold move is confirmed."""
    return as_shut_off(server) if server.id in confirmed else server


def _sum(claims: Iterable[Resources]) -> Counter[str]:
    total: Counter[str] = Counter()
    for resources in claims:
        total.update(resources)
    return total
