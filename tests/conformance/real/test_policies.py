# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""An account with the rights that the collection asks for; and what Nova does, silently or not, when one is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conformance.ground import Ground
from tests.conformance.real_site import RealSite
from tests.conformance.sites import Api

Boot = Callable[..., str]
Withhold = Callable[..., None]


@pytest.fixture
def operator(ground: Ground) -> Api:
    return ground.api("embedded-roll")


@pytest.fixture
def withhold(ground: Ground) -> Iterator[Withhold]:
    """Takes policies from operators; they have all of them again after the test."""
    yield ground.withhold
    ground.withhold()


def ids(api: Api, path: str) -> set[str]:
    answer = api.nova("GET", path)
    assert answer.status == 200, answer.body
    return {server["id"] for server in answer.body["servers"]}


def migrate(site: RealSite, api: Api, server: str, host: str) -> dict[str, Any]:
    """Live migrate a server as that user; its record, as an administrator sees it, when it is completed."""
    body = {"os-migrateLive": {"host": host, "block_migration": "auto"}}
    assert api.nova("POST", f"/servers/{server}/action", body).status == 202

    def completed() -> dict[str, Any] | None:
        records = site.api.nova("GET", f"/os-migrations?instance_uuid={server}").body["migrations"]
        return records[0] if records and records[0]["status"] == "completed" else None

    return dict(site.wait("the migration is completed", completed))


def test_an_operator_can_do_a_maintenance(site: RealSite, operator: Api, boot: Boot, service: dict[str, Any]) -> None:
    """The server is another project's."""
    server = boot(site.hosts[1])
    for status in ("disabled", "enabled"):
        assert operator.nova("PUT", f"/os-services/{service['id']}", {"status": status}).status == 200
    assert ids(operator, f"/servers/detail?all_tenants=1&host={site.hosts[1]}") == {server}
    migrate(site, operator, server, site.hosts[0])
    view = operator.nova("GET", f"/servers/{server}").body["server"]
    assert view["OS-EXT-SRV-ATTR:host"] == site.hosts[0]
    (record,) = operator.nova("GET", f"/os-migrations?instance_uuid={server}").body["migrations"]
    assert record["source_compute"] == site.hosts[1]
    for path in (f"/servers/{server}/os-instance-actions", "/os-hypervisors/detail?with_servers=true"):
        assert operator.nova("GET", path).status == 200
    assert operator.placement("GET", "/allocation_candidates?resources=VCPU:1").status == 200


@pytest.mark.parametrize("path", ["/os-quota-sets/any", "/os-hypervisors/statistics", "/os-instance_usage_audit_log"])
def test_an_operator_can_look_at_nothing_else(operator: Api, path: str) -> None:
    assert operator.nova("GET", path, version="2.87").status == 403


def test_an_operator_deletes_servers_of_its_own_project_alone(operator: Api, site: RealSite, boot: Boot) -> None:
    """Its canaries are there; that of no tenant is one."""
    assert operator.nova("DELETE", f"/servers/{boot(site.hosts[0])}").status == 403
    assert operator.placement("GET", "/resource_classes").status == 403


def test_without_allow_all_filters_the_host_is_not_filtered_for(
    site: RealSite, operator: Api, boot: Boot, withhold: Withhold
) -> None:
    here, there = boot(site.hosts[0]), boot(site.hosts[1])
    path = f"/servers/detail?all_tenants=1&host={site.hosts[0]}"
    assert ids(operator, path) == {here}
    withhold("os_compute_api:servers:allow_all_filters")
    assert ids(operator, path) == {here, there}
    assert ids(site.api, path) == {here}


def test_without_extended_attributes_servers_have_no_host(
    site: RealSite, operator: Api, boot: Boot, withhold: Withhold
) -> None:
    server = boot(site.hosts[0])
    withhold("os_compute_api:os-extended-server-attributes")
    view = operator.nova("GET", f"/servers/{server}").body["server"]
    assert not [key for key in view if key.startswith("OS-EXT-SRV-ATTR:")]
    assert view["OS-EXT-STS:vm_state"] == "active"


def test_without_index_host_records_have_no_hosts(
    site: RealSite, operator: Api, boot: Boot, withhold: Withhold
) -> None:
    server = boot(site.hosts[0])
    migrate(site, site.api, server, site.hosts[1])
    path = f"/os-migrations?source_compute={site.hosts[0]}&instance_uuid={server}"
    (migration,) = operator.nova("GET", path).body["migrations"]
    withhold("os_compute_api:os-migrations:index:host")
    (record,) = operator.nova("GET", path).body["migrations"]  # the filter holds all the same
    assert (migration["source_compute"], migration["dest_compute"]) == (site.hosts[0], site.hosts[1])
    assert (record["source_compute"], record["dest_compute"]) == (None, None)
    assert record["status"] == migration["status"] == "completed"


def test_without_extra_specs_flavors_have_none(site: RealSite, operator: Api, boot: Boot, withhold: Withhold) -> None:
    server = boot(site.hosts[0])
    assert operator.nova("GET", f"/servers/{server}").body["server"]["flavor"]["extra_specs"] == {}
    withhold("os_compute_api:servers:show:flavor-extra-specs")
    assert "extra_specs" not in operator.nova("GET", f"/servers/{server}").body["server"]["flavor"]


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ("os_compute_api:servers:detail:get_all_tenants", "/servers/detail?all_tenants=1"),
        ("os_compute_api:os-migrations:index:all_projects", "/os-migrations"),
        ("os_compute_api:os-server-groups:index:all_projects", "/os-server-groups?all_projects=1"),
        ("os_compute_api:os-services:list", "/os-services"),
    ],
)
def test_what_is_refused_aloud(operator: Api, withhold: Withhold, policy: str, path: str) -> None:
    withhold(policy)
    answer = operator.nova("GET", path)
    assert answer.status == 403 and policy in answer.body["forbidden"]["message"]


def test_placement_refuses_aloud(operator: Api, withhold: Withhold) -> None:
    withhold("placement:traits:list")
    assert operator.placement("GET", "/traits").status == 403
    assert operator.placement("GET", "/resource_providers").status == 200
