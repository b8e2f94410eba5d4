# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The fake cloud, for tests that run on both clouds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance.sites import DEADLINE, PREFIX, SPAWN_SECONDS, Api
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.glance import image
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import Behaviour, Outcome

OUTCOMES = {
    None: Outcome.COMPLETED,
    "target": Outcome.BROKEN_AT_TARGET,
    "error": Outcome.BROKEN,
    "hang": Outcome.HANGS,
}


class FakeSite:
    def __init__(self) -> None:
        self._cloud, self._booted = FakeCloud("cmp01", "cmp02", "cmp03"), 0
        self._cloud.world.hides_soft_deleted = True
        self._cloud.world.images = [image("cirros")]
        self._cloud.world.flavors = {"tiny": {"VCPU": 1, "MEMORY_MB": 256}}
        self.api = Api(self._cloud.session(), self._cloud.auth())
        self.plain = Api(self._cloud.session(), self._cloud.auth("demo"))
        self.hosts = list(self._cloud.world.hosts)

    def boot(self, host: str, state: str = "active") -> str:
        return self._cloud.boot(self._name(), host, {"shutoff": "stopped"}.get(state, state)).id

    def delete(self, server: str) -> None:
        self._cloud.delete(self._guest(server))

    def behave(self, server: str, **rule: Any) -> None:
        outcome = OUTCOMES[rule.pop("fail", None)]
        self._cloud.moves.behave(self._guest(server).name, Behaviour(outcome, **rule))

    def let_spawn(self) -> None:
        """It ends by itself, in the time of the fake."""

    def let_fail(self, host: str) -> None:
        """So does this."""

    def build(self, host: str) -> str:
        return self._cloud.build(self._name(), host, spawn_seconds=SPAWN_SECONDS).id

    def rescheduled(self) -> str:
        guest = self._cloud.build(self._name(), *self.hosts[:2], spawn_seconds=SPAWN_SECONDS)
        self.wait("it is claimed", lambda: guest.host)
        return guest.id

    def shelved(self) -> str:
        return self._cloud.shelved(self._name()).id

    def unshelve(self, server: str, host: str) -> None:
        self._cloud.unshelve(self._guest(server), host, spawn_seconds=SPAWN_SECONDS)

    def resize(self, server: str) -> None:
        guest = self._guest(server)
        self._cloud.begin_resize(guest, next(host for host in self.hosts if host != guest.host), vcpus=2)

    def evacuate(self, server: str, host: str) -> None:
        self._cloud.evacuate(self._guest(server), host, spawn_seconds=SPAWN_SECONDS)

    def soft_delete(self, server: str) -> None:
        self._guest(server).vm_state = "soft-delete"

    def leave(self, record: str, status: str) -> None:
        next(entry for entry in self._cloud.world.records if entry.uuid == record).status = status

    def nest(self, provider: str, capacity: dict[str, int], trait: str) -> str:
        host = next(host for host in self._cloud.world.hosts.values() if host.provider == provider)
        return self._cloud.nest(host.name, self._name(), capacity, trait).provider

    def unnest(self, provider: str) -> None:
        for host in self._cloud.world.hosts.values():
            host.nested = [node for node in host.nested if node.provider != provider]

    def hold(self, host: str) -> None:
        self._cloud.world.hosts[host].up = False

    def release(self, host: str) -> None:
        self._cloud.world.hosts[host].up = True

    def wait(self, what: str, done: Callable[[], Any]) -> Any:
        deadline = self._cloud.clock.now() + DEADLINE
        while not (result := done()):
            assert self._cloud.clock.now() < deadline, f"not within {DEADLINE:g} seconds: {what}"
            self._cloud.clock.sleep(0.25)
        return result

    def _guest(self, server: str) -> Guest:
        return self._cloud.world.guests[server]

    def _name(self) -> str:
        self._booted += 1
        return f"{PREFIX}{self._booted}"
