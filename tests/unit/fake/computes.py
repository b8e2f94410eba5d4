# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's view of compute hosts: services, hypervisors, and the old maintenance mode of os-hosts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fake.cells import PARTIAL_SINCE, Cells, partial_service
from fake.clock import FakeClock
from fake.model import Host, World, identifier, iso
from fake.wire import Refusal, Reply, Request, Routes

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Computes:
    """:ivar trait_after: seconds until Placement knows that a host was enabled or disabled."""

    def __init__(
        self, world: World, clock: FakeClock, cells: Cells, routes: Routes, paged: Callable[..., Reply]
    ) -> None:
        self._world, self._clock, self._cells, self._paged = world, clock, cells, paged
        self.trait_after = 0.0
        routes.add("GET", "/os-services", self._services)
        routes.add("PUT", "/os-services/([^/]+)", self._update)
        routes.add("GET", "/os-hypervisors/detail", self._hypervisors)
        routes.add("PUT", "/os-hosts/([^/]+)", self._maintenance_mode)

    def _services(self, request: Request) -> Reply:
        entries = [self._view(host) for host in self._world.hosts.values() if self._world.answers(host.name)]
        if request.microversion >= PARTIAL_SINCE:
            entries += [
                partial_service(host) for host in self._world.hosts.values() if not self._world.answers(host.name)
            ]
        for binary in ("nova-scheduler", "nova-conductor"):
            entries.append(_control_service(binary, next(iter(self._world.hosts.values())).beat))
        for name in ("host", "binary"):
            if request.query.get(name):
                entries = [entry for entry in entries if entry[name] == request.query[name]]
        return Reply(200, {"services": entries})

    def _view(self, host: Host) -> dict[str, Any]:
        return {
            "id": host.service_id,
            "binary": "nova-compute",
            "host": host.name,
            "zone": self._world.zone_of(host.name),
            "status": "enabled" if host.enabled else "disabled",
            "state": "up" if host.alive else "down",
            "updated_at": iso(host.beat),
            "disabled_reason": host.reason,
            "forced_down": host.forced_down,
        }

    def _update(self, request: Request, key: str) -> Reply:
        if not _UUID.fullmatch(key):
            raise Refusal(400, f"Invalid uuid {key}")
        host = next((host for host in self._world.hosts.values() if host.service_id == key), None)
        if host is None:
            raise Refusal(404, f"Service {key} could not be found.")
        self._cells.ask_host(host)
        body = request.body or {}
        status, reason, forced = (body.get(name) for name in ("status", "disabled_reason", "forced_down"))
        if status is None and forced is None:
            raise Refusal(400, "No updates were requested. Fields 'status' or 'forced_down' should be specified.")
        if reason is not None and status != "disabled":
            raise Refusal(400, "Specifying 'disabled_reason' when status is 'enabled' is invalid.")
        if status not in (None, "enabled", "disabled") or len(reason or "") > 255 or reason == "":
            raise Refusal(400, "Invalid input for field/attribute disabled_reason.")
        if forced is not None:
            host.forced_down = forced
        if status:
            self._switch(host, status == "enabled", reason)
        return Reply(200, {"service": self._view(host)})

    def _switch(self, host: Host, enabled: bool, reason: str | None) -> None:
        """Enable or disable a host. Placement learns it when nova-compute writes or removes COMPUTE_STATUS_DISABLED."""
        host.believed_enabled = host.offered
        host.enabled, host.reason = enabled, reason

        def known() -> None:
            host.believed_enabled = None
            host.generation += 1

        if self.trait_after:
            self._clock.after(self.trait_after, known)
        else:
            known()

    def _hypervisors(self, request: Request) -> Reply:
        self._cells.ask_all()
        entries = []
        for host in self._world.hosts.values():
            entry: dict[str, Any] = {
                "id": host.provider,
                "hypervisor_hostname": host.hypervisor or host.name,
                "hypervisor_type": "fake",
                "hypervisor_version": host.version,
                "host_ip": host.address,
                "state": "up" if host.alive else "down",
                "status": "enabled" if host.enabled else "disabled",
                "service": {"id": host.service_id, "host": host.name, "disabled_reason": host.reason},
            }
            servers = [
                {"uuid": guest.id, "name": f"instance-of-{guest.name}"} for guest in self._world.guests_on(host.name)
            ]
            if servers and request.query.get("with_servers") == "true":
                entry["servers"] = servers
            entries.append(entry)
        pattern = request.query.get("hypervisor_hostname_pattern")
        if pattern is None:
            return self._paged(request, "hypervisors", entries)
        entries = [entry for entry in entries if pattern in entry["hypervisor_hostname"]]
        if not entries:
            raise Refusal(404, f"No hypervisor matching '{pattern}' could be found.")
        return Reply(200, {"hypervisors": entries})

    def _maintenance_mode(self, request: Request, name: str) -> Reply:
        if request.microversion >= (2, 43):
            raise Refusal(404, "The resource could not be found.")
        host = self._world.hosts.get(name)
        if host is None:
            raise Refusal(404, f"Compute host {name} could not be found.")
        self._cells.ask_host(host)
        if not host.knows_maintenance_mode:
            raise Refusal(501, "Virt driver does not implement host maintenance mode.")
        host.maintenance_mode = request.body["maintenance_mode"] == "enable"
        mode = "on_maintenance" if host.maintenance_mode else "off_maintenance"
        return Reply(200, {"host": name, "maintenance_mode": mode})


def _control_service(binary: str, beat: datetime) -> dict[str, Any]:
    return {
        "id": identifier("service", binary),
        "binary": binary,
        "host": "controller",
        "zone": "internal",
        "status": "enabled",
        "state": "up",
        "updated_at": iso(beat),
        "disabled_reason": None,
        "forced_down": False,
    }
