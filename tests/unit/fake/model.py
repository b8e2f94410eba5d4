# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is in the fake cloud, as plain data: hosts, servers, groups, aggregates, migration records."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

Amounts = dict[str, int]
DISABLED = "COMPUTE_STATUS_DISABLED"  # the trait of a host that is out of service


@cache
def identifier(kind: str, name: str) -> str:
    """A uuid that is the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"fake/{kind}/{name}"))


def iso(time: datetime | None) -> str | None:
    """Return a time as Nova's API writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f") if time else None


@dataclass
class Nested:
    """A resource provider inside that of a host, such as a GPU. Its name is that of no other provider."""

    name: str
    capacity: Amounts
    traits: set[str] = field(default_factory=set)
    max_units: Amounts = field(default_factory=dict)
    generation: int = 0

    @property
    def provider(self) -> str:
        return identifier("provider", self.name)

    @property
    def all_traits(self) -> set[str]:
        return self.traits


@dataclass
class Host:
    """A compute host with its service, its hypervisor and its resource provider.

    :ivar max_units: the most of a resource class that one consumer gets, where that is not all there is.
    """

    name: str
    beat: datetime
    capacity: Amounts
    hypervisor: str = ""  # its hostname, where that is not the name
    version: int = 8000000
    address: str = "192.0.2.1"
    enabled: bool = True
    reason: str | None = None
    up: bool = True
    forced_down: bool = False
    knows_maintenance_mode: bool = True
    maintenance_mode: bool = False
    traits: set[str] = field(default_factory=set)
    generation: int = 0
    max_units: Amounts = field(default_factory=dict)
    nested: list[Nested] = field(default_factory=list)
    believed_enabled: bool | None = None  # by Placement, while it does not know yet what Nova knows

    @property
    def service_id(self) -> str:
        return identifier("service", self.name)

    @property
    def provider(self) -> str:
        return identifier("provider", self.name)

    @property
    def offered(self) -> bool:
        """Whether Placement offers the host, as the scheduler asks it to."""
        return self.enabled if self.believed_enabled is None else self.believed_enabled

    @property
    def all_traits(self) -> set[str]:
        return self.traits | (set() if self.offered else {DISABLED})

    @property
    def alive(self) -> bool:
        return self.up and not self.forced_down


@dataclass
class Guest:
    """A server. ``host`` is empty until a host has claimed it; ``zone`` is set where its owner
    chose one by name, which pins it.

    :ivar vm_state_after_move: its state when a resize or a cold move is confirmed.
    :ivar power_state: what the hypervisor says of it, where that does not agree with its state.
    """

    name: str
    host: str
    vm_state: str = "active"
    task_state: str | None = None
    needs: Amounts = field(default_factory=dict)
    needs_before: Amounts | None = None  # those of the flavor that it was resized from
    zone: str | None = None
    locked: bool = False
    vm_state_after_move: str = "stopped"
    tags: set[str] = field(default_factory=set)
    memory: int = 512
    extra_specs: dict[str, str] = field(default_factory=dict)
    image: str | None = None
    power_state: int | None = None
    created: datetime = datetime(2026, 11, 21, 9, 0, 0)
    updated: datetime | None = None  # not shown unless a test says when
    project: str = "project-of-demo"
    addresses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    actions: list[dict[str, Any]] = field(default_factory=list)
    fault: str | None = None  # shown where it is in ERROR
    launched: datetime | None = None  # when a host started it last
    number: int = 0  # of servers with one name

    @property
    def id(self) -> str:
        return identifier("server", f"{self.name} {self.number}" if self.number else self.name)


@dataclass
class Aggregate:
    id: int
    name: str
    hosts: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    unmirrored: set[str] = field(default_factory=set)  # hosts of which Placement does not know that they are in it
    only_mirrored: set[str] = field(default_factory=set)  # hosts of which only Placement thinks that they are in it

    @property
    def uuid(self) -> str:
        return identifier("aggregate", str(self.id))

    @property
    def mirrored(self) -> set[str]:
        return set(self.hosts) - self.unmirrored | self.only_mirrored

    def mirror(self, host: str, there: bool) -> None:
        """Let Placement think that the host is in it, or not."""
        self.unmirrored.discard(host)
        self.only_mirrored.discard(host)
        if there != (host in self.hosts):
            (self.only_mirrored if there else self.unmirrored).add(host)

    @property
    def zone(self) -> str | None:
        return self.metadata.get("availability_zone")


