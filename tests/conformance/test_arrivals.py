# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers on their way to a host: what lists them, what Placement holds for them, and which host Nova names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.sites import Site

Boot = Callable[..., str]
Take = Callable[[str], str]


@pytest.fixture(scope="module")
def names(site: Site) -> dict[str, str]:
    """Return the host of each resource provider."""
    listed = site.api.nova("GET", "/os-hypervisors/detail").body["hypervisors"]
    return {hypervisor["id"]: hypervisor["service"]["host"] for hypervisor in listed}


class Observation:
    """What the APIs say of a server at this moment."""

    def __init__(self, site: Site, names: dict[str, str], server: str) -> None:
        self._site, self._names, self._server = site, names, server

    @property
    def view(self) -> dict[str, Any]:
        return dict(self._site.api.nova("GET", f"/servers/{self._server}").body["server"])

    @property
    def host(self) -> str | None:
        return self.view["OS-EXT-SRV-ATTR:host"]

    @property
    def states(self) -> tuple[str, str | None]:
        view = self.view
        return view["OS-EXT-STS:vm_state"], view["OS-EXT-STS:task_state"]

    @property
    def record(self) -> dict[str, Any]:
        listed = self._site.api.nova("GET", f"/os-migrations?instance_uuid={self._server}").body["migrations"]
        return dict(listed[0]) if listed else {"status": None}

    def held(self, consumer: str | None = None) -> dict[str, int]:
        """Return the vCPUs that Placement holds for the server, or for another consumer, by host."""
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
    observed = Observation(site, names, server)
    site.behave(server, seconds=3.0)
    body = {"os-migrateLive": {"host": target, "block_migration": "auto"}}
    assert site.api.nova("POST", f"/servers/{server}/action", body).status == 202
    observed.wait("running")
    assert observed.host == source and not observed.listed_on(target)
    assert observed.held() == {target: 1} and observed.held(observed.record["uuid"]) == {source: 1}
    observed.wait("completed")
    assert observed.host == target and observed.listed_on(target)
    site.wait("the source's allocation is freed", lambda: observed.held(observed.record["uuid"]) == {})


def test_a_resize_is_at_its_source_until_the_disk_is_copied(site: Site, names: dict[str, str], boot: Boot) -> None:
    source = site.hosts[0]
    server = boot(source)
    observed = Observation(site, names, server)
    site.behave(server, seconds=3.0)
    site.resize(server)
    observed.wait_for_states("active", "resize_migrating")
    record = observed.record
    assert (record["migration_type"], record["status"]) == ("resize", "migrating")
    assert observed.host == source and not observed.listed_on(record["dest_compute"])
    assert observed.held() == {record["dest_compute"]: 2} and observed.held(record["uuid"]) == {source: 1}
    observed.wait_for_states("resized", None)
    assert observed.host == record["dest_compute"] and observed.record["status"] == "finished"
    assert observed.held(record["uuid"]) == {source: 1}


def test_what_is_reverted_arrives_where_it_came_from(site: Site, names: dict[str, str], boot: Boot) -> None:
    source = site.hosts[0]
    server = boot(source)
    observed = Observation(site, names, server)
    site.resize(server)
    observed.wait_for_states("resized", None)
    assert site.api.nova("POST", f"/servers/{server}/action", {"revertResize": None}).status == 202
    observed.wait("reverted")
    observed.wait_for_states("active", None)
    assert observed.host == source
    site.wait("its old allocation is all it has", lambda: observed.held() == {source: 1})


def test_a_build_names_no_host_until_one_has_claimed_it(
    site: Site, names: dict[str, str], arriving: Take, held: Callable[[str], None]
) -> None:
    """Its nova-compute has not taken the order yet; the list of all servers has it, that of the host has not."""
    host = site.hosts[0]
    held(host)
    observed = Observation(site, names, arriving(site.build(host)))
    site.wait("Placement holds its allocation", lambda: observed.held() == {host: 1})
    assert (observed.host, observed.states) == (None, ("building", "scheduling"))
    assert observed.view["status"] == "BUILD" and not observed.listed_on(host)
    site.release(host)
    observed.wait_for_states("building", "spawning")
    assert observed.host == host and observed.listed_on(host)
    site.let_spawn()
    observed.wait_for_states("active", None)
    assert observed.held() == {host: 1}


def test_a_build_that_fails_takes_another_host(site: Site, names: dict[str, str], arriving: Take) -> None:
    observed = Observation(site, names, arriving(site.rescheduled()))
    first = observed.host
    assert first and set(observed.held()) == {first}
    site.let_fail(first)
    site.wait("another host", lambda: observed.host not in (None, first))
    observed.wait_for_states("building", "spawning")
    assert set(observed.held()) == {observed.host}
    site.let_spawn()
    observed.wait_for_states("active", None)


def test_an_unshelving_names_no_host_until_one_has_claimed_it(
    site: Site, names: dict[str, str], arriving: Take, held: Callable[[str], None]
) -> None:
    host = site.hosts[1]
    server = arriving(site.shelved())
    observed = Observation(site, names, server)
    assert (observed.host, observed.held()) == (None, {})
    held(host)
    site.unshelve(server, host)
    site.wait("Placement holds its allocation", lambda: observed.held() == {host: 1})
    assert (observed.host, observed.states) == (None, ("shelved_offloaded", "unshelving"))
    site.release(host)
    observed.wait_for_states("shelved_offloaded", "spawning")
    site.wait("the claim", lambda: observed.host == host)
    site.let_spawn()
    observed.wait_for_states("active", None)
    assert observed.record["status"] is None


def test_an_evacuation_names_its_dead_host_until_it_is_done(
    site: Site, names: dict[str, str], boot: Boot, held: Callable[[str], None]
) -> None:
    source, target = site.hosts[:2]
    server = boot(source)
    observed = Observation(site, names, server)
    held(source)
    site.evacuate(server, target)
    observed.wait("pre-migrating")
    record = observed.record
    assert (record["migration_type"], record["source_compute"], record["dest_compute"]) == (
        "evacuation",
        source,
        target,
    )
    assert observed.host == source and not observed.listed_on(target)
    assert observed.held() == {source: 1, target: 1} and observed.held(record["uuid"]) == {}
    site.let_spawn()
    observed.wait("done")
    assert observed.host == target
    observed.wait_for_states("stopped", None)
    site.release(source)
    observed.wait("completed")
    site.wait("the source's allocation is freed", lambda: observed.held() == {target: 1})
