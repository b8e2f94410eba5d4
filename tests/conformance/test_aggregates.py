# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Aggregates: which requests are taken, and which are refused how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.sites import PREFIX, Answer, Site

Make = Callable[..., int]


def act(site: Site, key: int | str, action: str, **arguments: Any) -> Answer:
    return site.api.nova("POST", f"/os-aggregates/{key}/action", {action: arguments})


def update(site: Site, key: int, **values: Any) -> Answer:
    return site.api.nova("PUT", f"/os-aggregates/{key}", {"aggregate": values})


def test_creation(site: Site, aggregate: Make) -> None:
    key = aggregate("pool", zone="az1")
    made = site.api.nova("GET", f"/os-aggregates/{key}").body["aggregate"]
    assert made["name"] == f"{PREFIX}pool" and made["availability_zone"] == "az1"
    assert made["metadata"] == {"availability_zone": "az1"} and made["hosts"] == []
    again = site.api.nova("POST", "/os-aggregates", {"aggregate": {"name": f"{PREFIX}pool"}})
    assert (again.status, again.kind) == (409, "conflictingRequest")


def test_the_answer_to_a_creation_holds_no_hosts_and_metadata(site: Site, aggregate: Make) -> None:
    body = site.api.nova("POST", "/os-aggregates", {"aggregate": {"name": f"{PREFIX}bare"}}).body["aggregate"]
    assert "uuid" in body and not {"hosts", "metadata"} & set(body)


@pytest.mark.parametrize("values", [{"name": ""}, {"name": "x" * 256}, {"name": PREFIX, "availability_zone": "a:b"}])
def test_what_cannot_be_created(site: Site, aggregate: Make, values: dict[str, str]) -> None:
    refused = site.api.nova("POST", "/os-aggregates", {"aggregate": values})
    assert (refused.status, refused.kind) == (400, "badRequest")


def test_the_uuid_came_with_2_41(site: Site, aggregate: Make) -> None:
    aggregate("pool")
    for version, there in (("2.40", False), ("2.41", True)):
        listed = site.api.nova("GET", "/os-aggregates", version=version).body["aggregates"]
        assert all(("uuid" in entry) is there for entry in listed)


@pytest.mark.parametrize(("key", "status"), [("999999", 404), ("6f70734062617374", 400)])
def test_a_path_that_names_nothing(site: Site, key: str, status: int) -> None:
    assert site.api.nova("GET", f"/os-aggregates/{key}").status == status
    assert act(site, key, "add_host", host=site.hosts[0]).status == status
    assert site.api.nova("DELETE", f"/os-aggregates/{key}").status == status


def test_hosts(site: Site, aggregate: Make) -> None:
    key, host = aggregate("pool"), site.hosts[0]
    added = act(site, key, "add_host", host=host)
    assert added.status == 200 and added.body["aggregate"]["hosts"] == [host]
    assert act(site, key, "add_host", host=host).status == 409
    assert act(site, key, "add_host", host="nowhere").status == 404
    assert act(site, key, "add_host", host=host.upper()).status == 404
    assert act(site, key, "remove_host", host="nowhere").status == 404
    assert act(site, key, "remove_host", host=site.hosts[1]).status == 404
    full = site.api.nova("DELETE", f"/os-aggregates/{key}")
    assert (full.status, full.kind) == (400, "badRequest")
    assert act(site, key, "remove_host", host=host).body["aggregate"]["hosts"] == []
    assert site.api.nova("DELETE", f"/os-aggregates/{key}").status == 200
    assert site.api.nova("GET", f"/os-aggregates/{key}").status == 404


def test_metadata(site: Site, aggregate: Make) -> None:
    key = aggregate("pool", zone="az1")
    assert act(site, key, "set_metadata", metadata={"a": "1", "b": "2"}).status == 200
    merged = act(site, key, "set_metadata", metadata={"a": None, "never": None, "c": "3"})
    assert merged.body["aggregate"]["metadata"] == {"b": "2", "c": "3", "availability_zone": "az1"}
    for value in (1, True, ["x"], {"x": "y"}, "x" * 256):
        assert act(site, key, "set_metadata", metadata={"d": value}).status == 400
    assert act(site, key, "set_metadata", metadata={"a/b": "x"}).status == 400
    assert act(site, key, "set_metadata", metadata={"availability_zone": None}).status == 400


