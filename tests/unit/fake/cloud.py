# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A whole cloud in this process: its services, what they know, their clock, and the list of all requests."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import requests
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import Cloud, ShowProgress
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.hypervisor import Hypervisor

from tests.unit.fake.arrivals import Arrivals
from tests.unit.fake.clock import FakeClock
from tests.unit.fake.direct_client import DirectClient
from tests.unit.fake.faults import Faults
from tests.unit.fake.glance import Glance
from tests.unit.fake.keystone import Keystone
from tests.unit.fake.model import Aggregate, Group, Guest, Host, Nested, World
from tests.unit.fake.moves import Moves
from tests.unit.fake.neutron import Neutron
from tests.unit.fake.nova import Nova
from tests.unit.fake.others import Others
from tests.unit.fake.placement import Placement
from tests.unit.fake.policies import Policies
from tests.unit.fake.wire import Answer, Reply, Request, Transport

URLS = {
    "identity": "http://identity.test",
    "compute": "http://compute.test",
    "placement": "http://placement.test",
    "image": "http://image.test",
    "network": "http://network.test",
}
START = datetime(2026, 11, 21, 10, 0, 0)
HEARTBEAT = 10.0  # seconds between two reports of a nova-compute


class FakeCloud(Others):
    """A cloud to put hosts, aggregates and servers into, and to connect to.

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
        self.policies = Policies(self.world, self.keystone)
        self.nova = Nova(
            self.world, self.clock, self.keystone, self.policies, self.moves, self.arrivals, self._urls["compute"]
        )
        self.placement = Placement(self.world, self.clock, self.keystone, self.policies)
        self.glance = Glance(self.world, self.keystone, self.policies)
        self.neutron = Neutron(self.world, self.keystone, self.policies)
        self.watchers: list[Callable[[Request], None]] = []  # each sees a request before it is answered
        self.requests: list[Request] = []
        self.replies: list[tuple[Request, int]] = []  # those that arrived, with their status
        for name in hosts or ("cmp01", "cmp02", "cmp03"):
            self.host(name, vcpus)
        self.clock.on_tick(self._beat)

    # -- how it is reached

    def auth(self, user: str = "admin") -> dict[str, str]:
        """Return the option ``auth`` of a module."""
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

    def connect_directly(self, show_progress: ShowProgress = lambda _line: None) -> Cloud:
        """Connect as the administrator, past the libraries that speak HTTP."""
        return Cloud(
            DirectClient(resolve({"auth": self.auth()}, {}), self.session(), self._answer), show_progress, at_once=1
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
            "network": self.neutron.answer,
        }
        answer = _unauthorized if self.keystone.beyond_rules(request) else answers[request.service]
        reply = self.faults.around(request, functools.partial(self._one_at_a_time, answer))
        self.replies.append((request, reply.status))
        return reply

    def _one_at_a_time(self, answer: Answer, request: Request) -> Reply:
        """Answer one request after another, though they may come from several threads."""
        with self._lock:
            return answer(request)

    # -- what was asked

    def asked(self, method: str = "", path: str = "", service: str = "") -> list[Request]:
        """Return the requests so far that match, without those of the authentication."""
        return [
            request
            for request in self.requests
            if request.service in ((service,) if service else ("compute", "placement", "image", "network"))
            and method in ("", request.method)
            and path in request.path
        ]

    @property
    def writes(self) -> list[str]:
        return [str(request) for request in self.requests if request.writes]

    def forget_requests(self) -> None:
        self.requests.clear()
        self.replies.clear()

    # -- what is in it

    def host(self, name: str, vcpus: int = 16) -> Host:
        capacity = {"VCPU": vcpus, "MEMORY_MB": vcpus * 1024, "DISK_GB": vcpus * 10}
        self.world.hosts[name] = Host(name, self.clock.utc(), capacity)
        return self.world.hosts[name]

    def nest(self, host: str, name: str, capacity: Mapping[str, int], *traits: str) -> Nested:
        """Put a resource provider into that of a host, such as a GPU."""
        node = Nested(name, dict(capacity), set(traits))
        self.world.hosts[host].nested.append(node)
        self.world.known_traits |= {trait for trait in traits if trait.startswith("CUSTOM_")}
        return node

    def aggregate(self, name: str, *hosts: str, zone: str | None = None, **metadata: str) -> Aggregate:
        number = max(self.world.aggregates, default=0) + 1
        zoned = {"availability_zone": zone} if zone else {}
        aggregate = Aggregate(number, name, list(hosts), {**zoned, **metadata})
        self.world.aggregates[number] = aggregate
        return aggregate

    def group(self, name: str, policy: str, *members: Guest, max_server_per_host: int | None = None) -> Group:
        group = Group(name, policy, [member.id for member in members], max_server_per_host)
        self.world.groups.append(group)
        return group

    # -- how its operators run it

    def without_date(self, *services: str) -> None:
        """Let these services, of ``compute``, ``placement`` and ``identity``, send no Date, as uWSGI serves them."""
        by_name: dict[str, Nova | Placement | Keystone] = {
            "compute": self.nova,
            "placement": self.placement,
            "identity": self.keystone,
        }
        for service in services or ("compute",):
            by_name[service].dated = False

    def placement_behind(self, seconds: float) -> None:
        """Let Placement learn that late that a host was enabled or disabled."""
        self.nova.computes.trait_after = seconds

    # -- questions about it

    def returned(self, name: str) -> bool:
        """Return whether the host is in service, and nothing of its maintenance is left in the cloud."""
        host = self.world.hosts[name]
        return host.enabled and host.reason is None and not host.traits and not self.world.known_traits

    def returning(self, name: str) -> bool:
        """Return whether the cloud says that servers are being brought back to the host."""
        own = f"_OF_{UUID(self.world.hosts[name].provider).hex.upper()}"
        return any(
            trait.startswith("CUSTOM_STACKOPS_RETURN_") and trait.endswith(own) for trait in self.world.known_traits
        )

    def leave_return(self, name: str, since: str, until: str) -> str:
        """Leave what is remembered of a return of ``me`` to the host, and return it."""
        provider = UUID(self.world.hosts[name].provider).hex.upper()
        trait = f"CUSTOM_STACKOPS_RETURN_{since}_{until}_BY_6D65_OF_{provider}"  # the owner is "me" in hex
        self.world.known_traits.add(trait)
        return trait

    def names_on(self, host: str) -> list[str]:
        return sorted(guest.name for guest in self.world.guests_on(host))

    def hypervisor(self, host: str) -> Hypervisor:
        """Return the hypervisor of a host, as a plan hands it on."""
        spec = self.world.hosts[host]
        return Hypervisor(spec.provider, spec.hypervisor or host, host, None, spec.version)

    def _beat(self) -> None:
        for host in self.world.hosts.values():
            if not (host.alive and self.world.answers(host.name)):
                continue
            if (self.clock.conductor() - host.beat).total_seconds() >= HEARTBEAT:
                host.beat = self.clock.conductor()


def _unauthorized(_request: Request) -> Reply:
    """What keystonemiddleware answers in the place of a service."""
    return Reply(401, {"error": {"code": 401, "message": "The request you have made requires authentication."}})
