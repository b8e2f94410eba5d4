# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a nova-compute leaves behind that is killed at the wrong moment: records and tasks that never end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ground import Ground
from real_site import RealSite

Boot = Callable[..., str]
Rule = Callable[..., None]


def record(site: RealSite, server: str) -> dict[str, Any]:
    """The server's only record; nothing as long as there is none."""
    records = site.api.nova("GET", f"/os-migrations?instance_uuid={server}").body["migrations"]
    return dict(records[0]) if records else {}


def show(site: RealSite, server: str) -> dict[str, Any]:
    return dict(site.api.nova("GET", f"/servers/{server}").body["server"])


def restart(site: RealSite, ground: Ground, host: str) -> None:
    """Kill nova-compute and start it again; return when Nova has seen it."""

    def seen() -> tuple[str, str]:
        path = f"/os-services?binary=nova-compute&host={host}"
        (service,) = site.api.nova("GET", path).body["services"]
        return service["state"], service["updated_at"] or ""  # none before the first heartbeat

    before = seen()[1]
    ground.run("kill-compute", host)
    ground.run("start-compute", host)
    site.wait("nova-compute is up again", lambda: seen()[0] == "up" and seen()[1] > before)


def test_a_live_migration_that_is_over_and_stays_running(
    site: RealSite, ground: Ground, boot: Boot, rule: Rule
) -> None:
    """The server rests at its destination; a restarted nova-compute ends no record of a server that has left."""
    source, target = site.hosts[:2]
    server = boot(source)
    rule("live_migration", server, fail="hang_after")
    body = {"os-migrateLive": {"host": target, "block_migration": "auto"}}
    assert site.api.nova("POST", f"/servers/{server}/action", body).status == 202

    def arrived() -> bool:
        moved = show(site, server)
        return moved["OS-EXT-SRV-ATTR:host"] == target and moved["OS-EXT-STS:task_state"] is None

    site.wait("the server is there", arrived)
    assert record(site, server)["status"] == "running"
    restart(site, ground, source)
    assert record(site, server)["status"] == "running" and arrived()
    assert len(site.api.nova("GET", f"/servers/{server}/migrations").body["migrations"]) == 1


def test_a_cold_migration_that_stays_post_migrating(site: RealSite, ground: Ground, boot: Boot, rule: Rule) -> None:
    source, target = site.hosts[:2]
    server = boot(source, "shutoff")
    rule("spawn", server, fail="hang")
    assert site.api.nova("POST", f"/servers/{server}/action", {"migrate": {"host": target}}).status == 202
    site.wait("the disk is copied", lambda: record(site, server).get("status") == "post-migrating")
    site.wait("the destination is at work", lambda: show(site, server)["OS-EXT-STS:task_state"] == "resize_finish")
    assert show(site, server)["OS-EXT-SRV-ATTR:host"] == target
    restart(site, ground, target)
    moving = show(site, server)
    assert (moving["status"], moving["OS-EXT-STS:task_state"]) == ("RESIZE", "resize_finish")
    assert record(site, server)["status"] == "post-migrating"
    ground.forget_guest(source, server)  # which the source keeps for ever, for the move is never confirmed


def test_a_server_that_is_being_deleted_for_ever(site: RealSite, boot: Boot, rule: Rule) -> None:
    server = boot(site.hosts[0])
    rule("destroy", server, fail="hang")
    assert site.api.nova("DELETE", f"/servers/{server}").status == 204
    site.wait("it is being deleted", lambda: show(site, server)["OS-EXT-STS:task_state"] == "deleting")
    assert show(site, server)["status"] == "ACTIVE"
    body = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
    assert site.api.nova("POST", f"/servers/{server}/action", body).status == 409