def test_update(site: Site, aggregate: Make) -> None:
    key, _other = aggregate("pool"), aggregate("other")
    assert update(site, key, name=f"{PREFIX}new").body["aggregate"]["name"] == f"{PREFIX}new"
    assert update(site, key, name=f"{PREFIX}other").status == 409
    assert update(site, key).status == 400
    assert update(site, key, availability_zone="").status == 400
    assert update(site, key, availability_zone="az2").body["aggregate"]["availability_zone"] == "az2"
    assert update(site, key, availability_zone="az3").body["aggregate"]["availability_zone"] == "az3"


def test_the_name_is_saved_before_the_zone_is_refused(site: Site, aggregate: Make) -> None:
    host = site.hosts[0]
    aggregate("zoned", host, zone="az1")
    key = aggregate("pool", host)
    assert update(site, key, name=f"{PREFIX}renamed", availability_zone="az2").status == 400
    assert site.api.nova("GET", f"/os-aggregates/{key}").body["aggregate"]["name"] == f"{PREFIX}renamed"


def test_a_host_is_in_one_zone(site: Site, aggregate: Make) -> None:
    host = site.hosts[0]
    aggregate("zoned", host, zone="az1")
    refused = act(site, aggregate("other", zone="az2"), "add_host", host=host)
    assert (refused.status, refused.kind) == (409, "conflictingRequest")
    assert act(site, aggregate("same", zone="az1"), "add_host", host=host).status == 200
    assert act(site, aggregate("none"), "add_host", host=host).status == 200


def guarded(site: Site) -> int:
    """What is answered when a host with servers comes into a zone or leaves it: before 2024.1 Nova lets it."""
    return 409 if site.api.newest() >= (2, 96) else 200


def test_a_host_with_servers_keeps_its_zone(site: Site, aggregate: Make, boot: Callable[..., str]) -> None:
    host = site.hosts[0]
    zoned, plain = aggregate("zoned", host, zone="az1"), aggregate("plain", host)
    empty = aggregate("empty", zone="az9")
    refused = guarded(site)
    boot(host)
    assert update(site, zoned, availability_zone="az2").status == 400
    assert update(site, zoned, availability_zone="az1").status == 200
    assert act(site, zoned, "remove_host", host=host).status == refused
    assert act(site, plain, "remove_host", host=host).status == 200
    boot(site.hosts[1])
    assert act(site, empty, "add_host", host=site.hosts[1]).status == refused
    assert act(site, empty, "add_host", host=site.hosts[2]).status == 200


def test_a_zone_is_not_given_to_hosts_with_servers_though_they_are_in_it(
    site: Site, aggregate: Make, boot: Callable[..., str]
) -> None:
    """Nova asks for servers on any host of the aggregate, and not whether the zone of a host would change."""
    host = site.hosts[0]
    aggregate("zoned", host, zone="az1")
    bare, empty = aggregate("bare", host), aggregate("empty")
    boot(host)
    refused = update(site, bare, availability_zone="az1")
    assert (refused.status, refused.kind) == (400, "badRequest")
    assert update(site, empty, availability_zone="az1").status == 200
    assert act(site, empty, "add_host", host=host).status == 200  # its zone stays the same
    assert act(site, empty, "remove_host", host=host).status == 200


def test_the_zone_nova_is_another_than_none_to_a_host_with_servers(
    site: Site, aggregate: Make, boot: Callable[..., str]
) -> None:
    key, host = aggregate("pool", zone="nova"), site.hosts[0]
    boot(host)
    assert act(site, key, "add_host", host=host).status == guarded(site)


def test_names_are_exchanged_by_way_of_a_third(site: Site, aggregate: Make) -> None:
    one, two = aggregate("one"), aggregate("two")
    assert update(site, one, name=f"{PREFIX}two").status == 409
    for key, name in ((one, "third"), (two, "one"), (one, "two")):
        assert update(site, key, name=PREFIX + name).status == 200
