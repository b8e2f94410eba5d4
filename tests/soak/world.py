# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What stands in the cloud, asked of Nova, of Placement and of the hypervisors themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded import servers
from embedded.hypervisors import Hypervisors
from embedded.layout import Layout
from embedded.rest import Session

HOST = "cmp01"  # the one in maintenance
POOL = ("cmp01", "cmp02", "cmp03", "cmp04")
FLEET = (
    *(("web1", HOST, servers.ACTIVE), ("web2", HOST, servers.ACTIVE), ("web3", HOST, servers.ACTIVE)),
    *(("frozen", HOST, "paused"), ("archive", HOST, "shutoff"), ("other", "cmp02", servers.ACTIVE)),
)
SECONDS = {"live_migration": 1.0, "cold_migration": 0.5}  # that a move takes


@dataclass(frozen=True)
class Seen:
    """One moment."""

    names: Mapping[str, str]
    hosts: Mapping[str, str]  # where Nova has each server
    statuses: Mapping[str, str]
    guests: Mapping[str, tuple[tuple[str, str], ...]]  # where the hypervisors have each, and in which state
    enabled: bool
    reason: str | None
    returns: tuple[str, ...]  # traits of returns that are not over
    last_record: int  # the newest migration

    def at_home(self) -> set[str]:
        return {key for key, host in self.hosts.items() if host == HOST}


class World:
    """The cloud that the environment names."""

    def __init__(self, layout: Layout) -> None:
        self.session = Session.open(layout.clouds)
        self.store = Hypervisors(layout.store)

    def furnish(self) -> None:
        """One pool of all hosts, and servers of every kind that moves."""
        made = self.session.compute("POST", "/os-aggregates", {"aggregate": {"name": "nvme"}})["aggregate"]
        for host in POOL:
            self.session.compute("POST", f"/os-aggregates/{made['id']}/action", {"add_host": {"host": host}})
        for name, host, state in FLEET:
            servers.boot(self.session, name, state, host=host)
        self.store.behave({kind: {"*": {"seconds": seconds}} for kind, seconds in SECONDS.items()})

    def service(self) -> Mapping[str, Any]:
        found = self.session.compute("GET", f"/os-services?host={HOST}&binary=nova-compute")["services"]
        return dict(found[0])

    def enabled(self) -> bool:
        return bool(self.service()["status"] == "enabled")

    def look(self) -> Seen:
        found = self.session.compute("GET", "/servers/detail?all_tenants=1")["servers"]
        guests: dict[str, list[tuple[str, str]]] = {}
        for guest in self.store.guests():
            guests.setdefault(guest.uuid, []).append((guest.host, guest.state))
        service = self.service()
        traits = self.session.placement("GET", "/traits?name=startswith:CUSTOM_STACKOPS_RETURN_")["traits"]
        return Seen(
            names={one["id"]: one["name"] for one in found},
            hosts={one["id"]: one["OS-EXT-SRV-ATTR:host"] for one in found},
            statuses={one["id"]: one["status"] for one in found},
            guests={key: tuple(places) for key, places in guests.items()},
            enabled=service["status"] == "enabled",
            reason=service["disabled_reason"],
            returns=tuple(traits),
            last_record=max((record["id"] for record in self._records()), default=0),
        )

    def moves_since(self, seen: Seen) -> Counter[str]:
        """How often each server was moved to another host, by migrations that came to a good end."""
        good = ("completed", "confirmed")
        return Counter(
            one["instance_uuid"] for one in self._records() if one["id"] > seen.last_record and one["status"] in good
        )

    def _records(self) -> list[dict[str, Any]]:
        return list(self.session.compute("GET", "/os-migrations")["migrations"])
