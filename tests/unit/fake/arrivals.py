# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers on their way to a host that is not theirs yet: builds, unshelvings, evacuations.

Placement holds an allocation for each from its beginning. A build and an unshelving name no host until a host has
claimed them, an evacuation names its dead source until it is done. No claim asks whether the host is disabled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.unit.fake.clock import STEP, FakeClock
from tests.unit.fake.model import Guest, Record, World
from tests.unit.fake.records import Records

EVACUATION = "evacuation"


@dataclass
class Arrival:
    """A server and the hosts that it is sent to in turn; each but the last takes it and then fails to start it.

    :ivar claim_after: seconds until a host claims it; it waits longer where the host is not there.
    :ivar spawn_seconds: how long the start takes after that.
    """

    guest: Guest
    hosts: Sequence[str]
    claim_after: float
    spawn_seconds: float


class Arrivals:
    def __init__(self, world: World, clock: FakeClock, records: Records) -> None:
        self._world, self._clock, self._records = world, clock, records
        clock.on_tick(self._clean_up)

    # -- builds and unshelvings

    def send(self, arrival: Arrival) -> None:
        """Hold an allocation on the first host that the scheduler chose, and let the host claim the server."""
        guest, host = arrival.guest, arrival.hosts[0]
        self._world.allocations[guest.id] = self._world.shares(guest.needs, host)
        self._when_there(guest, host, arrival.claim_after, lambda: self._claim(arrival))

    def _claim(self, arrival: Arrival) -> None:
        guest = arrival.guest
        guest.host, guest.task_state = arrival.hosts[0], "spawning"
        end = self._reschedule if arrival.hosts[1:] else self._started
        self._when_there(guest, guest.host, arrival.spawn_seconds, lambda: end(arrival))

    def _started(self, arrival: Arrival) -> None:
        arrival.guest.vm_state, arrival.guest.task_state = "active", None
        arrival.guest.launched = self._clock.utc()

    def _reschedule(self, arrival: Arrival) -> None:
        arrival.guest.host, arrival.guest.task_state = "", "scheduling"
        self.send(Arrival(arrival.guest, arrival.hosts[1:], arrival.claim_after, arrival.spawn_seconds))

    # -- evacuations

    def evacuate(self, guest: Guest, target: str, claim_after: float, spawn_seconds: float) -> None:
        """Evacuate a server. Its allocation on the dead source stays until the nova-compute there is back."""
        assert not self._world.hosts[guest.host].alive, f"Nova evacuates only from a host that is down: {guest.host}"
        guest.task_state = "rebuilding"
        self._world.allocations[guest.id] |= self._world.shares(guest.needs, target)
        record = self._records.open(guest, None, "accepted", EVACUATION)

        def claim() -> None:
            record.destination, guest.task_state = target, "rebuild_spawning"
            self._records.set(record, "pre-migrating")
            self._when_there(guest, target, spawn_seconds, lambda: self._evacuated(guest, record, target))

        self._when_there(guest, target, claim_after, claim)

    def _evacuated(self, guest: Guest, record: Record, target: str) -> None:
        guest.host, guest.vm_state, guest.task_state = target, "stopped", None  # as from 2.95 on
        self._records.set(record, "done")

    def _clean_up(self) -> None:
        """Free what was evacuated from a host whose nova-compute is back."""
        for record in self._world.records:
            if (record.type, record.status) == (EVACUATION, "done") and self._world.hosts[record.source].alive:
                for node in self._world.tree(record.source):
                    self._world.allocations.get(record.server, {}).pop(node.name, None)
                self._records.set(record, "completed")

    # -- time

    def _when_there(self, guest: Guest, host: str, seconds: float, event: Callable[[], None]) -> None:
        """Let an event happen that many seconds from now, or when the host answers again; never to a deleted server."""

        def happen() -> None:
            if guest.id not in self._world.guests:
                return
            if self._world.hosts[host].up and self._world.answers(host):
                event()
            else:
                self._clock.after(STEP, happen)

        self._clock.after(seconds, happen)
