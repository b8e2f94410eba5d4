# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers: which lists hold them, what is shown of them, who did what to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asks import ended_record, live, show
from sites import Answer, Site

Boot = Callable[..., str]


def test_servers_of_a_host(site: Site, boot: Boot) -> None:
    here, there = boot(site.hosts[0]), boot(site.hosts[1])
    listed = site.api.nova("GET", f"/servers/detail?all_tenants=1&host={site.hosts[0]}").body["servers"]
    keys = {server["id"] for server in listed}
    assert here in keys and there not in keys
    names = "id name status locked OS-EXT-SRV-ATTR:host OS-EXT-STS:vm_state OS-EXT-STS:task_state"
    assert set(names.split()) <= set(listed[0])


def servers(site: Site, query: str) -> dict[str, dict[str, Any]]:
    listed = site.api.nova("GET", f"/servers/detail?all_tenants=1&host={site.hosts[0]}{query}").body["servers"]
    return {server["id"]: server for server in listed}


def test_a_soft_deleted_server_is_listed_where_it_is_asked_for(site: Site, boot: Boot) -> None:
    """Any text after ``soft_deleted=`` asks for it; Placement and the hypervisor's servers hold it all the while."""
    gone, there = boot(site.hosts[0]), boot(site.hosts[0])
    site.soft_delete(gone)
    for query, listed in (
        ("", {there}),
        ("&deleted=false", {there}),
        ("&soft_deleted=", {there}),
        ("&soft_deleted=true", {gone, there}),
        ("&soft_deleted=false", {gone, there}),
        ("&deleted=true", {gone}),
        ("&deleted=true&soft_deleted=", set()),
    ):
        assert set(servers(site, query)) & {gone, there} == listed, query
    assert show(site, gone)["status"] == "SOFT_DELETED"
    hypervisors = site.api.nova("GET", "/os-hypervisors/detail?with_servers=true").body["hypervisors"]
    assert gone in [server["uuid"] for hypervisor in hypervisors for server in hypervisor.get("servers", [])]


def test_power_states(site: Site, boot: Boot) -> None:
    for state, power in (("active", 1), ("paused", 3), ("shutoff", 4)):
        server = boot(site.hosts[0], state)
        assert servers(site, "")[server]["OS-EXT-STS:power_state"] == power, state


def test_server_groups_end_with_an_empty_page(site: Site) -> None:
    answer = site.api.nova("GET", "/os-server-groups?all_projects=True&offset=1000")
    assert answer.status == 200 and answer.body == {"server_groups": []}


def test_actions_are_listed_the_newest_first(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    assert act(site, server, "os-stop").status == 202
    site.wait("it is stopped", lambda: show(site, server)["status"] == "SHUTOFF")
    assert act(site, server, "os-start").status == 202
    site.wait("it runs", lambda: show(site, server)["status"] == "ACTIVE")
    assert act(site, server, "os-start").status == 409
    assert live(site, server, site.hosts[1]).status == 202
    ended_record(site, server, "completed")
    actions = site.api.nova("GET", f"/servers/{server}/os-instance-actions").body["instanceActions"]
    assert [action["action"] for action in actions] == ["live-migration", "start", "stop", "create"]
    names = "action instance_uuid request_id user_id project_id start_time message updated_at"
    assert all(set(names.split()) <= set(action) and action["instance_uuid"] == server for action in actions)
    assert len({action["user_id"] for action in actions[:3]}) == 1


def act(site: Site, server: str, action: str) -> Answer:
    return site.api.nova("POST", f"/servers/{server}/action", {action: None})
