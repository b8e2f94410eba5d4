# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Whose clock a cloud shows: the web server's in ``Date``, the API's, and the conductor's in records and heartbeats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ground import Ground
from real_site import RealSite

NEAR = timedelta(seconds=8)  # what a busy machine may take between two readings of its clock


def dated(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)


def test_nova_behind_uwsgi_sends_no_date(site: RealSite, ground: Ground) -> None:
    for path in ("/os-services", "/os-aggregates/999999"):
        assert ("Date" in site.api.nova("GET", path).headers) == (ground.settings["api"] != "uwsgi")
    assert site.api.placement("GET", "/traits").headers["Date"].endswith(" GMT")


def test_heartbeats_are_dated_by_the_conductor(site: RealSite, ground: Ground) -> None:
    lag = timedelta(seconds=ground.settings["conductor_lag"])

    def fresh() -> bool:
        services = site.api.nova("GET", "/os-services?binary=nova-compute").body["services"]
        dates = [dated(service["updated_at"]) for service in services if service["updated_at"]]
        if not dates:  # before the first heartbeat of a new service
            return False
        newest = max(dates)
        assert newest < datetime.now(UTC) - lag + NEAR
        return newest > datetime.now(UTC) - lag - NEAR

    site.wait("a heartbeat of this moment, by the conductor's clock", fresh)


def test_migrations_are_dated_by_the_conductor_and_servers_by_the_api(
    site: RealSite, ground: Ground, boot: Callable[..., str]
) -> None:
    began = datetime.now(UTC)
    server = boot(site.hosts[0])
    created = site.api.nova("GET", f"/servers/{server}").body["server"]["created"]
    assert began - timedelta(seconds=1) <= dated(created) <= datetime.now(UTC)
    body = {"os-migrateLive": {"host": site.hosts[1], "block_migration": "auto"}}
    assert site.api.nova("POST", f"/servers/{server}/action", body).status == 202

    def ended() -> dict[str, Any] | None:
        records = site.api.nova("GET", f"/os-migrations?instance_uuid={server}").body["migrations"]
        return records[0] if records and records[0]["status"] == "completed" else None

    record = site.wait("the migration is completed", ended)
    lag = timedelta(seconds=ground.settings["conductor_lag"])
    for moment in (record["created_at"], record["updated_at"]):
        assert began - timedelta(seconds=1) <= dated(moment) + lag <= datetime.now(UTC)
