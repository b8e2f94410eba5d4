# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Placement's API in the words of this collection: the capacity of hosts, the needs of servers, traits.

The resource provider of a compute host has the uuid of its hypervisor. Every method raises CloudError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .._errors import CloudError
from .capacity import HostCapacity, Provider, Resources
from .client import Client
from .fields import Fields

# All resource classes in provider_summaries, and the providers below that of a host (Rocky).
_MICROVERSION = "1.29"
_GENERATION_TRIES = 5


class Placement:
    """The placement API of one cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def capacities(self, aggregates: Iterable[str] = (), disabled: bool = False) -> dict[str, HostCapacity]:
        """Return the capacity of every host that may take a server, by resource provider.

        A host that is missing is full, disabled, or not mirrored into Placement's aggregate.

        :param aggregates: uuids of the aggregates whose hosts are wanted; without any, those of the whole cloud.
        :param disabled: whether disabled hosts are wanted too.
        """
        params = {"resources": "MEMORY_MB:1", **_members(aggregates)}
        if not disabled:
            params["required"] = "!COMPUTE_STATUS_DISABLED"
        body = self._get("/allocation_candidates", "ask for the free capacity of the hosts", params)
        trees: dict[str, dict[str, Provider]] = {}
        summaries = body.object("provider_summaries")
        for uuid in summaries:
            raw = summaries.object(uuid)
            trees.setdefault(raw.text("root_provider_uuid"), {})[uuid] = Provider.read(raw)
        return {root: HostCapacity.of_tree(root, tree) for root, tree in trees.items()}

    def providers(self, aggregates: Iterable[str]) -> set[str]:
        """Return all resource providers in these aggregates (uuids), also those that are full."""
        body = self._get("/resource_providers", "list the members of the aggregates", _members(aggregates))
        return set(_uuids(body))

    def provider(self, name: str) -> str | None:
        """Return the uuid of the resource provider with this name, which is that of its hypervisor."""
        body = self._get("/resource_providers", f"find the resource provider {name}", {"name": name})
        return next(iter(_uuids(body)), None)

    def capacity(self, provider: str, used: Resources) -> HostCapacity:
        """Return the capacity of one host, which may be full: a request, and two for each provider of its tree.

        :param provider: that of the host. :param used: what is used of it, which has to be known.
        """
        body = self._get("/resource_providers", "list the resource providers of a host", {"in_tree": provider})
        tree = {uuid: self._provider(uuid) for uuid in _uuids(body)}
        return replace(HostCapacity.of_tree(provider, tree), used=used)

    def _provider(self, uuid: str) -> Provider:
        """A provider as the candidates show it, and the most that one consumer gets of it."""
        path = f"/resource_providers/{uuid}"
        inventories = self._get(f"{path}/inventories", "look at the inventory of a host").object("inventories")
        total, most = {}, {}
        for name in inventories:
            raw = inventories.object(name)
            total[name] = int((raw.number("total") - raw.number("reserved")) * raw.ratio("allocation_ratio"))
            most[name] = raw.number("max_unit")
        return Provider(total, {}, frozenset(self.traits_of(uuid).texts("traits")), most)

    def traits_of(self, provider: str) -> Fields:
        """Return the traits of a provider, and its generation."""
        return self._get(f"/resource_providers/{provider}/traits", "read the traits of a host")

    def needs(self, provider: str) -> dict[str, Resources]:
        """Return what each consumer (a server's uuid) holds on this provider, by resource class."""
        body = self._get(f"/resource_providers/{provider}/allocations", "list the allocations of a host")
        allocations = body.object("allocations")
        return {consumer: _amounts(allocations.object(consumer).object("resources")) for consumer in allocations}

    def offers(self, provider: str) -> bool:
        """Whether the scheduler may place servers on this provider: its service is not disabled as Placement has it."""
        params = {"uuid": provider, "required": "!COMPUTE_STATUS_DISABLED"}
        return bool(_uuids(self._get("/resource_providers", "ask whether a host takes servers", params)))

    def providers_by_trait(self, prefix: str) -> dict[str, list[str]]:
        """Return the providers that carry each trait whose name begins with ``prefix``.

        This costs one request, and one more for each such trait.
        """
        return {trait: self.carriers(trait) for trait in self.traits(prefix)}

    def traits(self, prefix: str) -> list[str]:
        """Return the names of all traits that begin with ``prefix``, whether a provider carries them or not."""
        body = self._get("/traits", f"list the traits {prefix}*", {"name": f"startswith:{prefix}"})
        return body.texts("traits")

    def create_trait(self, trait: str) -> None:
        """Create a trait's name, which no provider carries then."""
        self._send("PUT", f"/traits/{trait}", f"create the trait {trait}")

    def carriers(self, trait: str) -> list[str]:
        """Return the providers that carry this trait."""
        try:
            body = self._get("/resource_providers", f"find the hosts with the trait {trait}", {"required": trait})
        except CloudError as error:
            if error.status == 400:  # the trait was deleted since it was listed
                return []
            raise
        return _uuids(body)

    def set_trait(self, provider: str, prefix: str, trait: str | None) -> None:
        """Let the provider carry ``trait``, or none, and no other that begins with ``prefix``; delete the others.

        Nova can bring back a trait that was taken off: when a service is disabled or enabled while nova-compute reports
        its resources, it writes the traits that it remembers (seen with Nova 34).
        """
        try:
            dropped = self._carry_trait(provider, prefix, trait)
        except CloudError as error:
            if error.status != 400:
                raise
            # Another run deleted the name while nobody carried it.
            dropped = self._carry_trait(provider, prefix, trait)
        for name in dropped:
            self.delete_trait(name)

    def _carry_trait(self, provider: str, prefix: str, trait: str | None) -> set[str]:
        if trait:
            self.create_trait(trait)
        return self._change_traits(provider, prefix, {trait} if trait else set())

    def delete_trait(self, trait: str) -> None:
        """Delete a trait's name, unless it is gone already or another host carries it."""
        try:
            self._send("DELETE", f"/traits/{trait}", f"delete the trait {trait}")
        except CloudError as error:
            if error.status not in (404, 409):
                raise

    def _change_traits(self, provider: str, prefix: str, wanted: set[str]) -> set[str]:
        """Make ``wanted`` the only traits of the provider that begin with ``prefix``; return those taken off.

        Placement has no way to add or remove a trait. So read, change and write them all, and do it again when
        nova-compute wrote in between (409).
        """
        path = f"/resource_providers/{provider}/traits"
        for attempt in range(1, _GENERATION_TRIES + 1):
            body = self.traits_of(provider)
            standing = set(body.texts("traits"))
            current = {trait for trait in standing if trait.startswith(prefix)}
            if current == wanted:
                break
            generation = body.number("resource_provider_generation")
            change = {"traits": sorted(standing - current | wanted), "resource_provider_generation": generation}
            try:
                self._send("PUT", path, "change the traits of a host", change)
                break
            except CloudError as error:
                if error.status != 409 or attempt == _GENERATION_TRIES:
                    raise
        return current - wanted

    def _get(self, path: str, doing: str, params: dict[str, str] | None = None) -> Fields:
        return self._client.request(
            "placement", "GET", path, doing=doing, microversion=_MICROVERSION, params=params
        ).body

    def _send(self, method: str, path: str, doing: str, body: dict[str, Any] | None = None) -> None:
        self._client.request("placement", method, path, doing=doing, microversion=_MICROVERSION, body=body)


def _uuids(body: Fields) -> list[str]:
    return [provider.text("uuid") for provider in body.objects("resource_providers")]


def _amounts(resources: Fields) -> Resources:
    return {name: resources.number(name) for name in resources}


def _members(aggregates: Iterable[str]) -> dict[str, str]:
    uuids = ",".join(aggregates)
    return {"member_of": f"in:{uuids}"} if uuids else {}
