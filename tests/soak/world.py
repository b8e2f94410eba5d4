# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The cloud of a soak, observed through Nova, Placement and the hypervisors themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.cloud.embedded import servers
from tests.cloud.embedded.hypervisors import Hypervisors
from tests.cloud.embedded.layout import Layout
from tests.cloud.embedded.rest import Session

HOST = "cmp01"  # the one in maintenance
POOL = "nvme"
FLEET = {
    "cmp01": {"web1": servers.ACTIVE, "web2": servers.ACTIVE, "web3": servers.ACTIVE, "frozen": "paused"},
    "cmp02": {"other": servers.ACTIVE, "archive": "shutoff"},
    "cmp03": {"ha1": servers.ACTIVE},
    "cmp04": {"ha2": servers.ACTIVE, "web4": servers.ACTIVE},
    "cmp05": {"web5": servers.ACTIVE},
    "cmp06": {"web6": servers.ACTIVE},
}
APART = "ha:anti-affinity"
SECONDS = {"live_migration": 1.0, "cold_migration": 0.5}  # that a move takes
OURS = "CUSTOM_STACKOPS_RETURN"  # how the names of our traits begin
RETURN = f"{OURS}_"  # those that hosts carry; the others remember returns that are over
OVER = ("completed", "confirmed", "reverted", "failed", "error", "cancelled")  # of a migration


@dataclass(frozen=True)
class Compute:
    """A compute host: its service and its hypervisor."""

    enabled: bool
    reason: str | None
    version: int


@dataclass(frozen=True)
class Observation:
    """The cloud at one moment, its servers by their ids."""

    names: Mapping[str, str]
    hosts: Mapping[str, str]  # where Nova has each server
    statuses: Mapping[str, str]
    guests: Mapping[str, tuple[tuple[str, str], ...]]  # where the hypervisors have each, and in which state
    computes: Mapping[str, Compute]
    returns: tuple[str, ...]  # traits of returns that are not over
    moving: frozenset[str]  # servers on their way
    last_record: int  # the newest migration

    def on_host(self) -> set[str]:
        """The servers on the host in maintenance."""
        return {server for server, host in self.hosts.items() if host == HOST}


class World:
    """The cloud that the environment names."""

    def __init__(self, layout: Layout) -> None:
        self.session = Session.open(layout.clouds, interface="internal")
        self.store = Hypervisors(layout.store)
        self._hosts = layout.state / "hosts"

    def furnish(self) -> None:
        """One pool of all hosts, and servers of every kind that moves."""
        for host in self.make_pool():
            for name, state in FLEET[host].items():
                group = APART if name.startswith("ha") else None
                servers.boot(self.session, name, state, host=host, group=group)

    def make_pool(self) -> list[str]:
        """One pool of all hosts, whose servers take their time to move."""
        pool = self.session.compute("POST", "/os-aggregates", {"aggregate": {"name": POOL}})["aggregate"]
        hosts = sorted(self.observe().computes)
        for host in hosts:
            self.session.compute("POST", f"/os-aggregates/{pool['id']}/action", {"add_host": {"host": host}})
        self.store.behave({kind: {"*": {"seconds": seconds}} for kind, seconds in SECONDS.items()})
        return hosts

    def user(self) -> str:
        """The id of the user as whom the playbooks ask."""
        (user,) = self.session.identity("GET", "/users?name=admin")["users"]
        return str(user["id"])

    def enabled(self) -> bool:
        """Whether the host in maintenance is in service."""
        (service,) = self.session.compute("GET", f"/os-services?host={HOST}&binary=nova-compute")["services"]
        return bool(service["status"] == "enabled")

    def observe(self) -> Observation:
        nova_servers = self.session.compute("GET", "/servers/detail?all_tenants=1")["servers"]
        guests: dict[str, list[tuple[str, str]]] = {}
        for guest in self.store.guests():
            guests.setdefault(guest.uuid, []).append((guest.host, guest.state))
        services = self.session.compute("GET", "/os-services?binary=nova-compute")["services"]
        hypervisors = self.session.compute("GET", "/os-hypervisors/detail")["hypervisors"]
        versions = {hypervisor["service"]["host"]: hypervisor["hypervisor_version"] for hypervisor in hypervisors}
        traits = self.session.placement("GET", f"/traits?name=startswith:{OURS}")["traits"]
        records = self.records()
        return Observation(
            names={server["id"]: server["name"] for server in nova_servers},
            hosts={server["id"]: server["OS-EXT-SRV-ATTR:host"] for server in nova_servers},
            statuses={server["id"]: server["status"] for server in nova_servers},
            guests={server: tuple(places) for server, places in guests.items()},
            computes={
                service["host"]: Compute(
                    service["status"] == "enabled", service["disabled_reason"], versions[service["host"]]
                )
                for service in services
            },
            returns=tuple(traits),
            moving=frozenset(record["instance_uuid"] for record in records if record["status"] not in OVER),
            last_record=max((record["id"] for record in records), default=0),
        )

    def upgrades(self, version: int) -> Counter[str]:
        """How often each host was given that version, by its own journal."""
        journals = {path.parent.name: path.read_text(encoding="utf-8") for path in self._hosts.glob("*/journal")}
        return Counter({host: text.count(f" upgrade {version}\n") for host, text in journals.items()})

    def moves_since(self, before: Observation) -> Counter[str]:
        """How often each server was moved to another host, by migrations that came to a good end."""
        good = ("completed", "confirmed")
        return Counter(
            record["instance_uuid"]
            for record in self.records()
            if record["id"] > before.last_record and record["status"] in good
        )

    def records(self) -> list[dict[str, Any]]:
        """All migration records."""
        return list(self.session.compute("GET", "/os-migrations")["migrations"])

    def busy(self) -> bool:
        """Whether Nova is at work on any server."""
        listed = self.session.compute("GET", "/servers/detail?all_tenants=1")["servers"]
        return any(server["OS-EXT-STS:task_state"] or server["status"] == "BUILD" for server in listed)

    def returning(self, host: str) -> bool:
        """Whether servers are still to be brought back to a host, as a trait on it says."""
        return any(name.startswith(RETURN) for name in self._of_provider(host, "traits"))

    def leftovers(self, user: str) -> list[str]:
        """The uuids of this user's migrations that are over and hold an allocation on any host."""
        ended = {record["uuid"] for record in self.records() if record["status"] in OVER and record["user_id"] == user}
        hosts = self.observe().computes
        return sorted(key for host in hosts for key in self._of_provider(host, "allocations") if key in ended)

    def _of_provider(self, host: str, what: str) -> list[str]:
        """The traits or the allocations of a host's resource provider."""
        (provider,) = self.session.placement("GET", f"/resource_providers?name={host}")["resource_providers"]
        return list(self.session.placement("GET", f"/resource_providers/{provider['uuid']}/{what}")[what])
