# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A cell whose database is away looks like empty hosts in a filtered list, and like broken servers in any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ground import Ground
from real_site import RealSite
from sites import PREFIX

PARTIAL = {"id", "status", "tenant_id", "created", "links"}


def servers(site: RealSite, query: str = "", version: str = "2.73") -> dict[str, dict[str, Any]]:
    answer = site.api.nova("GET", f"/servers/detail?all_tenants=1{query}", version=version)
    assert answer.status == 200
    return {server["id"]: server for server in answer.body["servers"]}


def services(site: RealSite, version: str = "2.73") -> dict[str, dict[str, Any]]:
    answer = site.api.nova("GET", "/os-services?binary=nova-compute", version=version)
    assert answer.status == 200
    return {service["host"]: service for service in answer.body["services"]}


@pytest.mark.parametrize("action", ["os-migrateLive", "migrate"])
def test_a_host_of_another_cell_is_no_target(
    site: RealSite, ground: Ground, boot: Callable[..., str], action: str
) -> None:
    ground.needs("cell2-hosts")
    near, far = ground.settings["hosts"][0], ground.settings["hosts"][-1]
    for source, target in ((near, far), (far, near)):
        options = {"host": target} | ({"block_migration": "auto"} if action == "os-migrateLive" else {})
        answer = site.api.nova("POST", f"/servers/{boot(source)}/action", {action: options})
        assert (answer.status, answer.kind) == (400, "badRequest")
        assert answer.body["badRequest"]["message"] == f"Compute host {target} could not be found."


@pytest.fixture(scope="module")
def far(site: RealSite, ground: Ground) -> Iterator[dict[str, str]]:
    """A server in each cell and an aggregate of both hosts; then the second cell is down, until the tests are over."""
    ground.needs("cell2-hosts")
    hosts = {"near": ground.settings["hosts"][0], "far": ground.settings["hosts"][-1]}
    keys = {name: site.boot(host) for name, host in hosts.items()}
    service = services(site)[hosts["far"]]["id"]
    ground.run("cell-down", "cell2")
    yield {"host": hosts["far"], "server": keys["far"], "near": keys["near"], "service": service}
    ground.run("cell-up", "cell2")
    site.wait("the far host is up again", lambda: services(site)[hosts["far"]].get("state") == "up")
    assert servers(site, f"&host={hosts['far']}")[keys["far"]]["status"] == "ACTIVE"
    for key in keys.values():
        site.delete(key)


def test_its_host_looks_empty(site: RealSite, far: dict[str, str]) -> None:
    """Any filter beside all_tenants hides the partial servers, and the answer is a 200 all the same."""
    assert servers(site, f"&host={far['host']}") == {}
    assert far["server"] not in servers(site, "&status=ACTIVE")
    assert far["near"] in servers(site, "&status=ACTIVE")
    for query in ("", f"?host={far['host']}", f"?instance_uuid={far['server']}"):
        assert site.api.nova("GET", f"/os-migrations{query}").status == 200


def test_its_servers_are_partial_in_whole_lists(site: RealSite, far: dict[str, str]) -> None:
    listed = servers(site)
    assert set(listed[far["server"]]) == PARTIAL and listed[far["server"]]["status"] == "UNKNOWN"
    assert listed[far["near"]]["name"].startswith(PREFIX)


def test_before_2_69_its_servers_are_not_there_at_all(site: RealSite, far: dict[str, str]) -> None:
    listed = servers(site, version="2.68")
    assert far["server"] not in listed and far["near"] in listed


def test_a_page_leaves_its_servers_out(site: RealSite, far: dict[str, str]) -> None:
    """A limit is no filter, but the pages hold none of them either."""
    assert far["server"] not in servers(site, "&limit=1000")


def test_one_of_its_servers_is_shown_in_part(site: RealSite, far: dict[str, str]) -> None:
    answer = site.api.nova("GET", f"/servers/{far['server']}")
    server = answer.body["server"]
    assert (answer.status, server["status"]) == (200, "UNKNOWN")
    assert not {"name", "OS-EXT-SRV-ATTR:host", "OS-EXT-STS:task_state"}.intersection(server)
    assert site.api.nova("GET", f"/servers/{far['server']}", version="2.68").status == 500


@pytest.mark.parametrize("path", ["os-instance-actions", "migrations"])
def test_what_belongs_to_one_of_its_servers_is_an_error(site: RealSite, far: dict[str, str], path: str) -> None:
    answer = site.api.nova("GET", f"/servers/{far['server']}/{path}")
    assert (answer.status, answer.kind) == (500, "computeFault")


def test_its_servers_cannot_be_moved(site: RealSite, far: dict[str, str]) -> None:
    body = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
    answer = site.api.nova("POST", f"/servers/{far['server']}/action", body)
    assert (answer.status, answer.kind) == (500, "computeFault")


def test_its_services_are_unknown_and_have_no_id(site: RealSite, far: dict[str, str]) -> None:
    service = services(site)[far["host"]]
    assert (service["status"], set(service)) == ("UNKNOWN", {"binary", "host", "status"})
    assert far["host"] not in services(site, "2.68")


def test_its_services_cannot_be_changed(site: RealSite, far: dict[str, str]) -> None:
    answer = site.api.nova("PUT", f"/os-services/{far['service']}", {"status": "enabled"})
    assert (answer.status, answer.kind) == (500, "computeFault")


def test_the_hypervisors_of_the_whole_cloud_are_an_error(site: RealSite, far: dict[str, str]) -> None:
    """Nova asks one cell after the other here, and skips none."""
    for query in ("", "?with_servers=true", f"?hypervisor_hostname_pattern={far['host']}"):
        answer = site.api.nova("GET", f"/os-hypervisors/detail{query}")
        assert (answer.status, answer.kind) == (500, "computeFault")


def test_placement_still_knows_what_is_there(site: RealSite, far: dict[str, str]) -> None:
    (provider,) = site.api.placement("GET", f"/resource_providers?name={far['host']}").body["resource_providers"]
    path = f"/resource_providers/{provider['uuid']}/allocations"
    assert far["server"] in site.api.placement("GET", path).body["allocations"]


def test_aggregates_are_there_but_its_hosts_cannot_join(
    site: RealSite, far: dict[str, str], aggregate: Callable[..., int]
) -> None:
    key = aggregate("cells")
    answer = site.api.nova("POST", f"/os-aggregates/{key}/action", {"add_host": {"host": far["host"]}})
    assert (answer.status, answer.kind) == (500, "computeFault")
    assert key in [listed["id"] for listed in site.api.nova("GET", "/os-aggregates").body["aggregates"]]
