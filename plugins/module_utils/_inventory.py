# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide the inventory: which hosts, their variables (``nova_*``), and the groups in which they are. Pure.

The groups by aggregate, zone and service are named in ``_group_texts``. Groups by anything else, such as the type of
the hypervisor, come from the operator's ``keyed_groups`` over the variables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ._aggregates.lookup import existing_aggregate
from ._errors import Refused
from ._host_info import hypervisor_result, service_result
from ._openstack.aggregate import Aggregate
from ._openstack.fields import Fields
from ._openstack.hypervisor import Hypervisor
from ._openstack.service import Service
from ._text import listed

# The version of what ``snapshot`` returns: a cache that another release wrote in another format must not be read.
FORMAT = 1
# The names that Nova accepts for a host (its parameter type hostname), but none that begins with '-', which ssh would
# read as an option.
_HOST = re.compile(r"[a-zA-Z0-9_.][a-zA-Z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Filters:
    """The conditions for a host to be in the inventory; None is no condition."""

    aggregates: Sequence[str] | None = None  # by name, uuid or id; the host is a member of one of them
    zones: Sequence[str] | None = None
    status: str | None = None
    state: str | None = None


def snapshot(
    services: Iterable[Service], hypervisors: Iterable[Hypervisor], aggregates: Iterable[Aggregate]
) -> dict[str, Any]:
    """Return all that an inventory is made of, as JSON can hold it.

    Aggregates are kept apart from the hosts, so that their lists of members are not repeated for every host. A service
    with several hypervisors serves bare metal, and none of them is the host itself.
    """
    by_host: dict[str, list[Hypervisor]] = {}
    for hypervisor in hypervisors:
        by_host.setdefault(hypervisor.host, []).append(hypervisor)
    hosts = [
        {
            "name": service.host,
            "availability_zone": service.zone,
            "service": service_result(service),
            "hypervisor": hypervisor_result(by_host[service.host][0])
            if len(by_host.get(service.host, ())) == 1
            else None,
        }
        for service in sorted(services, key=lambda service: service.host)
    ]
    ordered = sorted(aggregates, key=lambda aggregate: aggregate.name)
    return {"hosts": hosts, "aggregates": [aggregate.to_result() for aggregate in ordered]}


def variables_by_host(observed: Mapping[str, Any], filters: Filters) -> dict[str, dict[str, Any]]:
    """Return the variables of each host that meets the filters.

    :param observed: what ``snapshot`` returned.
    :raises Refused: if a filter names an aggregate or a zone that the cloud does not have.
    """
    source = "use the observed hosts: in the inventory or its cache,"
    aggregates = [Aggregate.read(raw) for raw in Fields(observed, source).objects("aggregates")]
    members = _members(aggregates, filters.aggregates)
    _check_zones(observed, filters.zones)
    by_host: dict[str, list[Aggregate]] = {}
    for aggregate in aggregates:
        for host in aggregate.hosts:
            by_host.setdefault(host, []).append(aggregate)
    return {
        host["name"]: _variables(host, by_host.get(host["name"], ()))
        for host in observed["hosts"]
        if (members is None or host["name"] in members)
        and (filters.zones is None or host["availability_zone"] in filters.zones)
        and filters.status in (None, host["service"]["status"])
        and filters.state in (None, host["service"]["state"])
    }


def unusable(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return the names that would be something else than a host to Ansible or ssh.

    Any nova-compute can register under any name: a hostile one under that of a group, an option or the controller.

    :param taken: names that have a meaning already, such as those of groups and ``localhost``.
    """
    reserved = set(taken)
    return [name for name in names if name in reserved or not _HOST.fullmatch(name)]


def groups(
    hosts: Mapping[str, Mapping[str, Any]], safe: Callable[[str], str]
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the hosts of each group (by aggregate, zone and service), and warnings.

    A name that two aggregates or two zones would share becomes no group: a play over it would run on the hosts of both.

    :param hosts: what ``variables_by_host`` returned.
    :param safe: makes the name of a group of any text.
    """
    by_name: dict[str, dict[str, list[str]]] = {}
    for host, variables in hosts.items():
        for text in _group_texts(variables):
            by_name.setdefault(safe(text), {}).setdefault(text, []).append(host)
    by_group = {group: members for group, texts in by_name.items() if len(texts) == 1 for members in texts.values()}
    warnings = [
        f"There is no group {group}, for {' and '.join(map(repr, sorted(texts)))} would share it: rename one, or make "
        "groups of your own with the option 'groups'."
        for group, texts in by_name.items()
        if len(texts) > 1
    ]
    return by_group, warnings


def _group_texts(variables: Mapping[str, Any]) -> list[str]:
    """Return the names of a host's groups, as they are before they are made safe."""
    service, zone = variables["nova_service"], variables["nova_availability_zone"]
    texts = [f"service_{service['status']}", f"service_{service['state']}"]
    texts += [f"aggregate_{aggregate['name']}" for aggregate in variables["nova_aggregates"]]
    return [*texts, f"availability_zone_{zone}"] if zone else texts


def _variables(host: Mapping[str, Any], aggregates: Iterable[Aggregate]) -> dict[str, Any]:
    results = [aggregate.to_result() for aggregate in aggregates]
    metadata: dict[str, set[str]] = {}
    for aggregate in aggregates:
        for key, value in aggregate.metadata.items():
            metadata.setdefault(key, set()).add(value)
    return {
        "nova_host": host["name"],
        "nova_availability_zone": host["availability_zone"],
        "nova_service": host["service"],
        "nova_hypervisor": host["hypervisor"],
        "nova_aggregates": [{key: value for key, value in result.items() if key != "hosts"} for result in results],
        "nova_aggregate_metadata": {key: sorted(values) for key, values in sorted(metadata.items())},
    }


def _members(aggregates: Sequence[Aggregate], wanted: Sequence[str] | None) -> set[str] | None:
    if wanted is None:
        return None
    return {host for reference in wanted for host in existing_aggregate(aggregates, reference).hosts}


def _check_zones(observed: Mapping[str, Any], wanted: Sequence[str] | None) -> None:
    known = {item["availability_zone"] for item in (*observed["hosts"], *observed["aggregates"])} - {None}
    for zone in wanted or ():
        if zone not in known:
            raise Refused(f"There is no availability zone {zone!r}: the cloud has {listed(known)}.")
