# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Services, hypervisors, the old maintenance mode; and what every request has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sites import Site

MARK = "stackops:me:20261121T100000Z:migrate"


def put(site: Site, key: str, **values: Any) -> int:
    return site.api.nova("PUT", f"/os-services/{key}", values).status


def listed(site: Site) -> dict[str, Any]:
    services = site.api.nova("GET", f"/os-services?binary=nova-compute&host={site.hosts[0]}").body["services"]
    assert len(services) == 1
    return dict(services[0])


def test_a_service_is_shown_with_these_keys(site: Site) -> None:
    names = "id binary host zone status state updated_at disabled_reason forced_down"
    assert set(names.split()) <= set(listed(site))
    every = site.api.nova("GET", "/os-services").body["services"]
    assert {"nova-scheduler", "nova-conductor", "nova-compute"} <= {service["binary"] for service in every}


def test_disabling_and_enabling(site: Site, service: dict[str, Any]) -> None:
    assert put(site, service["id"], status="disabled", disabled_reason=MARK) == 200
    assert (listed(site)["status"], listed(site)["disabled_reason"]) == ("disabled", MARK)
    assert put(site, service["id"], status="disabled", disabled_reason="other") == 200
    assert listed(site)["disabled_reason"] == "other"
    assert put(site, service["id"], status="enabled") == 200
    assert (listed(site)["status"], listed(site)["disabled_reason"]) == ("enabled", None)


def test_a_reason_has_255_characters(site: Site, service: dict[str, Any]) -> None:
    assert put(site, service["id"], status="disabled", disabled_reason="x" * 255) == 200
    assert put(site, service["id"], status="disabled", disabled_reason="x" * 256) == 400
    assert put(site, service["id"], status="disabled", disabled_reason="") == 400


def test_what_cannot_be_put(site: Site, service: dict[str, Any]) -> None:
    assert put(site, service["id"]) == 400
    assert put(site, service["id"], status="enabled", disabled_reason="why") == 400
    assert put(site, service["id"], status="asleep") == 400
    assert put(site, "no-uuid", status="enabled") == 400
    assert put(site, "5eb9a65f-5d7a-5633-b275-ff68610102b0", status="enabled") == 404


def test_the_zone_of_a_service(site: Site, aggregate: Callable[..., int]) -> None:
    assert listed(site)["zone"] == "nova"
    aggregate("zoned", site.hosts[0], zone="az1")
    assert listed(site)["zone"] == "az1"


def test_the_heartbeat_goes_on(site: Site) -> None:
    before = listed(site)["updated_at"]
    site.wait("a later heartbeat", lambda: listed(site)["updated_at"] > before)


def test_hypervisors_with_their_servers(site: Site, boot: Callable[..., str]) -> None:
    server = boot(site.hosts[0])
    listed = site.api.nova("GET", "/os-hypervisors/detail?with_servers=true").body["hypervisors"]
    servers = {entry["service"]["host"]: [guest["uuid"] for guest in entry.get("servers", [])] for entry in listed}
    assert servers[site.hosts[0]] == [server] and servers[site.hosts[1]] == []
    plain = site.api.nova("GET", "/os-hypervisors/detail").body["hypervisors"]
    assert all("servers" not in entry and entry["host_ip"] for entry in plain)


def test_pages_of_hypervisors(site: Site) -> None:
    first = site.api.nova("GET", "/os-hypervisors/detail?limit=1").body
    (link,) = [link["href"] for link in first["hypervisors_links"] if link["rel"] == "next"]
    query = link.partition("?")[2]
    second = site.api.nova("GET", f"/os-hypervisors/detail?{query}").body
    assert first["hypervisors"][0]["id"] != second["hypervisors"][0]["id"]


def test_the_old_maintenance_mode(site: Site) -> None:
    host = site.hosts[0]
    for wanted, says in (("enable", "on_maintenance"), ("disable", "off_maintenance")):
        answer = site.api.nova("PUT", f"/os-hosts/{host}", {"maintenance_mode": wanted}, version="2.42")
        assert answer.status == 200 and answer.body["maintenance_mode"] == says
    assert site.api.nova("PUT", f"/os-hosts/{host}", {"maintenance_mode": "enable"}, version="2.43").status == 404
    assert site.api.nova("PUT", "/os-hosts/nowhere", {"maintenance_mode": "enable"}, version="2.42").status == 404


# -- every request

PATHS = [
    "/os-aggregates",
    "/os-services",
    "/os-hypervisors/detail",
    "/os-migrations",
    "/servers/detail?all_tenants=1",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_plain_user_is_refused(site: Site, path: str) -> None:
    refused = site.plain.nova("GET", path)
    assert (refused.status, refused.kind) == (403, "forbidden")
    assert "Policy doesn't allow" in refused.body["forbidden"]["message"]


@pytest.mark.parametrize("path", ["/traits", "/allocation_candidates?resources=MEMORY_MB:1"])
def test_a_plain_user_is_refused_by_placement(site: Site, path: str) -> None:
    refused = site.plain.placement("GET", path)
    assert refused.status == 403 and refused.body["errors"][0]["status"] == 403


def test_a_microversion_that_is_not_there(site: Site) -> None:
    nova = site.api.nova("GET", "/os-aggregates", version="2.999")
    assert (nova.status, nova.kind) == (406, "computeFault")
    placement = site.api.placement("GET", "/traits", version="1.999")
    assert placement.status == 406 and placement.body["errors"][0]["status"] == 406


def test_the_newest_microversion_is_told(site: Site) -> None:
    assert site.api.nova("GET", "/").body["version"]["version"].startswith("2.")
    assert site.api.placement("GET", "/").body["versions"][0]["max_version"].startswith("1.")


def test_every_answer_of_nova_has_a_number(site: Site) -> None:
    """And a date, unless uWSGI serves it: see real/test_dates.py."""
    for path in ("/os-services", "/os-aggregates/999999"):
        headers = site.api.nova("GET", path).headers
        assert headers.get("Date", " GMT").endswith(" GMT")
        assert headers["x-openstack-request-id"].startswith("req-")
    assert "x-openstack-request-id" in site.api.placement("GET", "/traits").headers
