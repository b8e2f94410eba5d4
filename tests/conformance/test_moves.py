# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Live and cold migrations: what is accepted, what the records then say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sites import Answer, Site

Boot = Callable[..., str]


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


def settled(site: Site, server: str, status: str) -> dict[str, Any]:
    """The newest record when it has that status, and the server no task."""

    def done() -> dict[str, Any] | None:
        found = records(site, server)
        quiet = show(site, server)["OS-EXT-STS:task_state"] is None
        return found[0] if found and quiet and found[0]["status"] == status else None

    return dict(site.wait(f"a record {status}", done))


def test_a_live_migration(site: Site, boot: Boot) -> None:
    source, target = site.hosts[:2]
    server = boot(source)
    assert live(site, server, target).status == 202
    assert show(site, server)["OS-EXT-STS:task_state"] == "migrating"  # from the first look on
    busy = live(site, server, target)
    assert (busy.status, busy.kind) == (409, "conflictingRequest")
    record = settled(site, server, "completed")
    assert (record["source_compute"], record["dest_compute"]) == (source, target)
    assert record["migration_type"] == "live-migration" and record["instance_uuid"] == server
    assert {"id", "uuid", "created_at", "updated_at"} <= set(record)
    shown = show(site, server)
    assert (shown["status"], shown["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", target)


def test_a_paused_server_stays_paused(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0], "paused")
    assert live(site, server, site.hosts[1]).status == 202
    settled(site, server, "completed")
    assert show(site, server)["status"] == "PAUSED"


def test_a_stopped_server_does_not_move_live(site: Site, boot: Boot) -> None:
    refused = live(site, boot(site.hosts[0], "shutoff"), site.hosts[1])
    assert (refused.status, refused.kind) == (409, "conflictingRequest")


