# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Live and cold migrations: what is accepted, what the records then say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance.asks import cold, confirm, ended_record, live, records, show
from tests.conformance.sites import Site

Boot = Callable[..., str]


def test_a_live_migration(site: Site, boot: Boot) -> None:
    source, target = site.hosts[:2]
    server = boot(source)
    assert live(site, server, target).status == 202
    assert show(site, server)["OS-EXT-STS:task_state"] == "migrating"  # at once
    busy = live(site, server, target)
    assert (busy.status, busy.kind) == (409, "conflictingRequest")
    record = ended_record(site, server, "completed")
    assert (record["source_compute"], record["dest_compute"]) == (source, target)
    assert record["migration_type"] == "live-migration" and record["instance_uuid"] == server
    assert {"id", "uuid", "created_at", "updated_at"} <= set(record)
    view = show(site, server)
    assert (view["status"], view["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", target)


def test_servers_that_are_moving_are_listed_by_their_status(site: Site, boot: Boot) -> None:
    source, target = site.hosts[:2]
    running, stopped, idle = boot(source), boot(source, "shutoff"), boot(source)

    def listed(status: str) -> set[str]:
        servers = site.api.nova("GET", f"/servers/detail?all_tenants=1&status={status}").body["servers"]
        return {server["id"] for server in servers} & {running, stopped, idle}

    assert live(site, running, target).status == cold(site, stopped, target).status == 202
    assert (listed("MIGRATING"), listed("RESIZE")) == ({running}, {stopped})
    ended_record(site, running, "completed")
    ended_record(site, stopped, "finished")
    assert listed("MIGRATING") == listed("RESIZE") == set()


def test_a_paused_server_stays_paused(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0], "paused")
    assert live(site, server, site.hosts[1]).status == 202
    ended_record(site, server, "completed")
    assert show(site, server)["status"] == "PAUSED"


def test_a_stopped_server_does_not_move_live(site: Site, boot: Boot) -> None:
    refused = live(site, boot(site.hosts[0], "shutoff"), site.hosts[1])
    assert (refused.status, refused.kind) == (409, "conflictingRequest")


def test_what_is_refused_at_once(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    assert live(site, server, "nowhere").status == 400
    assert live(site, server, site.hosts[1], force=True).status == 400
    assert live(site, "5eb9a65f-5d7a-5633-b275-ff68610102b0", site.hosts[1]).status == 404
    assert cold(site, server, site.hosts[0]).status == 400
    assert cold(site, server, "nowhere").status == 400
    assert confirm(site, server).status == 409
    assert records(site, server) == []


def test_a_disabled_target_is_accepted_and_comes_to_nothing(site: Site, boot: Boot, service: dict[str, Any]) -> None:
    """And the record names no destination."""
    server = boot(site.hosts[1])
    assert site.api.nova("PUT", f"/os-services/{service['id']}", {"status": "disabled"}).status == 200
    assert live(site, server, site.hosts[0]).status == 202
    record = ended_record(site, server, "error")
    assert (record["source_compute"], record["dest_compute"]) == (site.hosts[1], None)
    assert (show(site, server)["status"], show(site, server)["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", site.hosts[1])


def test_its_own_host_is_accepted_and_comes_to_nothing(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    assert live(site, server, site.hosts[0]).status == 202
    ended_record(site, server, "error")
    assert show(site, server)["OS-EXT-SRV-ATTR:host"] == site.hosts[0]


def test_a_cold_migration(site: Site, boot: Boot) -> None:
    source, target = site.hosts[:2]
    server = boot(source, "shutoff")
    assert cold(site, server, target).status == 202
    ended_record(site, server, "finished")
    view = show(site, server)
    assert (view["status"], view["OS-EXT-STS:vm_state"]) == ("VERIFY_RESIZE", "resized")
    assert view["OS-EXT-SRV-ATTR:host"] == target
    finished = site.api.nova("GET", f"/os-migrations?source_compute={source}&status=finished").body["migrations"]
    assert server in [record["instance_uuid"] for record in finished]
    assert confirm(site, server).status == 204
    record = ended_record(site, server, "confirmed")
    assert record["migration_type"] == "migration" and record["dest_compute"] == target
    site.wait("the server is shut off", lambda: show(site, server)["status"] == "SHUTOFF")


def test_records_are_filtered_and_the_newest_comes_first(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    for target in (site.hosts[1], site.hosts[0]):
        assert live(site, server, target).status == 202
        ended_record(site, server, "completed")
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
        assert {record["id"] for record in listed if record["instance_uuid"] == server} >= expected, query
    assert site.api.nova("GET", "/os-migrations?bogus=1").status == 400


def test_pages_of_records(site: Site, boot: Boot) -> None:
    server = boot(site.hosts[0])
    for target in (site.hosts[1], site.hosts[0]):
        assert live(site, server, target).status == 202
        ended_record(site, server, "completed")
    first = site.api.nova("GET", f"/os-migrations?instance_uuid={server}&limit=1").body
    assert len(first["migrations"]) == 1
    (link,) = [link["href"] for link in first["migrations_links"] if link["rel"] == "next"]
    assert f"marker={first['migrations'][0]['uuid']}" in link
