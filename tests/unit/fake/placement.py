# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The placement service, as far as compute hosts need it: capacity, allocations, nested providers, traits."""

from __future__ import annotations

import re
from typing import Any

from tests.unit.fake.candidates import Group, Node, Shares, groups, ways
from tests.unit.fake.clock import FakeClock
from tests.unit.fake.keystone import Keystone
from tests.unit.fake.model import DISABLED, Host, World
from tests.unit.fake.policies import Policies
from tests.unit.fake.wire import Refusal, Reply, Request, Routes, date

_TRAIT = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}")


class Placement:
    """:ivar newest: the highest microversion that this Placement knows.
    :ivar dated: whether its answers say when they were given.
    """

    def __init__(self, world: World, clock: FakeClock, keystone: Keystone, policies: Policies) -> None:
        self._world, self._clock, self._keystone, self._policies = world, clock, keystone, policies
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
        self._routes.add("GET", "/resource_providers/([^/]+)/aggregates", self._provider_aggregates)
        self._routes.add("PUT", "/resource_providers/([^/]+)/aggregates", self._set_provider_aggregates)
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
        self._policies.check("placement", request, request.path)
        return self._routes.dispatch(request)

    def _version(self, _request: Request) -> Reply:
        newest = f"{self.newest[0]}.{self.newest[1]}"
        version = {"id": "v1.0", "status": "CURRENT", "max_version": newest, "min_version": "1.0", "links": []}
        return Reply(200, {"versions": [version]})

    def _find(self, provider: str) -> Node:
        return self._place(provider)[1]

    def _place(self, provider: str) -> tuple[Host, Node]:
        """A resource provider, and the host in whose tree it is."""
        for host in self._world.hosts.values():
            for node in self._world.tree(host.name):
                if node.provider == provider:
                    return host, node
        raise Refusal(404, f"No resource provider with uuid {provider} found")

    # -- capacity

    def _candidates(self, request: Request) -> Reply:
        """Nested providers take part from 1.29 on."""
        asked, nested = groups(request.query), request.microversion >= (1, 29)
        isolate = request.query.get("group_policy") == "isolate"
        requests: list[dict[str, Any]] = []
        summaries: dict[str, Any] = {}
        members = self._members(request)
        with self._world.unchanged():
            for host in self._in_tree(request.query.get("in_tree")):
                tree = self._world.tree(host.name)[: None if nested else 1]
                offers = list(ways(self._world, tree, asked, isolate)) if host.name in members else []
                requests += [self._allocation_request(shares) for shares in offers]
                if offers:
                    summaries |= {node.provider: self._summary(host, node, asked, request) for node in tree}
        return Reply(200, {"allocation_requests": requests, "provider_summaries": summaries})

    def _in_tree(self, provider: str | None) -> list[Host]:
        return list(self._world.hosts.values()) if provider is None else [self._place(provider)[0]]

    def _allocation_request(self, shares: Shares) -> dict[str, Any]:
        given = {self._world.node(name).provider: {"resources": amounts} for name, amounts in shares.items()}
        return {"allocations": given}

    def _summary(self, host: Host, node: Node, asked: list[Group], request: Request) -> dict[str, Any]:
        used = self._world.used(node.name)
        some = {name for group in asked for name in group.resources}
        names = [name for name in node.capacity if request.microversion >= (1, 27) or name in some]
        resources = {name: {"capacity": node.capacity[name], "used": used[name]} for name in names}
        place = _place_in_tree(host, node) if request.microversion >= (1, 29) else {}
        return {"resources": resources, "traits": sorted(node.all_traits), **place}

    def _members(self, request: Request) -> set[str]:
        """The hosts in the aggregates that a request names; all hosts if it names none."""
        members = request.query.get("member_of")
        if members is None:
            return set(self._world.hosts)
        wanted = members.removeprefix("in:").split(",")
        named = [aggregate for aggregate in self._world.aggregates.values() if aggregate.uuid in wanted]
        return set().union(*(aggregate.mirrored for aggregate in named))

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
        node = self._find(provider)
        usual = {"reserved": 0, "allocation_ratio": 1.0, "min_unit": 1, "step_size": 1}
        inventories = {
            name: {"total": total, "max_unit": node.max_units.get(name, total), **usual}
            for name, total in node.capacity.items()
        }
        return Reply(200, {"inventories": inventories, "resource_provider_generation": node.generation})

    # -- providers and traits

    def _providers(self, request: Request) -> Reply:
        """Only a host's own provider is in aggregates."""
        traits = [part for part in request.query.get("required", "").split(",") if part]
        unknown = {trait.removeprefix("!") for trait in traits} - self._world.known_traits - {DISABLED}
        if unknown:
            raise Refusal(400, f"Invalid trait(s) in 'required' parameter: No such trait(s): {', '.join(unknown)}.")
        members = self._members(request)
        shown = [
            self._provider(host, node, request)
            for host in self._in_tree(request.query.get("in_tree"))
            for node in self._world.tree(host.name)
            if _has_all(node, traits) and (node is host or "member_of" not in request.query)
            if request.query.get("uuid") in (None, node.provider) and request.query.get("name") in (None, _name(node))
            if host.name in members
        ]
        return Reply(200, {"resource_providers": shown})

    def _provider(self, host: Host, node: Node, request: Request) -> dict[str, Any]:
        place = _place_in_tree(host, node) if request.microversion >= (1, 14) else {}
        return {"uuid": node.provider, "name": _name(node), "generation": node.generation, **place}

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
        if any(name in node.traits for host in self._world.hosts for node in self._world.tree(host)):
            raise Refusal(409, f"The trait {name} is in use by a resource provider.")
        self._world.known_traits.discard(name)
        return Reply(204)

    def _provider_traits(self, _request: Request, provider: str) -> Reply:
        node = self._find(provider)
        return Reply(200, {"traits": sorted(node.all_traits), "resource_provider_generation": node.generation})

    def _set_provider_traits(self, request: Request, provider: str) -> Reply:
        node = self._find(provider)
        if request.body["resource_provider_generation"] != node.generation:
            raise Refusal(409, "Resource provider's generation already changed.")
        unknown = set(request.body["traits"]) - self._world.known_traits - {DISABLED}
        if unknown:
            raise Refusal(400, f"No such trait {', '.join(sorted(unknown))}")
        node.traits = set(request.body["traits"]) - {DISABLED}
        node.generation += 1
        return self._provider_traits(request, provider)

    # -- the mirror of Nova's aggregates

    def _provider_aggregates(self, _request: Request, provider: str) -> Reply:
        """The answer has had a generation since 1.19; older requests are not asked here."""
        host, node = self._place(provider)
        uuids = [aggregate.uuid for aggregate in self._world.aggregates.values() if host.name in aggregate.mirrored]
        return Reply(200, {"aggregates": uuids, "resource_provider_generation": node.generation})

    def _set_provider_aggregates(self, request: Request, provider: str) -> Reply:
        host, node = self._place(provider)
        if request.body["resource_provider_generation"] != node.generation:
            raise Refusal(409, "Resource provider's generation already changed.")
        for aggregate in self._world.aggregates.values():
            aggregate.mirror(host.name, aggregate.uuid in request.body["aggregates"])
        node.generation += 1
        return self._provider_aggregates(request, provider)


def _place_in_tree(host: Host, node: Node) -> dict[str, Any]:
    parent = None if node is host else host.provider
    return {"parent_provider_uuid": parent, "root_provider_uuid": host.provider}


def _has_all(node: Node, traits: list[str]) -> bool:
    """A trait with ``!`` before it is one that the provider must not have."""
    return all(trait.startswith("!") != (trait.removeprefix("!") in node.all_traits) for trait in traits)


def _name(node: Node) -> str:
    """The name of a provider; that of a host is its hypervisor's."""
    return (node.hypervisor or node.name) if isinstance(node, Host) else node.name
