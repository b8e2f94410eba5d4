# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The results of modules about hosts: service, hypervisor, aggregates, capacity, maintenance, servers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ._maintenance.mark import Mark, read_mark
from ._maintenance.occupancy import Arrival
from ._maintenance.results import maintenance_result
from ._openstack.aggregate import Aggregate
from ._openstack.capacity import HostCapacity
from ._openstack.hypervisor import Hypervisor
from ._openstack.network_agent import NetworkAgent
from ._openstack.server import Server
from ._openstack.service import Service


def service_result(service: Service) -> dict[str, Any]:
    return {
        "id": service.id,
        "binary": service.binary,
        "status": "enabled" if service.enabled else "disabled",
        "state": "up" if service.up else "down",
        "disabled_reason": service.reason,
        "forced_down": service.forced_down,
        "updated_at": service.beat,
    }


def hypervisor_result(hypervisor: Hypervisor) -> dict[str, Any]:
    return {
        "id": hypervisor.id,
        "name": hypervisor.name,
        "type": hypervisor.type,
        "version": hypervisor.version,
        "host_ip": hypervisor.address,
        "servers_count": len(hypervisor.servers),
    }


def server_result(server: Server) -> dict[str, Any]:
    addresses = [
        {"network": address.network, "address": address.address, "type": address.type} for address in server.addresses
    ]
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "addresses": addresses,
        "canary": bool(server.canary),
    }


def host_info_result(
    service: Service,
    aggregates: Sequence[Aggregate],
    hypervisor: Hypervisor | None,
    capacity: HostCapacity | None,
    returning: Mark | None,
    servers: Iterable[Server] | None,
    arriving: Iterable[Arrival] | None,
    agents: Iterable[NetworkAgent] | None,
) -> dict[str, Any]:
    """Return one entry of os_host_info.

    :param hypervisor: that of a nova-compute; None for any other service.
    :param returning: the mark while the servers of the host are brought back.
    :param servers: all servers of the cloud; None if they are not wanted.
    :param arriving: those on their way to this host; None if nobody looked.
    :param agents: Neutron's agents of all hosts; None if they are not wanted.
    """
    result: dict[str, Any] = {
        "name": service.host,
        "availability_zone": service.zone,
        "service": service_result(service),
        "aggregates": sorted(aggregate.name for aggregate in aggregates if service.host in aggregate.hosts),
        "maintenance": maintenance_result(None if service.enabled else read_mark(service.reason), returning),
        "hypervisor": hypervisor and hypervisor_result(hypervisor),
        "capacity": capacity
        and {name: {"total": capacity.total[name], "used": capacity.used.get(name, 0)} for name in capacity.total},
    }
    if agents is not None:
        here = [agent for agent in agents if agent.host == service.host]
        result["network_agents"] = [{"binary": agent.binary, "alive": agent.alive, "up": agent.up} for agent in here]
    if servers is not None:
        on_host = [server for server in servers if hypervisor and server.host == service.host]
        result["servers"] = [server_result(server) for server in sorted(on_host, key=lambda server: server.name)]
    if arriving is not None:
        result["arriving"] = [arrival.to_result() for arrival in arriving]
    return result


def wanted_hosts(services: Iterable[Service], host: str | None, members: Iterable[str] | None) -> list[Service]:
    """Return the services that meet the filters of os_host_info, sorted by host and binary.

    :param host: the only host that is wanted, if any.
    :param members: the only hosts that are wanted, if any.
    """
    names = None if members is None else set(members)
    wanted = [
        service for service in services if host in (None, service.host) and (names is None or service.host in names)
    ]
    return sorted(wanted, key=lambda service: (service.host, service.binary))
