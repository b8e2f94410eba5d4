# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Placement's API in the words of this collection: room on hosts, needs of servers, and the trait of a return.

A compute host's resource provider has the uuid of its hypervisor. Every method raises CloudError.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._errors import CloudError
from .._maintenance.mark import TRAIT_PREFIX
from .client import Body, Client
from .model import HostCapacity, Resources

_MICROVERSION = "1.27"  # all resource classes in provider_summaries; forbidden traits and member_of are older
_GENERATION_TRIES = 5


class Placement:
    """The placement API of one cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def capacities(self, aggregates: Iterable[str] = (), disabled: bool = False) -> dict[str, HostCapacity]:
        """Room by resource provider, of all hosts in these aggregates (uuids; none: everywhere) that may take a server.

        A host that is missing is full, disabled, or not mirrored into Placement's aggregate.

        :param disabled: whether to tell of disabled hosts too.
        """
        params = {"resources": "MEMORY_MB:1", **_members(aggregates)}
        if not disabled:
            params["required"] = "!COMPUTE_STATUS_DISABLED"
        body = self._get("/allocation_candidates", "ask for room on the hosts", params)
        return {provider: HostCapacity.read(raw) for provider, raw in body["provider_summaries"].items()}

    def providers(self, aggregates: Iterable[str]) -> set[str]:
        """All resource providers in these aggregates (uuids), also those that are full."""
        body = self._get("/resource_providers", "list the members of the aggregates", _members(aggregates))
        return {provider["uuid"] for provider in body["resource_providers"]}

    def capacity(self, provider: str, used: Resources) -> HostCapacity:
        """The room of one provider, which may be full: two requests. What is used of it has to be known."""
        path = f"/resource_providers/{provider}"
        inventories = self._get(f"{path}/inventories", "look at the inventory of a host")["inventories"]
        traits = self._get(f"{path}/traits", "read the traits of a host")["traits"]
        capacity = {
            name: int((one["total"] - one["reserved"]) * one["allocation_ratio"]) for name, one in inventories.items()
        }
        return HostCapacity(capacity, used, frozenset(traits))

    def needs(self, provider: str) -> dict[str, Resources]:
        """What each consumer (a server's uuid) holds on this provider, by resource class."""
        body = self._get(f"/resource_providers/{provider}/allocations", "list the allocations of a host")
        return {consumer: raw["resources"] for consumer, raw in body["allocations"].items()}

    def offers(self, provider: str) -> bool:
        """Whether the scheduler may place servers on this provider: its service is not disabled as Placement has it."""
        params = {"uuid": provider, "required": "!COMPUTE_STATUS_DISABLED"}
        return bool(self._get("/resource_providers", "ask whether a host takes servers", params)["resource_providers"])

    def return_traits(self) -> dict[str, list[str]]:
        """The providers that carry a return trait, by trait: one request, and one more for each return under way."""
        body = self._get("/traits", "list the return traits", {"name": f"startswith:{TRAIT_PREFIX}"})
        return {trait: self._holders(trait) for trait in body["traits"]}

    def _holders(self, trait: str) -> list[str]:
        try:
            body = self._get("/resource_providers", "find the host of a return", {"required": trait})
        except CloudError as error:
            if error.status == 400:  # the return ended and its trait is gone since it was listed
                return []
            raise
        return [provider["uuid"] for provider in body["resource_providers"]]

    def set_return_trait(self, provider: str, trait: str | None) -> None:
        """Let the provider carry this return trait, or none, and no other; names that it carried are deleted.

        Nova can bring back one that was taken off: when a service is disabled or enabled while nova-compute reports its
        resources, it writes the traits that it remembers (seen with Nova 34).
        """
        if trait:
            self._send("PUT", f"/traits/{trait}", "create the return trait")
        for dropped in self._change_return_traits(provider, {trait} if trait else set()):
            self.delete_trait(dropped)

    def delete_trait(self, trait: str) -> None:
        """Delete its name, but for one that is gone or that another host's return uses."""
        try:
            self._send("DELETE", f"/traits/{trait}", "delete the return trait")
        except CloudError as error:
            if error.status not in (404, 409):
                raise

    def _change_return_traits(self, provider: str, wanted: set[str]) -> set[str]:
        """Placement has no add and remove: read, change, write, and again when nova-compute wrote in between (409).

        Returns those that were taken off.
        """
        path = f"/resource_providers/{provider}/traits"
        for attempt in range(1, _GENERATION_TRIES + 1):
            body = self._get(path, "read the traits of a host")
            standing = {one for one in body["traits"] if one.startswith(TRAIT_PREFIX)}
            if standing == wanted:
                break
            traits = sorted({*body["traits"]} - standing | wanted)
            change = {"traits": traits, "resource_provider_generation": body["resource_provider_generation"]}
            try:
                self._send("PUT", path, "change the traits of a host", change)
                break
            except CloudError as error:
                if error.status != 409 or attempt == _GENERATION_TRIES:
                    raise
        return standing - wanted

    def _get(self, path: str, doing: str, params: dict[str, str] | None = None) -> Body:
        return self._client.request(
            "placement", "GET", path, doing=doing, microversion=_MICROVERSION, params=params
        ).body

    def _send(self, method: str, path: str, doing: str, body: dict[str, Any] | None = None) -> None:
        self._client.request("placement", method, path, doing=doing, microversion=_MICROVERSION, body=body)


def _members(aggregates: Iterable[str]) -> dict[str, str]:
    uuids = ",".join(aggregates)
    return {"member_of": f"in:{uuids}"} if uuids else {}
