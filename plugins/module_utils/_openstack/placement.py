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
        return Provider(total, {}, frozenset(self.traits_of(uuid)), most)

    def traits_of(self, provider: str) -> list[str]:
        """Return the traits that a provider carries."""
        return self._get(f"/resource_providers/{provider}/traits", "read the traits of a host").texts("traits")

    def needs(self, provider: str) -> dict[str, Resources]:
        """Return what each consumer (a server's uuid) holds on this provider, by resource class."""
        body = self._get(f"/resource_providers/{provider}/allocations", "list the allocations of a host")
        allocations = body.object("allocations")
        return {consumer: _amounts(allocations.object(consumer).object("resources")) for consumer in allocations}

    def offers(self, provider: str) -> bool:
        """Whether the scheduler may place servers on this provider: its service is not disabled as Placement has it."""
        params = {"uuid": provider, "required": "!COMPUTE_STATUS_DISABLED"}
        return bool(_uuids(self._get("/resource_providers", "ask whether a host takes servers", params)))

    def traits(self, prefix: str) -> list[str]:
        """Return the names of all traits that begin with ``prefix``, whether a provider carries them or not."""
        body = self._get("/traits", f"list the traits {prefix}*", {"name": f"startswith:{prefix}"})
        return body.texts("traits")

    def create_trait(self, trait: str) -> None:
        """Create a trait's name, which no provider carries."""
        self._send("PUT", f"/traits/{trait}", f"create the trait {trait}")

    def delete_trait(self, trait: str) -> None:
        """Delete a trait's name, unless it is gone already."""
        try:
            self._send("DELETE", f"/traits/{trait}", f"delete the trait {trait}")
        except CloudError as error:
            if error.status != 404:
                raise

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
