# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a test asks Nova about a server that moves, on either cloud."""

from __future__ import annotations

from typing import Any

from sites import Answer, Site


def live(site: Site, server: str, host: str | None, **more: Any) -> Answer:
    body = {"os-migrateLive": {"host": host, "block_migration": "auto", **more}}
    return site.api.nova("POST", f"/servers/{server}/action", body)


def cold(site: Site, server: str, host: str) -> Answer:
    return site.api.nova("POST", f"/servers/{server}/action", {"migrate": {"host": host}})


def confirm(site: Site, server: str) -> Answer:
    return site.api.nova("POST", f"/servers/{server}/action", {"confirmResize": None})


def show(site: Site, server: str) -> dict[str, Any]:
    return dict(site.api.nova("GET", f"/servers/{server}").body["server"])


def records(site: Site, server: str) -> list[dict[str, Any]]:
    return list(site.api.nova("GET", f"/os-migrations?instance_uuid={server}").body["migrations"])


def ended_record(site: Site, server: str, status: str) -> dict[str, Any]:
    """Return the newest record when it has that status, and the server no task."""

    def done() -> dict[str, Any] | None:
        newest = next(iter(records(site, server)), None)
        idle = show(site, server)["OS-EXT-STS:task_state"] is None
        return newest if newest and idle and newest["status"] == status else None

    return dict(site.wait(f"a record {status}", done))
