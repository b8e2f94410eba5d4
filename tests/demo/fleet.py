# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The servers of the demo: where they are booted, in which state, and what became of each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.cloud.embedded import servers
from tests.cloud.embedded.rest import Session

APART = "ha:anti-affinity"


@dataclass(frozen=True)
class ServerToBoot:
    """A server to boot, and the state to put it into."""

    name: str
    host: str
    state: str = servers.ACTIVE
    group: str | None = None


@dataclass(frozen=True)
class BootedServer:
    """A server as Nova shows it."""

    name: str
    host: str
    status: str


HOSTS = 6
FLEET = (
    *(ServerToBoot(f"web{number}", f"cmp0{number}") for number in range(1, HOSTS + 1)),
    ServerToBoot("frozen", "cmp01", state="paused"),
    ServerToBoot("archive", "cmp02", state="shutoff"),
    ServerToBoot("ha1", "cmp03", group=APART),
    ServerToBoot("ha2", "cmp04", group=APART),
    ServerToBoot("db", "cmp05"),
    ServerToBoot("cache", "cmp06"),
)


def boot(session: Session) -> dict[str, BootedServer]:
    """Boot the fleet and return it."""
    created = [servers.create(session, server.name, host=server.host, group=server.group) for server in FLEET]
    with ThreadPoolExecutor(len(FLEET)) as pool:
        list(pool.map(lambda uuid, server: servers.put_into(session, uuid, server.state), created, FLEET))
    return booted(session)


def booted(session: Session) -> dict[str, BootedServer]:
    """Every server by its uuid."""
    listed = session.compute("GET", "/servers/detail?all_tenants=1")["servers"]
    return {
        server["id"]: BootedServer(server["name"], server["OS-EXT-SRV-ATTR:host"], server["status"])
        for server in listed
    }


def versions(session: Session) -> dict[str, int]:
    """The hypervisor version of each host, as Nova shows it."""
    hypervisors = session.compute("GET", "/os-hypervisors/detail")["hypervisors"]
    by_host = {hypervisor["service"]["host"]: hypervisor["hypervisor_version"] for hypervisor in hypervisors}
    return dict(sorted(by_host.items()))


def moves(session: Session) -> int:
    """How many moves of servers came to a good end."""
    migrations = session.compute("GET", "/os-migrations")["migrations"]
    return sum(migration["status"] in ("completed", "confirmed") for migration in migrations)
