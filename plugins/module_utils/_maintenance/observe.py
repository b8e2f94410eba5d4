# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The first look of a maintenance: services, hypervisors, marks and returns."""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import Refused
from .._openstack.cloud import Cloud
from .._openstack.model import Hypervisor, Service
from .mark import TRAIT_PREFIX, Mark, read_trait
from .ownership import Ownership, ownership_of


@dataclass(frozen=True, slots=True)
class CloudObservation:
    """The first look: every compute service, the hypervisors that matter, all returns under way."""

    services: list[Service]
    hypervisors: dict[str, Hypervisor]  # by host
    returns: dict[str, Mark]  # host -> mark, of every return that is not over
    unused: tuple[str, ...]  # names of return traits that no host carries: whoever was to delete them was killed
    date: str | None  # Nova's clock


@dataclass(frozen=True, slots=True)
class HostObservation(CloudObservation):
    """The first look, and the custody of the host that is to be maintained."""

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
    """:param dated: the services, and Nova's clock. They are looked at first: a mark is older than what follows it.

    :param servers: whether the hypervisors are to tell which servers they have.
    :param only: a host whose hypervisor will do: a list of all costs Nova queries for each. Where a return is under way
        elsewhere, all are needed to know where.
    """
    services, date = dated
    with cloud.side_by_side() as ask:
        carried = ask(cloud.placement.providers_by_trait, TRAIT_PREFIX)
        listed = ask(cloud.nova.hypervisors_like, only) if only else ask(cloud.nova.hypervisors, servers)
    traits, found = carried.result(), listed.result()
    holders = {provider for trait, several in traits.items() if read_trait(trait) for provider in several}
    if only and not (any(one.host == only for one in found) and holders <= {one.id for one in found}):
        found = cloud.nova.hypervisors(servers)
    hypervisors = {one.host: one for one in found}
    providers = {one.id: one.host for one in found}
    returns = {
        providers[provider]: mark
        for trait, holders in sorted(traits.items())  # of two on one host the later one counts
        for provider in holders
        if provider in providers and (mark := read_trait(trait))
    }
    unused = tuple(trait for trait, holders in traits.items() if not holders and read_trait(trait))
    return CloudObservation(services, hypervisors, returns, unused, date)


def observe_host(cloud: Cloud, host: str, others: bool) -> HostObservation:
    """:param others: whether the hypervisors of other hosts matter.

    :raises Refused: there is no such compute host.
    """
    seen = observe_hosts(cloud, cloud.nova.dated_services(), only=None if others else host)
    service = next((one for one in seen.services if one.host == host), None)
    if service is None or host not in seen.hypervisors:
        known = ", ".join(sorted(one.host for one in seen.services)[:10])
        raise Refused(f"There is no compute host {host!r} with a hypervisor: the cloud has {known or 'none'}.")
    found = ownership_of(service, seen.returns.get(host))
    return HostObservation(seen.services, seen.hypervisors, seen.returns, seen.unused, seen.date, found)
