# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""From what stands in the cloud to an inventory: which hosts, their variables, and their groups. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ._aggregates.lookup import existing_aggregate
from ._errors import Refused
from ._host_info import hypervisor_result, service_result
from ._openstack.model import Aggregate, Hypervisor, Service
from ._text import listed

# The format of what ``snapshot`` makes. Another one must not be read from a cache that an older release wrote.
FORMAT = 1
# What Nova takes for a host (its parameter type hostname), without a leading '-', which ssh would read as an option.
_HOST = re.compile(r"[a-zA-Z0-9_.][a-zA-Z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a host must be to be in the inventory; None lets everything through."""

    aggregates: Sequence[str] | None = None  # by name, uuid or id; a member of one of them
    zones: Sequence[str] | None = None
    status: str | None = None
    state: str | None = None


def snapshot(
    services: Iterable[Service], hypervisors: Iterable[Hypervisor], aggregates: Iterable[Aggregate]
) -> dict[str, Any]:
    """All that an inventory is made of, as JSON can hold it. A thousand hosts do not hold a thousand lists of members.

    A host with several hypervisors is a nova-compute of bare metal, and none of them is the host itself.
    """
    found: dict[str, list[Hypervisor]] = {}
    for hypervisor in hypervisors:
        found.setdefault(hypervisor.host, []).append(hypervisor)
    hosts = [
        {
            "name": service.host,
            "availability_zone": service.zone,
            "service": service_result(service),
            "hypervisor": hypervisor_result(found[service.host][0]) if len(found.get(service.host, ())) == 1 else None,
        }
        for service in sorted(services, key=lambda one: one.host)
    ]
    return {"hosts": hosts, "aggregates": [one.to_result() for one in sorted(aggregates, key=lambda one: one.name)]}


def variables_by_host(standing: Mapping[str, Any], filters: Filters) -> dict[str, dict[str, Any]]:
    """The variables of each host that the filters let through.

    :param standing: what ``snapshot`` made.
    :raises Refused: a filter names an aggregate or a zone that the cloud does not have.
    """
    aggregates = [Aggregate.read(one) for one in standing["aggregates"]]
    members = _members(aggregates, filters.aggregates)
    _check_zones(standing, filters.zones)
    inside: dict[str, list[Aggregate]] = {}
    for aggregate in aggregates:
        for host in aggregate.hosts:
            inside.setdefault(host, []).append(aggregate)
    return {
        host["name"]: _variables(host, inside.get(host["name"], ()))
        for host in standing["hosts"]
        if (members is None or host["name"] in members)
        and (filters.zones is None or host["availability_zone"] in filters.zones)
        and filters.status in (None, host["service"]["status"])
        and filters.state in (None, host["service"]["state"])
    }


def unusable(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """The hosts whose names would be something else than a host to Ansible or ssh.

    Any nova-compute can register under any name: a hostile one under a group's, an option's or the controller's.

    :param taken: names that mean something already, such as those of groups and ``localhost``.
    """
    reserved = set(taken)
    return [name for name in names if name in reserved or not _HOST.fullmatch(name)]


def groups(
    hosts: Mapping[str, Mapping[str, Any]], safe: Callable[[str], str]
) -> tuple[dict[str, list[str]], list[str]]:
    """The hosts of each group, and what to warn of.

    A name that two aggregates or two zones would share becomes no group: a play over it would run on the hosts of both.

    :param hosts: what ``variables_by_host`` made.
    :param safe: makes a group's name of any text.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for host, variables in hosts.items():
        service = variables["nova_service"]
        said = [f"service_{service['status']}", f"service_{service['state']}"]
        said += [f"aggregate_{one['name']}" for one in variables["nova_aggregates"]]
        if variables["nova_availability_zone"]:
            said.append(f"availability_zone_{variables['nova_availability_zone']}")
        for name in said:
            found.setdefault(safe(name), {}).setdefault(name, []).append(host)
    made = {group: members for group, names in found.items() if len(names) == 1 for members in names.values()}
    warnings = [
        f"There is no group {group}, for {' and '.join(map(repr, sorted(names)))} would share it: rename one, or make "
        "groups of your own with the option 'groups'."
        for group, names in found.items()
        if len(names) > 1
    ]
    return made, warnings


def _variables(host: Mapping[str, Any], aggregates: Iterable[Aggregate]) -> dict[str, Any]:
    shown = [one.to_result() for one in aggregates]
    metadata: dict[str, set[str]] = {}
    for aggregate in aggregates:
        for key, value in aggregate.metadata.items():
            metadata.setdefault(key, set()).add(value)
    return {
        "nova_host": host["name"],
        "nova_availability_zone": host["availability_zone"],
        "nova_service": host["service"],
        "nova_hypervisor": host["hypervisor"],
        "nova_aggregates": [{key: value for key, value in one.items() if key != "hosts"} for one in shown],
        "nova_aggregate_metadata": {key: sorted(values) for key, values in sorted(metadata.items())},
    }


def _members(aggregates: Sequence[Aggregate], wanted: Sequence[str] | None) -> set[str] | None:
    if wanted is None:
        return None
    return {host for reference in wanted for host in existing_aggregate(aggregates, reference).hosts}


def _check_zones(standing: Mapping[str, Any], wanted: Sequence[str] | None) -> None:
    known = {one["availability_zone"] for one in (*standing["hosts"], *standing["aggregates"])} - {None}
    for zone in wanted or ():
        if zone not in known:
            raise Refused(f"There is no availability zone {zone!r}: the cloud has {listed(known)}.")
