# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The placement service, as far as compute hosts need it: room, allocations and traits with generations."""

from __future__ import annotations

import re
from typing import Any

from fake.clock import FakeClock
from fake.keystone import Keystone
from fake.model import Host, World
from fake.wire import Refusal, Reply, Request, Routes, date

_TRAIT = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}")
_DISABLED = "COMPUTE_STATUS_DISABLED"


class Placement:
    """:ivar newest: the highest microversion that this Placement knows.
    :ivar dated: whether its answers say when they were given.
    """

    def __init__(self, world: World, clock: FakeClock, keystone: Keystone) -> None:
        self._world, self._clock, self._keystone = world, clock, keystone
        self.newest = (1, 39)
        self.dated = True
        self._requests = 0
        self._routes = Routes()
        self._routes.add("GET", "/?", self._version)
        self._routes.add("GET", "/allocation_candidates", self._candidates)
        self._routes.add("GET", "/resource_providers", self._providers)
        self._routes.add("GET", "/resource_providers/([^/]+)/allocations", self._allocations)
        self._routes.add("GET", "/resource_providers/([^/]+)/inventories", self._inventories)
        self._routes.add("GET", "/resource_providers/([^/]+)/traits", self._provider_traits)
        self._routes.add("PUT", "/resource_providers/([^/]+)/traits", self._set_provider_traits)
        self._routes.add("DELETE", "/allocations/([^/]+)", self._free)
        self._routes.add("GET", "/traits", self._traits)
        self._routes.add("PUT", "/traits/([^/]+)", self._create_trait)
        self._routes.add("DELETE", "/traits/([^/]+)", self._delete_trait)

    def answer(self, request: Request) -> Reply:
        self._requests += 1
        key = f"req-placement-{self._requests}"
        try:
            reply = self._checked(request)
        except Refusal as refusal:
            error = {"status": refusal.status, "title": "Refused", "detail": f"Refused.\n\n {refusal.message}  "}
            reply = Reply(refusal.status, {"errors": [{**error, "request_id": key}]})
        reply.headers.setdefault("x-openstack-request-id", key)
        return date(reply, self._clock.utc()) if self.dated else reply

    def _checked(self, request: Request) -> Reply:
        user = self._keystone.user(request.headers.get("X-Auth-Token"))
        if user is None:
            return Reply(401, {"error": {"code": 401, "message": "The request you have made requires authentication."}})
        if request.microversion > self.newest:
            asked = f"{request.microversion[0]}.{request.microversion[1]}"
            raise Refusal(406, f"Invalid microversion: Unacceptable version header: {asked}")
        if "admin" not in user.roles and request.path.strip("/"):
            resource = request.path.split("/")[1]
            raise Refusal(403, f"Policy does not allow placement:{resource}:list to be performed.")
        return self._routes.dispatch(request)

    def _version(self, _request: Request) -> Reply:
        newest = f"{self.newest[0]}.{self.newest[1]}"
        version = {"id": "v1.0", "status": "CURRENT", "max_version": newest, "min_version": "1.0", "links": []}
        return Reply(200, {"versions": [version]})

    def _find(self, provider: str) -> Host:
        found = next((host for host in self._world.hosts.values() if host.provider == provider), None)
        if found is None:
            raise Refusal(404, f"No resource provider with uuid {provider} found")
        return found

    # -- room

    def _candidates(self, request: Request) -> Reply:
        asked = {
            name: int(amount) for name, amount in (part.split(":") for part in request.query["resources"].split(","))
        }
        required = [part for part in request.query.get("required", "").split(",") if part]
        members = request.query.get("member_of")
        summaries = {}
        for host in self._world.hosts.values():
            if self._has_all(host, required) and self._is_member(host, members) and self._world.fits(asked, host.name):
                summaries[host.provider] = self._summary(host, asked, request.microversion >= (1, 27))
        requests = [{"allocations": {provider: {"resources": asked}}} for provider in summaries]
        return Reply(200, {"allocation_requests": requests, "provider_summaries": summaries})

    def _summary(self, host: Host, asked: dict[str, int], all_classes: bool) -> dict[str, Any]:
        used = self._world.used(host.name)
        names = host.capacity if all_classes else asked
        resources = {name: {"capacity": host.capacity[name], "used": used[name]} for name in names}
        return {"resources": resources, "traits": sorted(self._traits_of(host))}

    def _has_all(self, host: Host, required: list[str]) -> bool:
        traits = self._traits_of(host)
        return all((one[1:] not in traits) if one.startswith("!") else (one in traits) for one in required)

    def _is_member(self, host: Host, members: str | None) -> bool:
        if members is None:
            return True
        wanted = members.removeprefix("in:").split(",")
        return any(one.uuid in wanted and host.name in one.mirrored for one in self._world.aggregates.values())

    def _allocations(self, _request: Request, provider: str) -> Reply:
        host = self._find(provider)
        locked = {
            consumer: {"resources": dict(places[host.name])}
            for consumer, places in self._world.allocations.items()
            if host.name in places
        }
        return Reply(200, {"allocations": locked, "resource_provider_generation": host.generation})

    def _free(self, _request: Request, consumer: str) -> Reply:
        if consumer not in self._world.allocations:
            raise Refusal(404, f"No allocations for consumer '{consumer}'")
        del self._world.allocations[consumer]
        return Reply(204)

    def _inventories(self, _request: Request, provider: str) -> Reply:
        host = self._find(provider)
        usual = {"reserved": 0, "allocation_ratio": 1.0}
        inventories = {name: {"total": total, **usual} for name, total in host.capacity.items()}
        return Reply(200, {"inventories": inventories, "resource_provider_generation": host.generation})

    # -- traits

    def _traits_of(self, host: Host) -> set[str]:
        return host.traits | (set() if host.offered else {_DISABLED})

    def _providers(self, request: Request) -> Reply:
        required = [part for part in request.query.get("required", "").split(",") if part]
        unknown = {trait.removeprefix("!") for trait in required} - self._world.known_traits - {_DISABLED}
        if unknown:
            raise Refusal(400, f"Invalid trait(s) in 'required' parameter: No such trait(s): {', '.join(unknown)}.")
        members, uuid, name = (request.query.get(key) for key in ("member_of", "uuid", "name"))
        hosts = [
            host
            for host in self._world.hosts.values()
            if uuid in (None, host.provider) and name in (None, host.hypervisor or host.name)
        ]
        found = [host for host in hosts if self._has_all(host, required) and self._is_member(host, members)]
        return Reply(
            200,
            {"resource_providers": [{"uuid": host.provider, "name": host.hypervisor or host.name} for host in found]},
        )

    def _traits(self, request: Request) -> Reply:
        start = request.query.get("name", "startswith:").removeprefix("startswith:")
        return Reply(200, {"traits": sorted(name for name in self._world.known_traits if name.startswith(start))})

    def _create_trait(self, _request: Request, name: str) -> Reply:
        if not _TRAIT.fullmatch(name):
            raise Refusal(400, "The trait is invalid.")
        status = 204 if name in self._world.known_traits else 201
        self._world.known_traits.add(name)
        return Reply(status)

    def _delete_trait(self, _request: Request, name: str) -> Reply:
        if name not in self._world.known_traits:
            raise Refusal(404, f"No such trait(s): {name}.")
        if any(name in host.traits for host in self._world.hosts.values()):
            raise Refusal(409, f"The trait {name} is in use by a resource provider.")
        self._world.known_traits.discard(name)
        return Reply(204)

    def _provider_traits(self, _request: Request, provider: str) -> Reply:
        host = self._find(provider)
        return Reply(200, {"traits": sorted(self._traits_of(host)), "resource_provider_generation": host.generation})

    def _set_provider_traits(self, request: Request, provider: str) -> Reply:
        host = self._find(provider)
        if request.body["resource_provider_generation"] != host.generation:
            raise Refusal(409, "Resource provider's generation already changed.")
        unknown = set(request.body["traits"]) - self._world.known_traits - {_DISABLED}
        if unknown:
            raise Refusal(400, f"No such trait {', '.join(sorted(unknown))}")
        host.traits = set(request.body["traits"]) - {_DISABLED}
        host.generation += 1
        return self._provider_traits(request, provider)
