# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Moves that take their time, break, or leave a record behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.asks import cold, confirm, ended_record, live, show
from tests.conformance.sites import Site

Boot = Callable[..., str]


def progress(site: Site, server: str) -> dict[str, Any]:
    """Of the live migration in progress; empty when there is none."""
    return next(iter(site.api.nova("GET", f"/servers/{server}/migrations").body["migrations"]), {})


def half_way(view: dict[str, Any]) -> bool:
    total = view.get("memory_total_bytes")
    return bool(total) and 2 * view["memory_remaining_bytes"] == total


def figures(view: dict[str, Any], kind: str) -> tuple[int, int, int]:
    """Bytes in all, copied, and to be copied."""
    total, processed, remaining = (view[f"{kind}_{which}_bytes"] for which in ("total", "processed", "remaining"))
    return total, processed, remaining


def test_the_progress_of_a_live_migration(site: Site, boot: Boot) -> None:
    source, target = site.hosts[:2]
    server = boot(source)
    site.behave(server, fail="hang")
    assert live(site, server, target).status == 202
    site.wait("it is half-way", lambda: half_way(progress(site, server)))
    view = progress(site, server)
    names = (
        "id uuid status server_uuid created_at updated_at source_compute source_node dest_compute dest_node dest_host"
    )
    assert set(names.split()) <= set(view)
    assert (view["status"], view["source_compute"], view["dest_compute"]) == ("running", source, target)
    assert figures(view, "disk") == (0, 0, 0)
    path = f"/servers/{server}/migrations/{view['id']}"
    assert site.api.nova("POST", f"{path}/action", {"force_complete": None}).status == 202
    ended_record(site, server, "completed")
    assert progress(site, server) == {} and site.api.nova("DELETE", path).status == 409


def test_disks_are_copied_before_memory_which_is_nothing_of_nothing_meanwhile(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    site.behave(server, disk_mb=4096, disk_seconds=3.0, seconds=3.0)
    assert live(site, server, site.hosts[1]).status == 202
    seen: list[dict[str, Any]] = []

    def arrived() -> bool:
        view = progress(site, server)
        if view.get("memory_total_bytes") is not None:
            seen.append(view)
        return show(site, server)["OS-EXT-SRV-ATTR:host"] == site.hosts[1]

    site.wait("it is there", arrived)
    disks = [figures(view, "disk") for view in seen if figures(view, "memory") == (0, 0, 0)]
    memory = [figures(view, "memory") for view in seen if view["memory_total_bytes"]]
    assert len(disks) > 2 and len(memory) > 2 and seen[-1]["memory_total_bytes"]
    for copied in (disks, memory):
        assert [rest for *_others, rest in copied] == sorted((rest for *_others, rest in copied), reverse=True)
        assert copied[0][2] > copied[-1][2] and all(total == done + rest for total, done, rest in copied)
    assert {total for total, *_others in disks} == {4096 << 20}
    assert {figures(view, "disk") for view in seen if view["memory_total_bytes"]} == {(4096 << 20, 4096 << 20, 0)}


def held(site: Site, host: str) -> dict[str, Any]:
    """What Placement holds on a host, by consumer."""
    hypervisors = site.api.nova("GET", "/os-hypervisors/detail").body["hypervisors"]
    provider = next(hypervisor["id"] for hypervisor in hypervisors if hypervisor["service"]["host"] == host)
    path = f"/resource_providers/{provider}/allocations"
    return dict(site.api.placement("GET", path).body["allocations"])


@pytest.mark.parametrize(("fail", "at_target"), [("error", False), ("target", True)])
def test_a_live_migration_that_breaks(site: Site, boot: Boot, fail: str, at_target: bool) -> None:
    """Half-way, or when the server has arrived: Nova calls both an error, and leaves the source's allocation."""
    if at_target and site.api.newest() < (2, 97):
        pytest.skip("Nova before 2025.1 calls a migration completed whose server broke on arrival")
    source, target = site.hosts[:2]
    server = boot(source)
    site.behave(server, fail=fail, seconds=1.0)
    assert live(site, server, target).status == 202
    record = ended_record(site, server, "error")
    assert (record["source_compute"], record["dest_compute"]) == (source, target)
    view = show(site, server)
    assert (view["status"], view["OS-EXT-SRV-ATTR:host"]) == ("ERROR", target if at_target else source)
    assert record["uuid"] in held(site, source) and server in held(site, target)
    assert site.api.placement("DELETE", f"/allocations/{record['uuid']}").status == 204


def test_a_record_that_stays_open(site: Site, boot: Boot) -> None:
    """Nova goes on calling it a migration in progress, which cannot be ended, and lets the server move again."""
    source, target = site.hosts[:2]
    server = boot(source)
    assert live(site, server, target).status == 202
    record = ended_record(site, server, "completed")
    site.leave(record["uuid"], "post-migrating")
    view = progress(site, server)
    assert (view["id"], view["status"]) == (record["id"], "post-migrating")
    assert site.api.nova("DELETE", f"/servers/{server}/migrations/{record['id']}").status == 409
    assert live(site, server, source).status == 202
    assert ended_record(site, server, "completed")["id"] != record["id"]
    site.leave(record["uuid"], "finished")
    refused = confirm(site, server)
    assert (refused.status, refused.kind) == (409, "conflictingRequest")
    assert progress(site, server) == {}


def test_one_confirmation_at_a_time(site: Site, boot: Boot) -> None:
    """The second request is refused because nothing was resized, while the server still is in VERIFY_RESIZE."""
    server = boot(site.hosts[0], "shutoff")
    assert cold(site, server, site.hosts[1]).status == 202
    record = ended_record(site, server, "finished")
    site.leave(record["uuid"], "confirming")
    assert show(site, server)["status"] == "VERIFY_RESIZE"
    refused = confirm(site, server)
    assert (refused.status, refused.body["badRequest"]["message"]) == (400, "Instance has not been resized.")
    site.leave(record["uuid"], "finished")
    assert confirm(site, server).status == 204
    ended_record(site, server, "confirmed")
