# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What an account sees that lacks a right, for Nova does not report it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts.table import ADMINISTRATOR
from tests.conformance.sites import Api
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.policies import ALL_FILTERS, EXTENDED_ATTRIBUTES, EXTRA_SPECS, PROGRESS_HOSTS, RECORD_HOSTS


@pytest.fixture
def limited(cloud: FakeCloud) -> Api:
    """Return an API as an administrator who lacks rights; those of ``api`` stay whole."""
    return Api(cloud.session(), cloud.auth("nova"))


def names(api: Api, query: str) -> list[str]:
    listed = api.nova("GET", f"/servers/detail?all_tenants=1&{query}").body["servers"]
    return [server["name"] for server in listed]


def test_filters_are_dropped(cloud: FakeCloud, api: Api, limited: Api) -> None:
    cloud.boot("here", "cmp01")
    cloud.boot("there", "cmp02")
    cloud.boot("gone", "cmp01", "soft-delete")
    cloud.policies.deny(ALL_FILTERS, user="nova")
    assert names(api, "host=cmp01") == ["here"] and names(limited, "host=cmp01") == ["here", "there"]
    assert "gone" in names(api, "soft_deleted=true") and "gone" not in names(limited, "soft_deleted=true")
    assert len(names(limited, "host=cmp01&limit=1")) == 1


def test_a_dropped_filter_shows_the_servers_of_a_cell_that_is_away(cloud: FakeCloud, api: Api, limited: Api) -> None:
    cloud.boot("here", "cmp01")
    cloud.cell_down("cmp01")
    cloud.policies.deny(ALL_FILTERS, user="nova")
    path = "/servers/detail?all_tenants=1&host=cmp01"
    assert api.nova("GET", path).body["servers"] == []
    assert [server["status"] for server in limited.nova("GET", path).body["servers"]] == ["UNKNOWN"]


def test_the_host_of_a_server_is_left_out(cloud: FakeCloud, api: Api, limited: Api) -> None:
    guest = cloud.boot("here", "cmp01")
    cloud.policies.deny(EXTENDED_ATTRIBUTES, user="nova")
    path = f"/servers/{guest.id}"
    assert api.nova("GET", path).body["server"]["OS-EXT-SRV-ATTR:host"] == "cmp01"
    assert "OS-EXT-SRV-ATTR:host" not in limited.nova("GET", path).body["server"]
    assert names(limited, "host=cmp01") == ["here"] and names(limited, "host=cmp02") == []


def test_extra_specs_are_left_out(cloud: FakeCloud, limited: Api) -> None:
    guest = cloud.boot("here", "cmp01", extra_specs={"hw:cpu_policy": "dedicated"})
    cloud.policies.deny(EXTRA_SPECS, user="nova")
    assert "extra_specs" not in limited.nova("GET", f"/servers/{guest.id}").body["server"]["flavor"]


def test_hosts_of_records_are_null(cloud: FakeCloud, api: Api, limited: Api) -> None:
    guest = cloud.boot("here", "cmp01")
    cloud.move(guest, "cmp02")
    cloud.clock.sleep(1.0)
    cloud.policies.deny(RECORD_HOSTS, PROGRESS_HOSTS, user="nova")
    for path in ("/os-migrations?source_compute=cmp01", f"/servers/{guest.id}/migrations"):
        assert hosts(api, path) == [("cmp01", "cmp02")] and hosts(limited, path) == [(None, None)]


def test_other_servers_do_not_exist_for_whom_is_no_administrator(cloud: FakeCloud, api: Api, limited: Api) -> None:
    guest = cloud.boot("here", "cmp01")
    cloud.group("ha", "anti-affinity", guest)
    cloud.policies.deny(ADMINISTRATOR, user="nova")
    assert api.nova("GET", f"/servers/{guest.id}").status == 200
    assert limited.nova("GET", f"/servers/{guest.id}").status == 404
    assert names(limited, f"uuid={guest.id}") == ["here"]
    assert limited.nova("GET", "/os-server-groups?all_projects=True").body["server_groups"] == []


def hosts(api: Api, path: str) -> list[tuple[Any, Any]]:
    records = api.nova("GET", path).body["migrations"]
    return [(record["source_compute"], record["dest_compute"]) for record in records]
