# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A cell whose database is away. What Nova 34 answers then was seen by running its API with an unreachable cell."""

from __future__ import annotations

from typing import Any

import pytest
from fake.cloud import FakeCloud
from fake.model import Guest
from sites import Api


@pytest.fixture
def lost(cloud: FakeCloud) -> Guest:
    """Return a server of the cell that is away; another server is in a cell that answers."""
    guest = cloud.boot("lost", "cmp01")
    cloud.boot("there", "cmp02")
    cloud.cell_down("cmp01")
    return guest


def servers(api: Api, query: str = "", version: str = "2.73") -> list[dict[str, Any]]:
    return list(api.nova("GET", f"/servers/detail?all_tenants=1{query}", version=version).body["servers"])


@pytest.mark.parametrize("query", ["&limit=10", "&host=cmp01", "&soft_deleted=true"])
def test_a_filtered_list_leaves_its_servers_out(api: Api, lost: Guest, query: str) -> None:
    assert lost.id not in [server["id"] for server in servers(api, query)]


def test_the_whole_list_shows_them_in_part_from_2_69_on(api: Api, lost: Guest) -> None:
    partial = next(server for server in servers(api) if server["id"] == lost.id)
    assert set(partial) == {"id", "status", "tenant_id", "created", "links"} and partial["status"] == "UNKNOWN"
    assert [server["name"] for server in servers(api, version="2.68")] == ["there"]


def test_one_server_is_shown_in_part(api: Api, lost: Guest) -> None:
    answer = api.nova("GET", f"/servers/{lost.id}")
    assert answer.status == 200 and answer.body["server"]["status"] == "UNKNOWN"
    assert "name" not in answer.body["server"] and answer.body["server"]["flavor"]["vcpus"] == 1
    assert api.nova("GET", f"/servers/{lost.id}", version="2.68").status == 500


def test_its_services_are_partial(api: Api, lost: Guest) -> None:
    (service,) = api.nova("GET", "/os-services?binary=nova-compute&host=cmp01").body["services"]
    assert service == {"binary": "nova-compute", "host": "cmp01", "status": "UNKNOWN"}
    assert api.nova("GET", "/os-services?host=cmp01", version="2.68").body["services"] == []


def test_what_needs_the_cell_itself_is_an_error(cloud: FakeCloud, api: Api, lost: Guest) -> None:
    cloud.group("group", "anti-affinity", lost)
    service = cloud.world.hosts["cmp01"].service_id
    assert api.nova("PUT", f"/os-services/{service}", {"status": "disabled"}).status == 500
    assert api.nova("POST", f"/servers/{lost.id}/action", {"os-stop": None}).status == 500
    for path in (f"/servers/{lost.id}/migrations", f"/servers/{lost.id}/os-instance-actions"):
        assert api.nova("GET", path).status == 500
    for path in ("/os-hypervisors/detail", "/os-server-groups?all_projects=True"):
        assert api.nova("GET", path).status == 500
    assert api.nova("GET", "/os-aggregates").status == 200


def test_records_are_left_out_and_moves_stand_still(cloud: FakeCloud, api: Api, lost: Guest) -> None:
    cloud.cell_up("cmp01")
    cloud.move(lost, "cmp02")
    cloud.cell_down("cmp01")
    cloud.clock.sleep(60.0)
    assert api.nova("GET", "/os-migrations").body["migrations"] == []
    cloud.cell_up("cmp01")
    (record,) = api.nova("GET", "/os-migrations").body["migrations"]
    assert record["status"] == "accepted"
    cloud.clock.sleep(10.0)
    assert lost.host == "cmp02"


def test_placement_knows_of_no_cells(api: Api, cloud: FakeCloud, lost: Guest) -> None:
    path = f"/resource_providers/{cloud.world.hosts['cmp01'].provider}/allocations"
    assert set(api.placement("GET", path).body["allocations"]) == {lost.id}


def test_a_build_is_in_the_cell_that_it_was_sent_to(api: Api, cloud: FakeCloud, lost: Guest) -> None:
    build = cloud.build("new", "cmp01")
    cloud.clock.sleep(60.0)
    assert build.host == "" and build.id in [server["id"] for server in servers(api)]
    assert build.id not in [server["id"] for server in servers(api, "&host=cmp01")]
