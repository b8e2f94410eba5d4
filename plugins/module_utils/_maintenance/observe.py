# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Look at what a maintenance depends on: services, hypervisors, marks, and who holds room on a host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .._errors import CloudError, Refused
from .._migration.rules import is_settling, unconfirmed_resizes
from .._openstack.cloud import Cloud
from .._openstack.hypervisor import Hypervisor
from .._openstack.migration import Migration
from .._openstack.server import Server
from .._openstack.service import Service
from .departed import any_away, departed_servers
from .finished_return import FinishedReturn, read_finished_returns
from .mark import Mark, read_trait
from .occupancy import Occupancy, explain, leaving_migrations
from .ownership import Ownership, ownership_of

RETURN_PREFIX = "CUSTOM_STACKOPS_RETURN"  # of the traits of returns, and of returns that are over


@dataclass(frozen=True, slots=True)
class CloudObservation:
    """What was observed of all hosts.

    :ivar hypervisors: by host, of those that matter.
    :ivar returns: the mark of each host whose servers are still to be brought back.
    :ivar finished: returns that are over, as far as they are remembered.
    :ivar now: the time on the cloud's clock (ISO 8601 in UTC); None where it tells none.
    """

    services: list[Service]
    hypervisors: dict[str, Hypervisor]
    returns: dict[str, Mark]
    finished: list[FinishedReturn]
    now: str | None


@dataclass(frozen=True, slots=True)
class HostObservation(CloudObservation):
    """The same, and who keeps the host that is to be maintained."""

    ownership: Ownership

    @property
    def service(self) -> Service:
        return self.ownership.service

    @property
    def hypervisor(self) -> Hypervisor:
        return self.hypervisors[self.service.host]


def observe_hosts(
    cloud: Cloud, dated: tuple[list[Service], str | None], servers: bool = False, only: str | None = None
) -> CloudObservation:
    """Look at the hypervisors and at the servers that are still to be brought back.

    :param dated: the services, and the cloud's time. They are observed first: a mark is older than what follows it.
    :param servers: whether the hypervisors are to tell which servers they have.
    :param only: a host whose hypervisor will do: a list of all costs Nova queries for each. Where servers are to be
        brought back to another host, all are needed to know to which.
    """
    services, now = dated
    with cloud.side_by_side() as ask:
        named = ask(cloud.placement.traits, RETURN_PREFIX)
        listed = ask(_own_hypervisor, cloud, only, services) if only else ask(cloud.nova.hypervisors, servers)
    names, hypervisors = named.result(), listed.result()
    open_returns = [each for name in sorted(names) if (each := read_trait(name))]
    known = {hypervisor.id: hypervisor.host for hypervisor in hypervisors}
    if only and not (only in known.values() and {each.provider for each in open_returns} <= known.keys()):
        hypervisors = cloud.nova.hypervisors(servers)
        known = {hypervisor.id: hypervisor.host for hypervisor in hypervisors}
    # Of two of one host the later one counts.
    returns = {known[each.provider]: each.mark for each in open_returns if each.provider in known}
    by_host = {hypervisor.host: hypervisor for hypervisor in hypervisors}
    return CloudObservation(services, by_host, returns, read_finished_returns(names), now)


def _own_hypervisor(cloud: Cloud, host: str, services: Iterable[Service]) -> list[Hypervisor]:
    """The hypervisor of a host; by Placement where Nova lists none, because another cell does not answer.

    Placement knows no version: that targets have newer ones is then for Nova to see.
    """
    try:
        return cloud.nova.hypervisors_like(host)
    except CloudError:
        silent = any(service.unknown for service in services)
        provider = cloud.placement.provider(host) if silent else None
        if provider is None:
            raise
    return [Hypervisor(provider, host, host, None, 0)]


