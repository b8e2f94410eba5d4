# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The servers of the demo: where they are booted, in which state, and what became of each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from embedded import servers
from embedded.rest import Session

APART = "ha:anti-affinity"


@dataclass(frozen=True)
class Wish:
    """One server to boot."""

    name: str
    host: str
    state: str = servers.ACTIVE
    group: str | None = None


@dataclass(frozen=True)
class Seen:
    """One server as Nova shows it."""

    name: str
    host: str
    status: str


HOSTS = 6
FLEET = (
    *(Wish(f"web{number}", f"cmp0{number}") for number in range(1, HOSTS + 1)),
    Wish("frozen", "cmp01", state="paused"),
    Wish("archive", "cmp02", state="shutoff"),
    Wish("ha1", "cmp03", group=APART),
    Wish("ha2", "cmp04", group=APART),
    Wish("db", "cmp05"),
    Wish("cache", "cmp06"),
)


def boot(session: Session) -> dict[str, Seen]:
    """Boot the fleet and return it."""
    created = [servers.create(session, wish.name, host=wish.host, group=wish.group) for wish in FLEET]
    with ThreadPoolExecutor(len(FLEET)) as pool:
        list(pool.map(lambda uuid, wish: servers.put_into(session, uuid, wish.state), created, FLEET))
    return look(session)


def look(session: Session) -> dict[str, Seen]:
    """Every server by its uuid."""
    found = session.compute("GET", "/servers/detail?all_tenants=1")["servers"]
    return {one["id"]: Seen(one["name"], one["OS-EXT-SRV-ATTR:host"], one["status"]) for one in found}


def versions(session: Session) -> dict[str, int]:
    """The hypervisor version of each host, as Nova shows it."""
    found = session.compute("GET", "/os-hypervisors/detail")["hypervisors"]
    return dict(sorted((one["service"]["host"], one["hypervisor_version"]) for one in found))


def moves(session: Session) -> int:
    """How many moves of servers came to a good end."""
    found = session.compute("GET", "/os-migrations")["migrations"]
    return sum(one["status"] in ("completed", "confirmed") for one in found)