@dataclass
class Group:
    name: str
    policy: str
    members: list[str]
    max_server_per_host: int | None = None


@dataclass
class Record:
    """A migration record. ``updated`` is empty until its first change, as in Nova's database."""

    id: int
    server: str
    source: str
    destination: str | None
    status: str
    type: str
    created: datetime
    updated: datetime | None = None
    user: str = "id-of-demo"  # who asked for it

    @property
    def uuid(self) -> str:
        return identifier("migration", str(self.id))


class World:
    """Everything in the cloud, and the questions that more than one service asks."""

    def __init__(self) -> None:
        self.hosts: dict[str, Host] = {}
        self.guests: dict[str, Guest] = {}
        self.aggregates: dict[int, Aggregate] = {}
        self.groups: list[Group] = []
        self.images: list[dict[str, str]] = []
        self.flavors: dict[str, Amounts] = {}  # by name
        self.networks: list[str] = []  # names
        self.records: list[Record] = []
        self.known_traits: set[str] = set()
        self.allocations: dict[str, dict[str, Amounts]] = {}  # consumer -> host -> amounts
        self._held: dict[str, list[Amounts]] | None = None  # host -> amounts, while nothing changes
        self.silent: set[str] = set()  # hosts of the cells that do not answer
        # Nova lists SOFT_DELETED servers only where a filter asks for them; the collection does not ask yet.
        self.hides_soft_deleted = False

    def guests_on(self, host: str) -> Iterator[Guest]:
        return (guest for guest in self.guests.values() if guest.host == host)

    def answers(self, host: str) -> bool:
        """Whether the cell of a host answers."""
        return host not in self.silent

    def zone_of(self, host: str) -> str:
        zones = [aggregate.zone for aggregate in self.aggregates.values() if aggregate.zone and host in aggregate.hosts]
        return zones[0] if zones else "nova"

    def zone_offers(self, zone: str, host: str) -> bool:
        """Whether the scheduler finds the host in the zone: it asks Placement's mirrors of the aggregates."""
        mirrors = [aggregate.mirrored for aggregate in self.aggregates.values() if aggregate.zone == zone]
        return any(host in mirror for mirror in mirrors) if mirrors else zone == self.zone_of(host)

    # -- capacity

    def tree(self, host: str) -> list[Host | Nested]:
        """The resource providers of a host, its own first."""
        return [self.hosts[host], *self.hosts[host].nested]

    def node(self, name: str) -> Host | Nested:
        nested = (node for host in self.hosts.values() for node in host.nested if node.name == name)
        return self.hosts[name] if name in self.hosts else next(nested)

    def used(self, name: str) -> Amounts:
        """What consumers hold of a resource provider."""
        used = dict.fromkeys(self.node(name).capacity, 0)
        held = self._held or {name: [places.get(name, {}) for places in self.allocations.values()]}
        for amounts in held.get(name, ()):
            for resource, amount in amounts.items():
                used[resource] += amount
        return used

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Know what is used of hundreds of hosts quickly, as long as the block changes nothing."""
        held: dict[str, list[Amounts]] = {}
        for places in self.allocations.values():
            for name, amounts in places.items():
                held.setdefault(name, []).append(amounts)
        self._held = held
        try:
            yield
        finally:
            self._held = None

    def takes(self, name: str, amounts: Amounts) -> bool:
        """Whether a resource provider can give all of these."""
        node, used = self.node(name), self.used(name)
        return all(
            resource in node.capacity
            and amount <= node.max_units.get(resource, amount)
            and used[resource] + amount <= node.capacity[resource]
            for resource, amount in amounts.items()
        )

    def shares(self, needs: Amounts, host: str) -> dict[str, Amounts]:
        """Which provider of a host gives what: the first with enough of it free, else the first that has it."""
        if not self.hosts[host].nested:
            return {host: dict(needs)}
        shares: dict[str, Amounts] = {}
        for resource, amount in needs.items():
            having = [node.name for node in self.tree(host) if resource in node.capacity]
            fitting = [name for name in having if self.takes(name, {resource: amount})]
            shares.setdefault((fitting or having or [host])[0], {})[resource] = amount
        return shares

    def fits(self, needs: Amounts, host: str) -> bool:
        return all(self.takes(name, amounts) for name, amounts in self.shares(needs, host).items())
