# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The load balancer before the APIs fails for clients, and never for Nova's own services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.conformance.ground import Ground
from tests.conformance.real_site import RealSite
from tests.conformance.sites import PREFIX

Rule = Callable[..., None]


@pytest.fixture(autouse=True)
def front(ground: Ground) -> None:
    ground.needs("front")


def ask(site: RealSite) -> Any:
    """The status of a request, or the error that it ends with."""
    try:
        return site.api.nova("GET", "/os-aggregates").status
    except requests.ConnectionError as error:
        return type(error)


def test_away_and_back(site: RealSite, rule: Rule) -> None:
    assert ask(site) == 200
    rule("front", "compute", fail="away", seconds=2)
    site.wait("connections are refused", lambda: ask(site) is requests.ConnectionError)
    assert site.api.placement("GET", "/traits").status == 200
    site.wait("the API is back", lambda: ask(site) == 200)


def test_a_lost_answer(site: RealSite, rule: Rule, aggregate: Callable[..., int]) -> None:
    aggregate("before")
    rule("front", "compute", fail="lose")
    site.wait("answers are lost", lambda: ask(site) is requests.ConnectionError)
    with pytest.raises(requests.ConnectionError):
        site.api.nova("POST", "/os-aggregates", {"aggregate": {"name": PREFIX + "lost"}})
    rule("front", "compute")
    site.wait("the API is back", lambda: ask(site) == 200)
    names = [listed["name"] for listed in site.api.nova("GET", "/os-aggregates").body["aggregates"]]
    assert PREFIX + "lost" in names


def test_nova_reaches_placement_whatever_clients_see(site: RealSite, rule: Rule, boot: Callable[..., str]) -> None:
    rule("front", "placement", fail="away")

    def refused() -> bool:
        try:
            return not site.api.placement("GET", "/traits").status
        except requests.ConnectionError:
            return True

    site.wait("connections are refused", refused)
    server = boot(site.hosts[0])
    assert site.api.nova("GET", f"/servers/{server}").body["server"]["status"] == "ACTIVE"
