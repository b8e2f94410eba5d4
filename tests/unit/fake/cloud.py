# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A whole cloud in this process: three services, one world, one clock, and the list of all requests."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import Cloud, ShowProgress
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.clouds_yaml import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Hypervisor
from fake.arrivals import Arrival, Arrivals
from fake.clock import FakeClock
from fake.faults import Faults
from fake.glance import Glance
from fake.keystone import Keystone
from fake.model import Aggregate, Group, Guest, Host, World
from fake.moves import LIVE, RESIZE, Moves
from fake.nova import Nova
from fake.placement import Placement
from fake.short import ShortClient
from fake.wire import Answer, Reply, Request, Transport

URLS = {
    "identity": "http://identity.test",
    "compute": "http://compute.test",
    "placement": "http://placement.test",
    "image": "http://image.test",
}
START = datetime(2026, 11, 21, 10, 0, 0)
HEARTBEAT = 10.0  # seconds between two reports of a nova-compute


class FakeCloud:
    """Make it, put hosts, aggregates and servers into it, and connect.

    :param hosts: names of compute hosts.
    :param start: what the cloud's clocks say.
    :param urls: base URL of each service, if not those that exist only in this process.
    """

    def __init__(
        self, *hosts: str, vcpus: int = 16, start: datetime = START, urls: Mapping[str, str] | None = None
    ) -> None:
        self._urls = dict(urls or URLS)
        self._lock = threading.Lock()
        self.clock = FakeClock(start)
        self.world = World()
        self.faults = Faults(self.clock)
        self.moves = Moves(self.world, self.clock)
        self.arrivals = Arrivals(self.world, self.clock, self.moves.records)
        self.keystone = Keystone(self.clock, self._urls)
        self.nova = Nova(self.world, self.clock, self.keystone, self.moves, self._urls["compute"])
        self.placement = Placement(self.world, self.clock, self.keystone)
        self.glance = Glance(self.world, self.keystone)
        self.watchers: list[Callable[[Request], None]] = []  # each sees a request before it is answered
        self.requests: list[Request] = []
        self.replies: list[tuple[Request, int]] = []  # those that arrived, with their status
        for name in hosts or ("cmp01", "cmp02", "cmp03"):
            self.host(name, vcpus)
        self.clock.on_tick(self._beat)

    # -- how it is reached

    def auth(self, user: str = "admin") -> dict[str, str]:
        """The option ``auth`` of a module."""
        domain = {"user_domain_id": "default", "project_domain_id": "default", "project_name": user}
        password = self.keystone.users[user].password
        return {"auth_url": f"{self._urls['identity']}/v3", "username": user, "password": password, **domain}

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, Transport(self._urls, self._answer))
        return session

    def client(
        self, options: Mapping[str, Any] | None = None, before_write: Callable[[], None] | None = None
    ) -> Client:
        return Client(resolve(options or {"auth": self.auth()}, {}), http=self.session(), before_write=before_write)

    def connect(
        self,
        options: Mapping[str, Any] | None = None,
        show_progress: ShowProgress = lambda _line: None,
        before_write: Callable[[], None] | None = None,
    ) -> Cloud:
        return Cloud(self.client(options, before_write), show_progress, at_once=1)  # in the same order each time

    def connect_shortly(self, show_progress: ShowProgress = lambda _line: None) -> Cloud:
        """As the administrator, past the libraries that speak HTTP."""
        return Cloud(
            ShortClient(resolve({"auth": self.auth()}, {}), self.session(), self._answer), show_progress, at_once=1
        )

    def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        for watch in self.watchers:
            watch(request)
        answers: dict[str, Answer] = {
            "identity": self.keystone.answer,
            "compute": self.nova.answer,
            "placement": self.placement.answer,
            "image": self.glance.answer,
        }
        reply = self.faults.around(request, functools.partial(self._one_at_a_time, answers[request.service]))
        self.replies.append((request, reply.status))
        return reply

    def _one_at_a_time(self, answer: Answer, request: Request) -> Reply:
        """Requests may come from several threads; the world takes one after another."""
        with self._lock:
            return answer(request)

    # -- what was asked

    def asked(self, method: str = "", path: str = "", service: str = "") -> list[Request]:
        """The requests so far that fit, without those of the authentication."""
        return [
            one
            for one in self.requests
            if one.service in ((service,) if service else ("compute", "placement", "image"))
            and method in ("", one.method)
            and path in one.path
        ]

    @property
    def writes(self) -> list[str]:
        return [str(one) for one in self.requests if one.writes]

    def forget_requests(self) -> None:
        self.requests.clear()
        self.replies.clear()

    # -- what stands in it

    def host(self, name: str, vcpus: int = 16) -> Host:
        capacity = {"VCPU": vcpus, "MEMORY_MB": vcpus * 1024, "DISK_GB": vcpus * 10}
        self.world.hosts[name] = Host(name, self.clock.utc(), capacity)
        return self.world.hosts[name]

    def aggregate(self, name: str, *hosts: str, zone: str | None = None, **metadata: str) -> Aggregate:
        number = max(self.world.aggregates, default=0) + 1
        zoned = {"availability_zone": zone} if zone else {}
        one = Aggregate(number, name, list(hosts), {**zoned, **metadata})
        self.world.aggregates[number] = one
        return one

    def boot(self, name: str, host: str, vm_state: str = "active", vcpus: int = 1, **more: Any) -> Guest:
        guest = self._server(name, host, vm_state, vcpus, **more)
        self.world.allocations[guest.id] = {host: dict(guest.needs)}
        return guest

    def shelved(self, name: str, vcpus: int = 1, **more: Any) -> Guest:
        """A server that is shelved and offloaded: it has no host, and Placement holds nothing for it."""
        return self._server(name, "", "shelved_offloaded", vcpus, **more)

    def _server(self, name: str, host: str, vm_state: str, vcpus: int, **more: Any) -> Guest:
        needs = {"VCPU": vcpus, "MEMORY_MB": vcpus * 512, "DISK_GB": vcpus}
        guest = Guest(name, host, vm_state, needs=needs, created=self.clock.utc(), **more)
        self.world.guests[guest.id] = guest
        return guest

    def delete(self, guest: Guest) -> None:
        """Its owner deletes it, which also confirms what waits for that."""
        if guest.vm_state == "resized" and self.moves.records.newest(guest, "finished"):
            self.moves.confirm(guest)
        del self.world.guests[guest.id]
        self.world.allocations.pop(guest.id, None)

    def group(self, name: str, policy: str, *members: Guest, max_server_per_host: int | None = None) -> Group:
        group = Group(name, policy, [one.id for one in members], max_server_per_host)
        self.world.groups.append(group)
        return group

    # -- what its operators did to it

    def without_date(self, *services: str) -> None:
        """Let these services, of ``compute``, ``placement`` and ``identity``, send no Date, as uWSGI serves them."""
        by_name: dict[str, Nova | Placement | Keystone] = {
            "compute": self.nova,
            "placement": self.placement,
            "identity": self.keystone,
        }
        for service in services or ("compute",):
            by_name[service].dated = False

    def cell_down(self, *hosts: str) -> None:
        """Let the database of the cell of these hosts answer no more; guests run on, and Placement knows them."""
        self.world.silent |= set(hosts)

    def cell_up(self, *hosts: str) -> None:
        self.world.silent -= set(hosts)

    def leave_record(self, guest: Guest, source: str, target: str, status: str, kind: str, age: float = 0.0) -> None:
        """A record that nobody will ever change again; the server stands wherever it stands.

        :param age: seconds since it was last changed.
        """
        self.moves.records.leave(guest, source, target, status, kind, age)

    def delete_for_ever(self, guest: Guest) -> None:
        """Its owner deletes a server, and the order to its host got lost."""
        guest.task_state, guest.updated = "deleting", self.clock.utc()

    def placement_behind(self, seconds: float) -> None:
        """Let Placement learn that late that a host was enabled or disabled."""
        self.nova.computes.trait_after = seconds

    def unmirror(self, aggregate: Aggregate, host: str) -> None:
        """Placement's mirror of an aggregate lacks a host, as after a request of Nova's that got lost."""
        aggregate.unmirrored.add(host)

    # -- what others do in it

    def move(self, guest: Guest, target: str) -> None:
        """Somebody else live-migrates a server, and it takes its time."""
        self.moves.ask(guest, LIVE, target)

    def act(self, guest: Guest, action: str, user: str = "demo") -> None:
        """A user does something that leaves its line in the list of actions: ``createImage``, ``attach_volume``, ..."""
        self.moves.actions.add(guest, action, f"id-of-{user}")

    def switch(self, guest: Guest, on: bool, user: str = "demo") -> None:
        """A user starts or stops a server."""
        self.moves.switch(guest, on, f"id-of-{user}")

    def resize(self, guest: Guest, target: str, status: str = "confirmed") -> None:
        """Its owner resized a server, which took it to another host; ``finished`` waits for the confirmation."""
        self.act(guest, "resize")
        record = self.moves.records.open(guest, target, status, RESIZE)
        record.updated = record.created
        if status == "finished":
            self.world.allocations[record.uuid] = self.world.allocations[guest.id]
        self.world.allocations[guest.id] = {target: dict(guest.needs)}
        guest.host = target
        if status == "finished":
            guest.settles_as, guest.vm_state = guest.vm_state, "resized"

    def begin_resize(self, guest: Guest, target: str, vcpus: int) -> None:
        """Its owner resizes a server, which moves it as a cold migration does, and takes as long."""
        needs = {"VCPU": vcpus, "MEMORY_MB": vcpus * 512, "DISK_GB": vcpus}
        self.act(guest, "resize")
        self.moves.ask(guest, RESIZE, target, needs)

    def build(self, name: str, *hosts: str, claim_after: float = 1.0, spawn_seconds: float = 5.0, **more: Any) -> Guest:
        """Somebody asks for a server, and the scheduler chooses the first of these hosts.

        :param hosts: each but the last takes the server and fails to start it, which goes to the next one then.
        """
        guest = self._server(name, "", "building", more.pop("vcpus", 1), task_state="scheduling", **more)
        self.arrivals.send(Arrival(guest, hosts, claim_after, spawn_seconds))
        return guest

    def unshelve(self, guest: Guest, host: str, claim_after: float = 1.0, spawn_seconds: float = 5.0) -> None:
        """Its owner wants a shelved server back, and the scheduler chooses the host."""
        self.act(guest, "unshelve")
        guest.task_state = "unshelving"
        self.arrivals.send(Arrival(guest, [host], claim_after, spawn_seconds))

    def evacuate(self, guest: Guest, target: str, claim_after: float = 1.0, spawn_seconds: float = 5.0) -> None:
        """Somebody evacuates a server from its dead host."""
        self.act(guest, "evacuate", "admin")
        self.arrivals.evacuate(guest, target, claim_after, spawn_seconds)

    # -- looks at it

    def returned(self, name: str) -> bool:
        """The host is in service, and nothing of its maintenance is left in the cloud."""
        host = self.world.hosts[name]
        return host.enabled and host.reason is None and not host.traits and not self.world.known_traits

    def returning(self, name: str) -> bool:
        """Servers of the host are coming home, and the cloud knows it."""
        return any(trait.startswith("CUSTOM_STACKOPS_RETURN_") for trait in self.world.hosts[name].traits)

    def names_on(self, host: str) -> list[str]:
        return sorted(guest.name for guest in self.world.guests_on(host))

    def hypervisor(self, host: str) -> Hypervisor:
        """As a plan hands it on."""
        found = self.world.hosts[host]
        return Hypervisor(found.provider, found.hypervisor or host, host, None, found.version)

    def _beat(self) -> None:
        for host in self.world.hosts.values():
            if not (host.alive and self.world.answers(host.name)):
                continue
            if (self.clock.conductor() - host.beat).total_seconds() >= HEARTBEAT:
                host.beat = self.clock.conductor()
