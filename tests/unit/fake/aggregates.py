# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's host aggregates, with its rules for names, zones and hosts (nova/compute/api.py, AggregateAPI)."""

from __future__ import annotations

import re
from typing import Any

from tests.unit.fake.model import Aggregate, World
from tests.unit.fake.wire import Refusal, Reply, Request, Routes

_KEY = re.compile(r"[a-zA-Z0-9-_:. ]{1,255}")


class Aggregates:
    def __init__(self, world: World, routes: Routes) -> None:
        self._world = world
        routes.add("GET", "/os-aggregates", self._list)
        routes.add("POST", "/os-aggregates", self._create)
        routes.add("GET", "/os-aggregates/([^/]+)", self._show)
        routes.add("PUT", "/os-aggregates/([^/]+)", self._update)
        routes.add("DELETE", "/os-aggregates/([^/]+)", self._delete)
        routes.add("POST", "/os-aggregates/([^/]+)/action", self._action)
        routes.add("POST", "/os-aggregates/([^/]+)/images", self._cache_images)

    def _view(self, request: Request, aggregate: Aggregate) -> dict[str, Any]:
        view = {"id": aggregate.id, "name": aggregate.name, "availability_zone": aggregate.zone, "deleted": False}
        view |= {"hosts": list(aggregate.hosts), "metadata": dict(aggregate.metadata)}
        return view | ({"uuid": aggregate.uuid} if request.microversion >= (2, 41) else {})

    def _find(self, text: str) -> Aggregate:
        if not text.isdigit():
            raise Refusal(400, "id must be an integer")
        if int(text) not in self._world.aggregates:
            raise Refusal(404, f"Aggregate {text} could not be found.")
        return self._world.aggregates[int(text)]

    def _list(self, request: Request) -> Reply:
        return Reply(
            200, {"aggregates": [self._view(request, aggregate) for aggregate in self._world.aggregates.values()]}
        )

    def _show(self, request: Request, number: str) -> Reply:
        return Reply(200, {"aggregate": self._view(request, self._find(number))})

    def _create(self, request: Request) -> Reply:
        wanted = request.body["aggregate"]
        zone = wanted.get("availability_zone")
        number = max(self._world.aggregates, default=0) + 1
        aggregate = Aggregate(number, self._name(wanted["name"], None))
        if zone:
            aggregate.metadata["availability_zone"] = _zone_name(zone)
        self._world.aggregates[aggregate.id] = aggregate
        view = self._view(request, aggregate)
        del view["hosts"], view["metadata"]
        return Reply(200, {"aggregate": view})

    def _update(self, request: Request, number: str) -> Reply:
        aggregate, wanted = self._find(number), request.body["aggregate"]
        if not wanted:
            raise Refusal(400, "Invalid input for field/attribute aggregate. Value: {}. {} should be non-empty")
        if "name" in wanted:  # saved before the zone is checked
            aggregate.name = self._name(wanted["name"], aggregate)
        if "availability_zone" in wanted:
            self._merge(aggregate, {"availability_zone": wanted["availability_zone"]})
        return Reply(200, {"aggregate": self._view(request, aggregate)})

    def _delete(self, _request: Request, number: str) -> Reply:
        aggregate = self._find(number)
        if aggregate.hosts:
            raise Refusal(400, f"Cannot remove aggregate {aggregate.id}. Reason: Host aggregate is not empty.")
        del self._world.aggregates[aggregate.id]
        return Reply(200)

    def _action(self, request: Request, number: str) -> Reply:
        ((action, arguments),) = request.body.items()
        aggregate = self._find(number)
        if action == "set_metadata":
            self._merge(aggregate, arguments["metadata"])
        elif action == "add_host":
            self._add_host(aggregate, arguments["host"])
        elif action == "remove_host":
            self._remove_host(aggregate, arguments["host"])
        else:
            raise Refusal(400, f"There is no such action: {action}")
        return Reply(200, {"aggregate": self._view(request, aggregate)})

    def _cache_images(self, request: Request, number: str) -> Reply:
        self._find(number)
        wanted = [image["id"] for image in request.body["cache"]]
        if request.microversion < (2, 81):
            raise Refusal(404, "The resource could not be found.")
        if len(set(wanted)) < len(wanted):
            raise Refusal(400, f"Duplicate images in request: {wanted}")
        return Reply(202)

    # -- rules

    def _name(self, name: str, owner: Aggregate | None) -> str:
        name = name.strip()
        if not 1 <= len(name) <= 255:
            raise Refusal(400, f"Invalid input for field/attribute name. Value: {name}. {name!r} should be non-empty")
        if any(other.name == name and other is not owner for other in self._world.aggregates.values()):
            raise Refusal(409, f"Aggregate {name} already exists.")
        return name

    def _merge(self, aggregate: Aggregate, metadata: dict[str, str | None]) -> None:
        for key, value in metadata.items():
            if not _KEY.fullmatch(key) or not (value is None or (isinstance(value, str) and len(value) <= 255)):
                raise Refusal(400, f"Invalid input for field/attribute {key}. Value: {value}.")
        if "availability_zone" in metadata:
            self._check_zone(aggregate, metadata["availability_zone"])
        for key, value in metadata.items():
            if value is None:
                aggregate.metadata.pop(key, None)
            else:
                aggregate.metadata[key] = value

    def _check_zone(self, aggregate: Aggregate, zone: str | None) -> None:
        reason = None
        if not zone:
            reason = f"Aggregate {aggregate.name} does not support empty named availability zone"
        elif any(self._zones(host, aggregate) - {_zone_name(zone)} for host in aggregate.hosts):
            reason = "One or more hosts already in availability zone(s)"
        elif zone != aggregate.zone and any(any(self._world.guests_on(host)) for host in aggregate.hosts):
            reason = "One or more hosts contain instances in this zone"
        if reason:
            raise Refusal(400, f"Cannot update aggregate {aggregate.id}. Reason: {reason}.")

    def _zones(self, host: str, but: Aggregate) -> set[str]:
        """Return the zones that other aggregates give to a host."""
        others = (other for other in self._world.aggregates.values() if other is not but and host in other.hosts)
        return {other.zone for other in others if other.zone}

    def _add_host(self, aggregate: Aggregate, host: str) -> None:
        if host not in self._world.hosts:
            raise Refusal(404, f"Compute host {host} could not be found.")
        zones = self._zones(host, aggregate)
        if aggregate.zone and zones - {aggregate.zone}:
            reason = f"One or more hosts already in availability zone(s) {sorted(zones)}"
            raise Refusal(409, f"Cannot add host to aggregate {aggregate.id}. Reason: {reason}.")
        if aggregate.zone and not zones and any(self._world.guests_on(host)):
            raise Refusal(409, f"Cannot add host to aggregate {aggregate.id}. Reason: The host has instances.")
        if host in aggregate.hosts:
            raise Refusal(409, f"Aggregate {aggregate.id} already has host {host}.")
        aggregate.hosts.append(host)

    def _remove_host(self, aggregate: Aggregate, host: str) -> None:
        if host not in aggregate.hosts:
            raise Refusal(404, f"Cannot remove host {host} in aggregate {aggregate.id}")
        if aggregate.zone and not self._zones(host, aggregate) and any(self._world.guests_on(host)):
            raise Refusal(409, f"Cannot remove host from aggregate {aggregate.id}. Reason: The host has instances.")
        aggregate.hosts.remove(host)
        aggregate.unmirrored.discard(host)
        aggregate.only_mirrored.discard(host)


def _zone_name(zone: str) -> str:
    zone = zone.strip()
    if not 1 <= len(zone) <= 255 or ":" in zone:
        raise Refusal(400, f"Invalid input for field/attribute availability_zone. Value: {zone}.")
    return zone