def observe_host(cloud: Cloud, host: str, others: bool) -> HostObservation:
    """Look at the cloud for the maintenance of a host.

    :param others: whether the hypervisors of other hosts matter.
    :raises Refused: if there is no such compute host, or its cell does not answer.
    """
    dated = cloud.nova.dated_services()
    service = next((service for service in dated[0] if service.host == host), None)
    if service and service.unknown:
        raise Refused(f"Nova knows nothing of the host {host!r} now: its cell does not answer; wait until it does.")
    observation = observe_hosts(cloud, dated, only=None if others else host)
    if service is None or host not in observation.hypervisors:
        known = ", ".join(sorted(service.host for service in observation.services)[:10])
        raise Refused(f"There is no compute host {host!r} with a hypervisor: the cloud has {known or 'none'}.")
    return HostObservation(
        observation.services,
        observation.hypervisors,
        observation.returns,
        observation.finished,
        observation.now,
        ownership_of(service, observation.returns.get(host)),
    )


def with_settling_servers(cloud: Cloud, records: Iterable[Migration]) -> list[Migration]:
    """Return those records whose servers are on the move; each server is looked at.

    The record of one that was deleted or reset meanwhile may say for ever that its migration is not over.
    """
    records = list(records)
    with cloud.side_by_side() as ask:
        answers = {record.server: ask(cloud.nova.server, record.server) for record in records}
    servers = {key: answer.result() for key, answer in answers.items()}
    return [record for record in records if (server := servers[record.server]) and is_settling(server)]


def resized_away(cloud: Cloud, finished: Iterable[Migration], ours_since: str) -> list[str]:
    """Return the servers whose old disk is still on the host that they were resized or migrated away from.

    :param finished: records that wait for their confirmation. :param ours_since: as of ``unconfirmed_resizes``.
    """
    records = with_settling_servers(cloud, unconfirmed_resizes(finished, ours_since))
    return [record.server for record in records]


def without_leftover(cloud: Cloud, ownership: Ownership) -> Ownership:
    """Return who keeps a host, without a return whose servers are all back.

    Whoever was to take its trait off was killed, or Nova, which remembers traits, brought it back.
    """
    mark = ownership.returning
    left_over = mark is not None and not any_still_away(cloud, ownership.service.host, mark)
    return replace(ownership, returning=None) if left_over else ownership


def any_still_away(cloud: Cloud, host: str, mark: Mark) -> bool:
    """Return whether any server is still to be brought back."""
    records = cloud.nova.migrations(changes_since=mark.records_since)
    with cloud.side_by_side() as ask:
        answers = [ask(cloud.nova.server, key) for key in departed_servers(records, host, mark)]
    servers = filter(None, [answer.result() for answer in answers])
    return any_away(records, host, mark, {server.id: server.host for server in servers})


def observe_occupancy(cloud: Cloud, host: str, provider: str, listed: Iterable[Server]) -> Occupancy:
    """Look at the allocations on a host and explain each: one request, and one for each holder that is not listed.

    :param provider: the uuid of its resource provider, which is that of its hypervisor.
    :param listed: the servers that Nova just listed there.
    :raises CloudError: if a holder cannot be explained, for its cell does not answer.
    """
    allocations = cloud.placement.needs(provider)
    unexplained = sorted(allocations.keys() - {server.id for server in listed})
    servers = _servers(cloud, {key: key for key in unexplained})
    no_servers = {key for key, server in servers.items() if server is None}
    leaving = leaving_migrations(cloud.nova.migrations(source_compute=host), no_servers) if no_servers else {}
    servers |= _servers(cloud, {key: record.server for key, record in leaving.items()})
    return explain(host, allocations, servers, leaving)


def _servers(cloud: Cloud, wanted: Mapping[str, str]) -> dict[str, Server | None]:
    """Ask for the server of each holder; None where there is none."""
    with cloud.side_by_side() as ask:
        answers = {holder: ask(cloud.nova.server, key) for holder, key in wanted.items()}
    return {holder: answer.result() for holder, answer in answers.items()}
