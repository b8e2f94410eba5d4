# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Requests to Nova that are not like the others."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack import pages
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import Cloud

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.wire import Reply, Request


def test_server_groups_end_with_an_empty_page(cloud: FakeCloud) -> None:
    guest = cloud.boot("web", "cmp01")
    for number in range(3):
        cloud.group(f"group{number}", "anti-affinity", guest)
    assert len(cloud.connect().nova.groups()) == 3
    assert [request.query["offset"] for request in cloud.asked("GET", "server-groups")] == ["0", "3"]


# -- pages without an end

SERVER = {
    "id": "x",
    "name": "web",
    "status": "ACTIVE",
    "OS-EXT-STS:vm_state": "active",
    "OS-EXT-SRV-ATTR:host": "cmp01",
    "flavor": {"extra_specs": {}},
    "image": "",
}
GROUP = {"id": "g", "name": "apart", "policy": "affinity", "members": []}
IMAGE = {"id": "i", "name": "debian", "status": "active", "visibility": "public", "owner": "o"}
NEXT = [{"rel": "next", "href": "http://compute.test/v2.1/servers/detail?marker=x"}]
ENDLESS: dict[str, tuple[str, dict[str, Any], Callable[[Cloud], object]]] = {
    "the same page": (
        "servers/detail",
        {"servers": [SERVER], "servers_links": NEXT},
        lambda cloud: cloud.nova.servers(),
    ),
    "an empty page": ("servers/detail", {"servers": [], "servers_links": NEXT}, lambda cloud: cloud.nova.servers()),
    "a link without a marker": (
        "servers/detail",
        {"servers": [SERVER], "servers_links": [{"rel": "next", "href": "http://[no"}]},
        lambda cloud: cloud.nova.servers(),
    ),
    "an offset that counts for nothing": (
        "os-server-groups",
        {"server_groups": [GROUP]},
        lambda cloud: cloud.nova.groups(),
    ),
    "images": (
        "v2/images",
        {"images": [IMAGE], "next": "/v2/images?marker=i"},
        lambda cloud: cloud.glance.candidates(["debian"]),
    ),
    "no image": (
        "v2/images",
        {"images": [], "next": "/v2/images?marker=i"},
        lambda cloud: cloud.glance.candidates(["debian"]),
    ),
}


@pytest.mark.parametrize(("path", "page", "read"), ENDLESS.values(), ids=ENDLESS)
def test_pages_that_repeat_are_an_error(
    cloud: FakeCloud, path: str, page: dict[str, Any], read: Callable[[Cloud], object]
) -> None:
    cloud.faults.plant(status(200, page), path=path, times=1000)
    with pytest.raises(CloudError, match=r"answers GET \S+ have no end, for after \d .* follow: run again"):
        read(cloud.connect())
    assert len(cloud.asked(path=path)) <= 2


def test_pages_that_go_round_are_an_error(cloud: FakeCloud) -> None:
    def round_and_round(request: Request) -> Reply:
        other = "b" if request.query.get("marker") == "a" else "a"
        links = [{"rel": "next", "href": f"?marker={other}"}]
        return Reply(200, {"servers": [{**SERVER, "id": other}], "servers_links": links})

    cloud.faults.plant(round_and_round, path="servers/detail", times=1000)
    with pytest.raises(CloudError, match="have no end"):
        cloud.connect().nova.servers()
    assert len(cloud.asked(path="servers/detail")) == 3


def test_pages_that_are_ever_new_end(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_ITEMS", 100)
    numbers = itertools.count()

    def page(_request: Request) -> Reply:
        return Reply(200, {"servers": [{**SERVER, "id": f"{next(numbers)}"}], "servers_links": NEXT})

    cloud.faults.plant(page, path="servers/detail", times=10_000)
    with pytest.raises(CloudError, match="have no end"):
        cloud.connect().nova.servers()


def test_a_link_says_no_more_than_its_marker(cloud: FakeCloud) -> None:
    """Neither its host nor what else stands in it counts: a next page on another host asked for other servers."""
    link = "https://evil.test/v2.1/servers/detail?host=cmp02&limit=5&marker=m%2F1&all_tenants=0#marker=2"
    page = {
        "servers": [SERVER],
        "servers_links": [{"rel": "self", "href": "?marker=no"}, {"rel": "next", "href": link}],
    }
    cloud.faults.plant(status(200, page), path="servers/detail")
    cloud.faults.plant(status(200, {"servers": []}), path="servers/detail", at=2)
    cloud.connect().nova.servers("cmp01")
    first, second = cloud.asked(path="servers/detail")
    assert second.query == {**first.query, "marker": "m/1"} and second.service == "compute"
