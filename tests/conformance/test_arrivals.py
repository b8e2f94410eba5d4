# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers on their way to a host: what lists them, what Placement holds for them, and which host Nova names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sites import Site

Boot = Callable[..., str]
Take = Callable[[str], str]


@pytest.fixture(scope="module")
def names(site: Site) -> dict[str, str]:
    """The host of each resource provider."""
    listed = site.api.nova("GET", "/os-hypervisors/detail").body["hypervisors"]
    return {row["id"]: row["service"]["host"] for row in listed}


class Look:
    """What the APIs say of one server."""

    def __init__(self, site: Site, names: dict[str, str], server: str) -> None:
        self._site, self._names, self._server = site, names, server

    @property
    def shown(self) -> dict[str, Any]:
        return dict(self._site.api.nova("GET", f"/servers/{self._server}").body["server"])

    @property
    def host(self) -> str | None:
        return self.shown["OS-EXT-SRV-ATTR:host"]

    @property
    def states(self) -> tuple[str, str | None]:
        shown = self.shown
        return shown["OS-EXT-STS:vm_state"], shown["OS-EXT-STS:task_state"]

    @property
    def record(self) -> dict[str, Any]:
        listed = self._site.api.nova("GET", f"/os-migrations?instance_uuid={self._server}").body["migrations"]
        return dict(listed[0]) if listed else {"status": None}

    def held(self, consumer: str | None = None) -> dict[str, int]:
        """The vCPUs that Placement holds for the server, or another consumer, by host."""
        return {
            host: allocations[consumer or self._server]["resources"]["VCPU"]
            for provider, host in self._names.items()
            if (consumer or self._server) in (allocations := self._allocations(provider))
        }

    def _allocations(self, provider: str) -> dict[str, Any]:
        path = f"/resource_providers/{provider}/allocations"
        return dict(self._site.api.placement("GET", path).body["allocations"])

    def listed_on(self, host: str) -> bool:
        listed = self._site.api.nova("GET", f"/servers/detail?all_tenants=1&host={host}").body["servers"]
        return self._server in [server["id"] for server in listed]

    def wait(self, status: str) -> None:
        self._site.wait(f"a record {status}", lambda: self.record["status"] == status)

    def wait_for_states(self, *states: str | None) -> None:
        self._site.wait(f"{states}", lambda: self.states == states)


def test_a_live_migration_is_at_its_source_until_it_ends(site: Site, names: dict[str, str], boot: Boot) -> None:
    source, target = site.hosts[:2]
    server = boot(source)
    look = Look(site, names, server)
    site.behave(server, seconds=3.0)
    body = {"os-migrateLive": {"host": target, "block_migration": "auto"}}
    assert site.api.nova("POST", f"/servers/{server}/action", body).status == 202
    look.wait("running")
    assert look.host == source and not look.listed_on(target)
    assert look.held() == {target: 1} and look.held(look.record["uuid"]) == {source: 1}
    look.wait("completed")
    assert look.host == target and look.listed_on(target)
    site.wait("the source's room is free", lambda: look.held(look.record["uuid"]) == {})


def test_a_resize_is_at_its_source_until_the_disk_is_copied(site: Site, names: dict[str, str], boot: Boot) -> None:
    source = site.hosts[0]
    server = boot(source)
    look = Look(site, names, server)
    site.behave(server, seconds=3.0)
    site.resize(server)
    look.wait_for_states("active", "resize_migrating")
    record = look.record
    assert (record["migration_type"], record["status"]) == ("resize", "migrating")
    assert look.host == source and not look.listed_on(record["dest_compute"])
    assert look.held() == {record["dest_compute"]: 2} and look.held(record["uuid"]) == {source: 1}
    look.wait_for_states("resized", None)
    assert look.host == record["dest_compute"] and look.record["status"] == "finished"
    assert look.held(record["uuid"]) == {source: 1}


def test_what_is_reverted_arrives_where_it_came_from(site: Site, names: dict[str, str], boot: Boot) -> None:
    source = site.hosts[0]
    server = boot(source)
    look = Look(site, names, server)
    site.resize(server)
    look.wait_for_states("resized", None)
    assert site.api.nova("POST", f"/servers/{server}/action", {"revertResize": None}).status == 202
    look.wait("reverted")
    look.wait_for_states("active", None)
    assert look.host == source
    site.wait("its old room is all it has", lambda: look.held() == {source: 1})


def test_a_build_names_no_host_until_one_has_claimed_it(
    site: Site, names: dict[str, str], arriving: Take, held: Callable[[str], None]
) -> None:
    """Its nova-compute has not taken the order yet; the list of all servers has it, that of the host has not."""
    host = site.hosts[0]
    held(host)
    look = Look(site, names, arriving(site.build(host)))
    site.wait("Placement holds its room", lambda: look.held() == {host: 1})
    assert (look.host, look.states) == (None, ("building", "scheduling"))
    assert look.shown["status"] == "BUILD" and not look.listed_on(host)
    site.release(host)
    look.wait_for_states("building", "spawning")
    assert look.host == host and look.listed_on(host)
    look.wait_for_states("active", None)
    assert look.held() == {host: 1}


def test_a_build_that_fails_takes_another_host(site: Site, names: dict[str, str], arriving: Take) -> None:
    look = Look(site, names, arriving(site.rescheduled()))
    first = look.host
    assert first and set(look.held()) == {first}
    site.wait("another host", lambda: look.host not in (None, first))
    assert look.states == ("building", "spawning") and set(look.held()) == {look.host}
    look.wait_for_states("active", None)


def test_an_unshelving_names_no_host_until_one_has_claimed_it(
    site: Site, names: dict[str, str], arriving: Take, held: Callable[[str], None]
) -> None:
    host = site.hosts[1]
    server = arriving(site.shelved())
    look = Look(site, names, server)
    assert (look.host, look.held()) == (None, {})
    held(host)
    site.unshelve(server, host)
    site.wait("Placement holds its room", lambda: look.held() == {host: 1})
    assert (look.host, look.states) == (None, ("shelved_offloaded", "unshelving"))
    site.release(host)
    look.wait_for_states("shelved_offloaded", "spawning")
    site.wait("the claim", lambda: look.host == host)
    look.wait_for_states("active", None)
    assert look.record["status"] is None


def test_an_evacuation_names_its_dead_host_until_it_is_done(
    site: Site, names: dict[str, str], boot: Boot, held: Callable[[str], None]
) -> None:
    source, target = site.hosts[:2]
    server = boot(source)
    look = Look(site, names, server)
    held(source)
    site.evacuate(server, target)
    look.wait("pre-migrating")
    record = look.record
    assert (record["migration_type"], record["source_compute"], record["dest_compute"]) == (
        "evacuation",
        source,
        target,
    )
    assert look.host == source and not look.listed_on(target)
    assert look.held() == {source: 1, target: 1} and look.held(record["uuid"]) == {}
    look.wait("done")
    assert look.host == target
    look.wait_for_states("stopped", None)
    site.release(source)
    look.wait("completed")
    site.wait("the source's room is free", lambda: look.held() == {target: 1})