def test_what_is_refused_at_once(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    assert live(site, server, "nobody").status == 400
    assert live(site, server, site.hosts[1], force=True).status == 400
    assert live(site, "5eb9a65f-5d7a-5633-b275-ff68610102b0", site.hosts[1]).status == 404
    assert cold(site, server, site.hosts[0]).status == 400
    assert cold(site, server, "nobody").status == 400
    assert confirm(site, server).status == 409
    assert records(site, server) == []


def test_a_disabled_target_is_accepted_and_comes_to_nothing(site: Site, boot: Boot, service: dict[str, Any]) -> None:
    """And the record names no destination."""
    server = boot(site.hosts[1])
    assert site.api.nova("PUT", f"/os-services/{service['id']}", {"status": "disabled"}).status == 200
    assert live(site, server, site.hosts[0]).status == 202
    record = settled(site, server, "error")
    assert (record["source_compute"], record["dest_compute"]) == (site.hosts[1], None)
    assert (show(site, server)["status"], show(site, server)["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", site.hosts[1])


def test_its_own_host_is_accepted_and_comes_to_nothing(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    assert live(site, server, site.hosts[0]).status == 202
    settled(site, server, "error")
    assert show(site, server)["OS-EXT-SRV-ATTR:host"] == site.hosts[0]


def test_a_cold_migration(site: Site, boot: Boot) -> None:
    source, target = site.hosts[:2]
    server = boot(source, "shutoff")
    assert cold(site, server, target).status == 202
    settled(site, server, "finished")
    shown = show(site, server)
    assert (shown["status"], shown["OS-EXT-STS:vm_state"]) == ("VERIFY_RESIZE", "resized")
    assert shown["OS-EXT-SRV-ATTR:host"] == target
    finished = site.api.nova("GET", f"/os-migrations?source_compute={source}&status=finished").body["migrations"]
    assert server in [one["instance_uuid"] for one in finished]
    assert confirm(site, server).status == 204
    record = settled(site, server, "confirmed")
    assert record["migration_type"] == "migration" and record["dest_compute"] == target
    site.wait("the server is shut off", lambda: show(site, server)["status"] == "SHUTOFF")


def progress(site: Site, server: str) -> dict[str, Any]:
    """Of the live migration in progress; empty when there is none."""
    return next(iter(site.api.nova("GET", f"/servers/{server}/migrations").body["migrations"]), {})


def half_way(shown: dict[str, Any]) -> bool:
    total = shown.get("memory_total_bytes")
    return bool(total) and 2 * shown["memory_remaining_bytes"] == total


def figures(shown: dict[str, Any], kind: str) -> tuple[int, int, int]:
    """Bytes in all, copied, and to be copied."""
    total, processed, remaining = (shown[f"{kind}_{which}_bytes"] for which in ("total", "processed", "remaining"))
    return total, processed, remaining


def test_the_progress_of_a_live_migration(site: Site, boot: Boot) -> None:
    source, target = site.hosts[:2]
    server = boot(source)
    site.behave(server, fail="hang")
    assert live(site, server, target).status == 202
    site.wait("it is half-way", lambda: half_way(progress(site, server)))
    shown = progress(site, server)
    names = (
        "id uuid status server_uuid created_at updated_at source_compute source_node dest_compute dest_node dest_host"
    )
    assert set(names.split()) <= set(shown)
    assert (shown["status"], shown["source_compute"], shown["dest_compute"]) == ("running", source, target)
    assert figures(shown, "disk") == (0, 0, 0)
    path = f"/servers/{server}/migrations/{shown['id']}"
    assert site.api.nova("POST", f"{path}/action", {"force_complete": None}).status == 202
    settled(site, server, "completed")
    assert progress(site, server) == {} and site.api.nova("DELETE", path).status == 409


def test_disks_are_copied_before_memory_which_is_nothing_of_nothing_meanwhile(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    site.behave(server, disk_mb=4096, disk_seconds=3.0, seconds=3.0)
    assert live(site, server, site.hosts[1]).status == 202
    seen: list[dict[str, Any]] = []

    def arrived() -> bool:
        shown = progress(site, server)
        if shown.get("memory_total_bytes") is not None:
            seen.append(shown)
        return show(site, server)["OS-EXT-SRV-ATTR:host"] == site.hosts[1]

    site.wait("it is there", arrived)
    disks = [figures(shown, "disk") for shown in seen if figures(shown, "memory") == (0, 0, 0)]
    memory = [figures(shown, "memory") for shown in seen if shown["memory_total_bytes"]]
    assert len(disks) > 2 and len(memory) > 2 and seen[-1]["memory_total_bytes"]
    for copied in (disks, memory):
        assert [rest for *_others, rest in copied] == sorted((rest for *_others, rest in copied), reverse=True)
        assert copied[0][2] > copied[-1][2] and all(total == done + rest for total, done, rest in copied)
    assert {total for total, *_others in disks} == {4096 << 20}
    assert {figures(shown, "disk") for shown in seen if shown["memory_total_bytes"]} == {(4096 << 20, 4096 << 20, 0)}


def held(site: Site, host: str) -> dict[str, Any]:
    """What Placement holds on a host, by consumer."""
    rows = site.api.nova("GET", "/os-hypervisors/detail").body["hypervisors"]
    provider = next(row["id"] for row in rows if row["service"]["host"] == host)
    path = f"/resource_providers/{provider}/allocations"
    return dict(site.api.placement("GET", path).body["allocations"])


@pytest.mark.parametrize(("fail", "at_target"), [("error", False), ("target", True)])
def test_a_live_migration_that_breaks(site: Site, boot: Boot, fail: str, at_target: bool) -> None:
    """Half-way, or when the server has arrived: Nova calls both an error, and leaves the source's room held."""
    source, target = site.hosts[:2]
    server = boot(source)
    site.behave(server, fail=fail, seconds=1.0)
    assert live(site, server, target).status == 202
    record = settled(site, server, "error")
    assert (record["source_compute"], record["dest_compute"]) == (source, target)
    shown = show(site, server)
    assert (shown["status"], shown["OS-EXT-SRV-ATTR:host"]) == ("ERROR", target if at_target else source)
    assert record["uuid"] in held(site, source) and server in held(site, target)
    assert site.api.placement("DELETE", f"/allocations/{record['uuid']}").status == 204


def test_a_record_that_stays_open(site: Site, boot: Boot) -> None:
    """Nova goes on calling it a migration in progress, which nobody can end, and lets the server move again."""
    source, target = site.hosts[:2]
    server = boot(source)
    assert live(site, server, target).status == 202
    record = settled(site, server, "completed")
    site.leave(record["uuid"], "post-migrating")
    shown = progress(site, server)
    assert (shown["id"], shown["status"]) == (record["id"], "post-migrating")
    assert site.api.nova("DELETE", f"/servers/{server}/migrations/{record['id']}").status == 409
    assert live(site, server, source).status == 202
    assert settled(site, server, "completed")["id"] != record["id"]
    site.leave(record["uuid"], "finished")
    refused = confirm(site, server)
    assert (refused.status, refused.kind) == (409, "conflictingRequest")
    assert progress(site, server) == {}


def test_one_confirmation_at_a_time(site: Site, boot: Boot) -> None:
    """Whoever comes second is told that nothing was resized, while the server still is in VERIFY_RESIZE."""
    server = boot(site.hosts[0], "shutoff")
    assert cold(site, server, site.hosts[1]).status == 202
    record = settled(site, server, "finished")
    site.leave(record["uuid"], "confirming")
    assert show(site, server)["status"] == "VERIFY_RESIZE"
    refused = confirm(site, server)
    assert (refused.status, refused.body["badRequest"]["message"]) == (400, "Instance has not been resized.")
    site.leave(record["uuid"], "finished")
    assert confirm(site, server).status == 204
    settled(site, server, "confirmed")


def test_records_are_filtered_and_the_newest_comes_first(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    for target in (site.hosts[1], site.hosts[0]):
        assert live(site, server, target).status == 202
        settled(site, server, "completed")
        assert show(site, server)["OS-EXT-SRV-ATTR:host"] == target
    newest, oldest = records(site, server)
    assert newest["id"] > oldest["id"]
    for query, expected in (
        (f"source_compute={site.hosts[0]}", {oldest["id"]}),
        (f"source_compute={site.hosts[1]}", {newest["id"]}),
        (f"host={site.hosts[1]}", {newest["id"], oldest["id"]}),
        (f"changes-since={newest['updated_at'][:19]}", {newest["id"]}),
        ("migration_type=migration", set()),
        ("status=error", set()),
    ):
        listed = site.api.nova("GET", f"/os-migrations?{query}").body["migrations"]
        assert {one["id"] for one in listed if one["instance_uuid"] == server} >= expected, query
    assert site.api.nova("GET", "/os-migrations?bogus=1").status == 400


def test_pages_of_records(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    for target in (site.hosts[1], site.hosts[0]):
        assert live(site, server, target).status == 202
        settled(site, server, "completed")
    first = site.api.nova("GET", f"/os-migrations?instance_uuid={server}&limit=1").body
    assert len(first["migrations"]) == 1
    (link,) = [one["href"] for one in first["migrations_links"] if one["rel"] == "next"]
    assert f"marker={first['migrations'][0]['uuid']}" in link


def test_servers_of_a_host(site: Site, boot: Boot) -> None:
    here, there = boot(site.hosts[0]), boot(site.hosts[1])
    listed = site.api.nova("GET", f"/servers/detail?all_tenants=1&host={site.hosts[0]}").body["servers"]
    keys = {one["id"] for one in listed}
    assert here in keys and there not in keys
    names = "id name status locked OS-EXT-SRV-ATTR:host OS-EXT-STS:vm_state OS-EXT-STS:task_state"
    assert set(names.split()) <= set(listed[0])


def servers(site: Site, query: str) -> dict[str, dict[str, Any]]:
    listed = site.api.nova("GET", f"/servers/detail?all_tenants=1&host={site.hosts[0]}{query}").body["servers"]
    return {server["id"]: server for server in listed}


def test_a_soft_deleted_server_is_listed_where_it_is_asked_for(site: Site, boot: Boot) -> None:
    """Any text after ``soft_deleted=`` asks for it; Placement and the hypervisor's servers hold it all the while."""
    gone, there = boot(site.hosts[0]), boot(site.hosts[0])
    site.soft_delete(gone)
    for query, listed in (
        ("", {there}),
        ("&deleted=false", {there}),
        ("&soft_deleted=", {there}),
        ("&soft_deleted=true", {gone, there}),
        ("&soft_deleted=false", {gone, there}),
        ("&deleted=true", {gone}),
        ("&deleted=true&soft_deleted=", set()),
    ):
        assert set(servers(site, query)) & {gone, there} == listed, query
    assert show(site, gone)["status"] == "SOFT_DELETED"
    rows = site.api.nova("GET", "/os-hypervisors/detail?with_servers=true").body["hypervisors"]
    assert gone in [server["uuid"] for row in rows for server in row.get("servers", [])]


def test_power_states(site: Site, boot: Boot) -> None:
    for state, power in (("active", 1), ("paused", 3), ("shutoff", 4)):
        server = boot(site.hosts[0], state)
        assert servers(site, "")[server]["OS-EXT-STS:power_state"] == power, state


def test_server_groups_end_with_an_empty_page(site: Site) -> None:
    answer = site.api.nova("GET", "/os-server-groups?all_projects=True&offset=1000")
    assert answer.status == 200 and answer.body == {"server_groups": []}
