# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Every test here runs on the fake cloud, and on the embedded one that ``EMBEDDED_CLOUD_STATE`` names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_site import FakeSite
from real_site import RealSite
from sites import PREFIX, Site

STATE = os.environ.get("EMBEDDED_CLOUD_STATE")


def pytest_report_header() -> str:
    if STATE:
        return f"conformance: the fake cloud and the embedded one in {STATE}"
    return "conformance: the fake cloud alone; start one with `tests/cloud up` and name it in EMBEDDED_CLOUD_STATE"


@pytest.fixture(scope="session", params=["fake", "real"] if STATE else ["fake"])
def site(request: pytest.FixtureRequest) -> Site:
    return FakeSite() if request.param == "fake" else RealSite(Path(str(STATE)))


@pytest.fixture
def aggregate(site: Site) -> Iterator[Callable[..., int]]:
    """Makes aggregates with hosts and a zone, and returns the id; they are gone after the test."""

    def make(name: str, *hosts: str, zone: str | None = None) -> int:
        body: dict[str, Any] = {"name": PREFIX + name, **({"availability_zone": zone} if zone else {})}
        made = site.api.nova("POST", "/os-aggregates", {"aggregate": body})
        assert made.status == 200, made.body
        key = int(made.body["aggregate"]["id"])
        for host in hosts:
            assert site.api.nova("POST", f"/os-aggregates/{key}/action", {"add_host": {"host": host}}).status == 200
        return key

    yield make
    for aggregate in site.api.nova("GET", "/os-aggregates").body["aggregates"]:
        if aggregate["name"].startswith(PREFIX):
            for host in aggregate["hosts"]:
                site.api.nova("POST", f"/os-aggregates/{aggregate['id']}/action", {"remove_host": {"host": host}})
            site.api.nova("DELETE", f"/os-aggregates/{aggregate['id']}")


@pytest.fixture
def boot(site: Site, aggregate: object) -> Iterator[Callable[..., str]]:
    """Boots servers; they are gone before the aggregates of the same test are."""
    servers: list[str] = []

    def make(host: str, state: str = "active") -> str:
        servers.append(site.boot(host, state))
        return servers[-1]

    yield make
    for server in servers:
        site.delete(server)


@pytest.fixture
def arriving(site: Site) -> Iterator[Callable[[str], str]]:
    """Takes the id of a server that a test asks for in its own way; the server is gone after the test."""
    servers: list[str] = []

    def take(server: str) -> str:
        servers.append(server)
        return server

    yield take
    for server in servers:
        site.delete(server)


@pytest.fixture
def held(site: Site) -> Iterator[Callable[[str], None]]:
    """Holds a host's nova-compute; it is up again after the test."""
    hosts: list[str] = []

    def hold(host: str) -> None:
        hosts.append(host)
        site.hold(host)

    yield hold
    for host in hosts:
        site.release(host)


@pytest.fixture
def service(site: Site) -> Iterator[dict[str, Any]]:
    """Return the compute service of the first host, which is in service again after the test."""
    service = services(site)[site.hosts[0]]
    yield service
    assert site.api.nova("PUT", f"/os-services/{service['id']}", {"status": "enabled"}).status == 200


def services(site: Site) -> dict[str, dict[str, Any]]:
    listed = site.api.nova("GET", "/os-services?binary=nova-compute").body["services"]
    return {service["host"]: service for service in listed}


@pytest.fixture
def provider(site: Site) -> str:
    """Return the resource provider of the first host, which is also the id of its hypervisor."""
    return providers(site)[site.hosts[0]]


def providers(site: Site) -> dict[str, str]:
    """Return the resource provider of each host."""
    listed = site.api.nova("GET", "/os-hypervisors/detail").body["hypervisors"]
    return {hypervisor["service"]["host"]: hypervisor["id"] for hypervisor in listed}
