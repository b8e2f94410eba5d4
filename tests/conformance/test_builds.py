# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers that are built on a chosen host, found by their tag among those of our own project, and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.asks import show
from tests.conformance.sites import PREFIX, Site

TAG = "stackops:canary:20261121T100000Z-0a1b2c3d"
VERSION = "2.74"


def build(site: Site, host: str) -> Any:
    image = site.api.glance("/v2/images?visibility=public").body["images"][0]["id"]
    flavors = site.api.nova("GET", "/flavors?is_public=None", version=VERSION).body["flavors"]
    flavor = next(flavor["id"] for flavor in flavors if flavor["name"] == "tiny")
    server = {"name": f"{PREFIX}canary", "imageRef": image, "flavorRef": flavor, "networks": "none", "tags": [TAG]}
    return site.api.nova("POST", "/servers", {"server": {**server, "description": "x", "host": host}}, VERSION)


def tagged(site: Site) -> list[dict[str, Any]]:
    """The servers of our own project with the tag."""
    return list(site.api.nova("GET", f"/servers/detail?tags={TAG}", version=VERSION).body["servers"])


@pytest.fixture
def swept(site: Site) -> Iterator[None]:
    yield
    for server in tagged(site):
        site.api.nova("DELETE", f"/servers/{server['id']}")
    site.wait("the servers are gone", lambda: not tagged(site))


@pytest.mark.usefixtures("swept")
def test_a_server_is_built_on_a_chosen_host_and_found_by_its_tag(site: Site) -> None:
    made = build(site, site.hosts[1])
    assert made.status == 202
    key = made.body["server"]["id"]
    site.wait("it is built", lambda: show(site, key)["status"] == "ACTIVE")
    (server,) = tagged(site)
    assert (server["id"], server["OS-EXT-SRV-ATTR:host"], server["tags"]) == (key, site.hosts[1], [TAG])
    assert site.api.nova("GET", "/servers/detail?tags=none").body["servers"] == []
    assert site.api.nova("DELETE", f"/servers/{key}").status == 204
    site.wait("it is gone", lambda: site.api.nova("GET", f"/servers/{key}").status == 404)
    assert site.api.nova("DELETE", f"/servers/{key}").status == 404


@pytest.mark.usefixtures("swept")
def test_nothing_is_built_on_a_host_that_is_disabled(site: Site) -> None:
    """Not even for an administrator who names it: so what tries a host that is out of service is built elsewhere."""
    host = site.hosts[2]
    listed = site.api.nova("GET", f"/os-services?binary=nova-compute&host={host}").body["services"]
    path = f"/os-services/{listed[0]['id']}"
    site.api.nova("PUT", path, {"status": "disabled", "disabled_reason": "conformance"})
    try:
        made = build(site, host)
        assert made.status == 202
        key = made.body["server"]["id"]
        site.wait("it failed", lambda: show(site, key)["status"] == "ERROR")
        server = show(site, key)
        assert (server["OS-EXT-SRV-ATTR:host"], server["OS-EXT-STS:vm_state"]) == (None, "error")
        assert "No valid host was found" in server["fault"]["message"]
    finally:
        site.api.nova("PUT", path, {"status": "enabled"})


@pytest.mark.usefixtures("swept")
def test_a_server_moves_to_a_host_that_is_disabled_and_is_built_anew_there(site: Site) -> None:
    """Up to 2.67 the scheduler need not be asked, and a rebuild from the same image never asks it."""
    host = site.hosts[2]
    key = build(site, site.hosts[1]).body["server"]["id"]
    site.wait("it is built", lambda: show(site, key)["status"] == "ACTIVE")
    listed = site.api.nova("GET", f"/os-services?binary=nova-compute&host={host}").body["services"]
    path, action = f"/os-services/{listed[0]['id']}", f"/servers/{key}/action"
    move = {"os-migrateLive": {"host": host, "block_migration": "auto", "force": True}}
    assert site.api.nova("POST", action, move, "2.68").status == 400
    site.api.nova("PUT", path, {"status": "disabled", "disabled_reason": "conformance"})
    try:
        assert site.api.nova("POST", action, move, "2.67").status == 202
        site.wait("it is there", lambda: show(site, key)["OS-EXT-SRV-ATTR:host"] == host)
        site.wait("it rests", lambda: show(site, key)["OS-EXT-STS:task_state"] is None)
        before = show(site, key)
        assert site.api.nova("POST", action, {"rebuild": {"imageRef": before["image"]["id"]}}, VERSION).status == 202
        assert show(site, key)["OS-EXT-STS:task_state"] == "rebuilding"
        site.wait("it is built anew", lambda: show(site, key)["OS-EXT-STS:task_state"] is None)
        after = show(site, key)
        assert (after["status"], after["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", host)
        assert after["OS-SRV-USG:launched_at"] > before["OS-SRV-USG:launched_at"]
    finally:
        site.api.nova("PUT", path, {"status": "enabled"})


def test_the_host_came_with_a_microversion(site: Site) -> None:
    image = site.api.glance("/v2/images?visibility=public").body["images"][0]["id"]
    server = {"name": f"{PREFIX}early", "imageRef": image, "flavorRef": "1", "networks": "none", "host": site.hosts[0]}
    refused = site.api.nova("POST", "/servers", {"server": server}, "2.73")
    assert (refused.status, refused.kind) == (400, "badRequest")


def test_a_host_that_there_is_not_is_refused(site: Site) -> None:
    refused = build(site, "nowhere")
    assert (refused.status, refused.kind) == (400, "badRequest")
