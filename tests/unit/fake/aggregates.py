# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's host aggregates, with its rules for names, zones and hosts (nova/compute/api.py, AggregateAPI)."""

from __future__ import annotations

import re
from typing import Any

from fake.model import Aggregate, World
from fake.wire import Refusal, Reply, Request, Routes

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

    def _shown(self, request: Request, one: Aggregate) -> dict[str, Any]:
        shown = {"id": one.id, "name": one.name, "availability_zone": one.zone, "deleted": False}
        shown |= {"hosts": list(one.hosts), "metadata": dict(one.metadata)}
        return shown | ({"uuid": one.uuid} if request.microversion >= (2, 41) else {})

    def _find(self, text: str) -> Aggregate:
        if not text.isdigit():
            raise Refusal(400, "id must be an integer")
        if int(text) not in self._world.aggregates:
            raise Refusal(404, f"Aggregate {text} could not be found.")
        return self._world.aggregates[int(text)]

    def _list(self, request: Request) -> Reply:
        return Reply(200, {"aggregates": [self._shown(request, one) for one in self._world.aggregates.values()]})

    def _show(self, request: Request, number: str) -> Reply:
        return Reply(200, {"aggregate": self._shown(request, self._find(number))})

    def _create(self, request: Request) -> Reply:
        wanted = request.body["aggregate"]
        zone = wanted.get("availability_zone")
        number = max(self._world.aggregates, default=0) + 1
        one = Aggregate(number, self._name(wanted["name"], None))
        if zone:
            one.metadata["availability_zone"] = _zone_name(zone)
        self._world.aggregates[one.id] = one
        shown = self._shown(request, one)
        del shown["hosts"], shown["metadata"]
        return Reply(200, {"aggregate": shown})

    def _update(self, request: Request, number: str) -> Reply:
        one, wanted = self._find(number), request.body["aggregate"]
        if not wanted:
            raise Refusal(400, "Invalid input for field/attribute aggregate. Value: {}. {} should be non-empty")
        if "name" in wanted:  # saved before the zone is looked at
            one.name = self._name(wanted["name"], one)
        if "availability_zone" in wanted:
            self._merge(one, {"availability_zone": wanted["availability_zone"]})
        return Reply(200, {"aggregate": self._shown(request, one)})

    def _delete(self, _request: Request, number: str) -> Reply:
        one = self._find(number)
        if one.hosts:
            raise Refusal(400, f"Cannot remove aggregate {one.id}. Reason: Host aggregate is not empty.")
        del self._world.aggregates[one.id]
        return Reply(200)

    def _action(self, request: Request, number: str) -> Reply:
        ((action, arguments),) = request.body.items()
        one = self._find(number)
        if action == "set_metadata":
            self._merge(one, arguments["metadata"])
        elif action == "add_host":
            self._add_host(one, arguments["host"])
        elif action == "remove_host":
            self._remove_host(one, arguments["host"])
        else:
            raise Refusal(400, f"There is no such action: {action}")
        return Reply(200, {"aggregate": self._shown(request, one)})

    def _cache_images(self, request: Request, number: str) -> Reply:
        self._find(number)
        wanted = [one["id"] for one in request.body["cache"]]
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
        if any(one.name == name and one is not owner for one in self._world.aggregates.values()):
            raise Refusal(409, f"Aggregate {name} already exists.")
        return name

    def _merge(self, one: Aggregate, metadata: dict[str, str | None]) -> None:
        for key, value in metadata.items():
            if not _KEY.fullmatch(key) or not (value is None or (isinstance(value, str) and len(value) <= 255)):
                raise Refusal(400, f"Invalid input for field/attribute {key}. Value: {value}.")
        if "availability_zone" in metadata:
            self._check_zone(one, metadata["availability_zone"])
        for key, value in metadata.items():
            if value is None:
                one.metadata.pop(key, None)
            else:
                one.metadata[key] = value

    def _check_zone(self, one: Aggregate, zone: str | None) -> None:
        reason = None
        if not zone:
            reason = f"Aggregate {one.name} does not support empty named availability zone"
        elif any(self._zones(host, one) - {_zone_name(zone)} for host in one.hosts):
            reason = "One or more hosts already in availability zone(s)"
        elif zone != one.zone and any(any(self._world.guests_on(host)) for host in one.hosts):
            reason = "One or more hosts contain instances in this zone"
        if reason:
            raise Refusal(400, f"Cannot update aggregate {one.id}. Reason: {reason}.")

    def _zones(self, host: str, but: Aggregate) -> set[str]:
        """The zones that other aggregates give to a host."""
        others = (one for one in self._world.aggregates.values() if one is not but and host in one.hosts)
        return {one.zone for one in others if one.zone}

    def _add_host(self, one: Aggregate, host: str) -> None:
        if host not in self._world.hosts:
            raise Refusal(404, f"Compute host {host} could not be found.")
        zones = self._zones(host, one)
        if one.zone and zones - {one.zone}:
            reason = f"One or more hosts already in availability zone(s) {sorted(zones)}"
            raise Refusal(409, f"Cannot add host to aggregate {one.id}. Reason: {reason}.")
        if one.zone and not zones and one.zone != self._world.zone_of(host) and any(self._world.guests_on(host)):
            raise Refusal(409, f"Cannot add host to aggregate {one.id}. Reason: The host has instances.")
        if host in one.hosts:
            raise Refusal(409, f"Aggregate {one.id} already has host {host}.")
        one.hosts.append(host)

    def _remove_host(self, one: Aggregate, host: str) -> None:
        if host not in one.hosts:
            raise Refusal(404, f"Cannot remove host {host} in aggregate {one.id}")
        if one.zone and not self._zones(host, one) and any(self._world.guests_on(host)):
            raise Refusal(409, f"Cannot remove host from aggregate {one.id}. Reason: The host has instances.")
        one.hosts.remove(host)
        one.unmirrored.discard(host)


def _zone_name(zone: str) -> str:
    zone = zone.strip()
    if not 1 <= len(zone) <= 255 or ":" in zone:
        raise Refusal(400, f"Invalid input for field/attribute availability_zone. Value: {zone}.")
    return zone
