# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Look at a pool once, for the plan of an upgrade: a few lists, and single hosts only where no list tells enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from .._maintenance.departed import departed_servers, to_bring_back
from .._maintenance.mark import Mark
from .._maintenance.observe import observe_hosts
from .._maintenance.ownership import Ownership, ownership_of
from .._migration.move import COLD
from .._migration.rules import unconfirmed_resizes, unmovable
from .._migration.sorting import as_shut_off
from .._openstack.cloud import Cloud
from .._openstack.model import Aggregate, HostCapacity, Hypervisor, Migration, Resources, Server
from .._targets.finder import demands_of
from .._targets.pool import usable_hosts
from .options import PlanOptions
from .pool import ObservedPool, PoolMember

# What a list of servers costs Nova beside them, in servers: each of these takes it about 20 ms.
_LIST = 5


def observe_pool(
    cloud: Cloud, pool: Sequence[Aggregate], options: PlanOptions, owner: str, takeover: bool
) -> ObservedPool:
    """Everything that the plan of an upgrade of these aggregates needs to know."""
    return _PoolObserver(cloud, pool, options, owner, takeover).observed_pool()


class _PoolObserver:
    def __init__(
        self, cloud: Cloud, pool: Sequence[Aggregate], options: PlanOptions, owner: str, takeover: bool
    ) -> None:
        self._cloud, self._options, self._owner, self._takeover = cloud, options, owner, takeover
        self._hosts = sorted({host for one in pool for host in one.hosts})
        self._wanted = set(self._hosts if options.hosts is None else options.hosts)
        self._uuids = [one.uuid for one in pool if one.uuid]
        dated = cloud.nova.dated_services()
        with cloud.side_by_side() as ask:
            looked = ask(observe_hosts, cloud, dated, servers=True)
            capacities = ask(cloud.placement.capacities, self._uuids, disabled=True)
            groups = ask(cloud.nova.groups)
            # Where they are most hosts of the cloud anyway, nobody waits to hear how many servers each has.
            everyone = ask(cloud.nova.servers) if 2 * len(self._wanted) > len(dated[0]) else None
        seen = looked.result()
        self._capacities, self._groups = capacities.result(), groups.result()
        self._everyone = everyone.result() if everyone else None
        self._services, self._hypervisors, self._returns = seen.services, seen.hypervisors, seen.returns
        self._by_host = {one.host: one for one in self._services}
        self._ownerships = {one.host: ownership_of(one, self._returns.get(one.host)) for one in self._services}

    def observed_pool(self) -> ObservedPool:
        homes = self._homecomers() if self._options.bring_back else {}
        where = {server: one.host for one in self._hypervisors.values() for server in one.servers}
        temporary = {where[server] for servers in homes.values() for server in servers}
        servers = self._servers_on(self._wanted | temporary)
        finished = self._cloud.nova.migrations(status="finished")
        ours = self._unconfirmed(finished)
        confirmed = {one.server for moves in ours.values() for one in moves}
        servers = {host: [_as_confirmed(one, confirmed) for one in found] for host, found in servers.items()}
        needs: dict[str, Resources] = {}
        members = []
        mirrored: set[str] | None = None
        _good, idle = usable_hosts(self._hosts, self._services, self._returns)
        for host in self._hosts:
            hypervisor = self._hypervisors.get(host)
            capacity = self._capacities.get(hypervisor.id) if hypervisor else None
            if hypervisor and host in servers:
                locked = self._held(hypervisor, capacity, servers[host])
                needs.update(locked)
                if capacity is None and host in self._wanted and not self._options.bring_back:
                    mirrored = self._cloud.placement.providers(self._uuids) if mirrored is None else mirrored
                    if hypervisor.id in mirrored:  # full now, and yet to be emptied
                        capacity = self._cloud.placement.capacity(hypervisor.id, _sum(locked.values()))
            old = [one for one in finished if one.source == host and one.server not in confirmed]
            ends = {end for one in ours.get(host, ()) for end in (one.source, one.destination) if end}
            member = self._member(host, hypervisor, capacity, servers.get(host, ()), idle.get(host, ""))
            members.append(
                replace(
                    member,
                    old_disks=[record.server for record in unconfirmed_resizes(old, "")],
                    unconfirmed=frozenset(ends - {host}),
                )
            )
        by_id = {one.id: one for found in servers.values() for one in found}
        for number, one in enumerate(members):
            home = [key for key in homes.get(one.host, ()) if key in by_id and not unmovable(by_id[key], self._groups)]
            members[number] = replace(one, returning=tuple(home))
        known = {server for one in members for server in one.servers}
        return ObservedPool(
            members,
            [group for group in self._groups if group.members & known],
            needs,
            demands_of(self._cloud, [one for host in sorted(self._wanted) for one in servers.get(host, ())]),
        )

    # -- hosts

    def _member(
        self,
        host: str,
        hypervisor: Hypervisor | None,
        capacity: HostCapacity | None,
        guests: Sequence[Server],
        idle: str,
    ) -> PoolMember:
        service, found = self._by_host.get(host), self._ownerships.get(host)
        mark = found and (found.mark or found.returning)
        return PoolMember(
            host=host,
            zone=service.zone if service else None,
            version=hypervisor.version if hypervisor else 0,
            capacity=capacity,
            servers=hypervisor.servers if hypervisor else frozenset(),
            guests=guests if host in self._wanted else (),
            up=bool(service and service.up),
            idle=idle or ("" if hypervisor else "it has no hypervisor"),
            kept=self._kept(host, found, hypervisor),
            other_owner=next((mark.owner for mark, _what in self._foreign_marks(found)), None),
            unfinished=bool(found and mark and not found.foreign),
            hypervisor=hypervisor.id if hypervisor else "",
        )

    def _kept(self, host: str, found: Ownership | None, hypervisor: Hypervisor | None) -> tuple[str, str] | None:
        """Why the host may not be taken out of service: those of other owners always, the rest where it matters."""
        for mark, what in self._foreign_marks(found):
            return (
                f"it is {what} by {mark.owner} since {mark.since} ({mark.reason or 'no reason'})",
                "Wait for its owner, or set takeover.",
            )
        if host not in self._wanted or host in self._options.done:
            return None
        if found is None or hypervisor is None:
            return "it has no compute service with a hypervisor", "Start nova-compute there, or leave the host out."
        if found.foreign:
            return (
                f"its compute service was disabled by somebody else ({found.service.reason or 'no reason given'})",
                "Enable it, or leave the host out.",
            )
        return None

    def _foreign_marks(self, found: Ownership | None) -> list[tuple[Mark, str]]:
        """Marks of other owners on a host, each with what they do there; none where they are taken over."""
        marks = [(found.mark, "in maintenance"), (found.returning, "getting its servers back")] if found else []
        return [(mark, what) for mark, what in marks if mark and mark.owner != self._owner and not self._takeover]

    def _unconfirmed(self, finished: Iterable[Migration]) -> dict[str, list[Migration]]:
        """Cold moves that an earlier run made and did not confirm, by the host whose drain or return does that."""
        found: dict[str, list[Migration]] = {}
        for record in finished:
            for host, returning in ((record.source, False), (record.destination, True)):
                one = self._ownerships.get(host or "")
                mark = one and (one.returning if returning else one.mark)
                if host and mark and record.type == COLD and record.created_at[:19] >= mark.records_since:
                    found.setdefault(host, []).append(record)
        return found

    # -- servers

    def _servers_on(self, hosts: Iterable[str]) -> dict[str, list[Server]]:
        """The servers of these hosts, by what costs Nova less: a list of each, or one of the whole cloud."""
        found: dict[str, list[Server]] = {host: [] for host in sorted(hosts) if host in self._hypervisors}
        inhabited = [host for host in found if self._hypervisors[host].servers]
        aboard = sum(len(self._hypervisors[host].servers) for host in inhabited)
        everywhere = sum(len(one.servers) for one in self._hypervisors.values())
        if self._everyone is not None:
            listed = self._everyone
        elif aboard + _LIST * len(inhabited) <= everywhere:
            listed = [server for host in inhabited for server in self._cloud.nova.servers(host)]
        else:
            listed = self._cloud.nova.servers()
        for server in listed:
            if server.host in found:
                found[server.host].append(server)
        return found

    def _held(
        self, hypervisor: Hypervisor, capacity: HostCapacity | None, servers: Sequence[Server]
    ) -> dict[str, Resources]:
        """What each server holds on its host. Where flavors do not add up to what is used, Placement is asked."""
        claims = {one.id: one.claims for one in servers}
        if not servers or (capacity and _sum(claims.values()) == +Counter(capacity.used)):
            return dict(claims)
        return {**claims, **self._cloud.placement.needs(hypervisor.id)}

    def _homecomers(self) -> dict[str, list[str]]:
        """Servers that come home when an unfinished maintenance of a host that is to be upgraded ends, by that host.

        Those that were only parked there by another maintenance which is not over do not.
        """
        marks: dict[str, Mark] = {}
        for host, found in self._ownerships.items():
            mark = found.mark or found.returning
            if mark and mark.mode == "migrate":
                marks[host] = mark
        if not marks.keys() & self._wanted:
            return {}
        records = self._cloud.nova.migrations(changes_since=min(mark.records_since for mark in marks.values()))
        existing = {server for one in self._hypervisors.values() for server in one.servers}
        left = {
            host: [server for server in departed_servers(records, host, mark) if server in existing]
            for host, mark in marks.items()
        }
        return {
            host: to_bring_back(
                left[host],
                {server for other in left if other != host for server in left[other]},
                self._hypervisors[host].servers if host in self._hypervisors else (),
            )
            for host in left
            if host in self._wanted
        }


def _as_confirmed(server: Server, confirmed: Collection[str]) -> Server:
    """A server as it will be when its cold move is confirmed."""
    return as_shut_off(server) if server.id in confirmed else server


def _sum(claims: Iterable[Resources]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in claims:
        total.update(one)
    return total
