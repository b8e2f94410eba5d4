# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a module shows of hosts: service, hypervisor, aggregates, capacity, maintenance, servers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ._maintenance.mark import Mark, read_mark
from ._maintenance.results import maintenance_result
from ._openstack.model import Aggregate, HostCapacity, Hypervisor, Server, Service


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
    addresses = [{"network": one.network, "address": one.address, "type": one.type} for one in server.addresses]
    return {"id": server.id, "name": server.name, "status": server.status, "addresses": addresses}


def host_info_result(
    service: Service,
    aggregates: Sequence[Aggregate],
    hypervisor: Hypervisor | None,
    capacity: HostCapacity | None,
    returning: Mark | None,
    servers: Iterable[Server] | None,
) -> dict[str, Any]:
    """One entry of os_host_info. Only a nova-compute has a hypervisor and what follows from it."""
    shown: dict[str, Any] = {
        "name": service.host,
        "availability_zone": service.zone,
        "service": service_result(service),
        "aggregates": sorted(one.name for one in aggregates if service.host in one.hosts),
        "maintenance": maintenance_result(None if service.enabled else read_mark(service.reason), returning),
        "hypervisor": hypervisor and hypervisor_result(hypervisor),
        "capacity": capacity
        and {name: {"total": capacity.total[name], "used": capacity.used.get(name, 0)} for name in capacity.total},
    }
    if servers is not None:
        aboard = sorted((one for one in servers if hypervisor and one.host == service.host), key=lambda one: one.name)
        shown["servers"] = [server_result(one) for one in aboard]
    return shown


def wanted_hosts(services: Iterable[Service], host: str | None, members: Iterable[str] | None) -> list[Service]:
    """The services that the filters of os_host_info let through, by host and binary."""
    names = None if members is None else set(members)
    found = [one for one in services if host in (None, one.host) and (names is None or one.host in names)]
    return sorted(found, key=lambda one: (one.host, one.binary))
