# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What others do in the fake cloud, and what befalls it: tenants, other administrators, killed services, lost cells."""

from __future__ import annotations

from typing import Any

from fake.arrivals import Arrival, Arrivals
from fake.clock import FakeClock
from fake.model import Aggregate, Guest, Record, World
from fake.moves import LIVE, RESIZE, Moves


class Others:
    """A part of FakeCloud, which has the services that these need."""

    world: World
    clock: FakeClock
    moves: Moves
    arrivals: Arrivals

    # -- tenants and administrators

    def boot(self, name: str, host: str, vm_state: str = "active", vcpus: int = 1, **more: Any) -> Guest:
        guest = self._server(name, host, vm_state, vcpus, **more)
        self.world.allocations[guest.id] = self.world.shares(guest.needs, host)
        return guest

    def shelved(self, name: str, vcpus: int = 1, **more: Any) -> Guest:
        """Add a server that is shelved and offloaded: it has no host, and Placement holds nothing for it."""
        return self._server(name, "", "shelved_offloaded", vcpus, **more)

    def _server(self, name: str, host: str, vm_state: str, vcpus: int, **more: Any) -> Guest:
        needs = {"VCPU": vcpus, "MEMORY_MB": vcpus * 512, "DISK_GB": vcpus}
        guest = Guest(name, host, vm_state, needs=needs, created=self.clock.utc(), **more)
        self.world.guests[guest.id] = guest
        return guest

    def delete(self, guest: Guest) -> None:
        """Let its owner delete a server, which also confirms a resize that waits for it."""
        if guest.vm_state == "resized" and self.moves.records.newest(guest, "finished"):
            self.moves.confirm(guest)
        del self.world.guests[guest.id]
        self.world.allocations.pop(guest.id, None)

    def move(self, guest: Guest, target: str) -> None:
        """Let somebody else live-migrate a server, which takes its time."""
        self.moves.ask(guest, LIVE, target)

    def act(self, guest: Guest, action: str, user: str = "demo") -> None:
        """Let a user do something that is in the list of actions afterwards: ``createImage``, ``attach_volume``, ..."""
        self.moves.actions.add(guest, action, f"id-of-{user}")

    def switch(self, guest: Guest, on: bool, user: str = "demo") -> None:
        """Let a user start or stop a server."""
        self.moves.switch(guest, on, f"id-of-{user}")

    def resize(self, guest: Guest, target: str, status: str = "confirmed") -> None:
        """Let a server be resized by its owner, which moved it to another host.

        :param status: of its record; ``finished`` waits for the confirmation.
        """
        self.act(guest, "resize")
        record = self.moves.records.open(guest, target, status, RESIZE)
        record.updated = record.created
        if status == "finished":
            self.world.allocations[record.uuid] = self.world.allocations[guest.id]
        self.world.allocations[guest.id] = self.world.shares(guest.needs, target)
        guest.host = target
        if status == "finished":
            guest.vm_state_after_move, guest.vm_state = guest.vm_state, "resized"

    def begin_resize(self, guest: Guest, target: str, vcpus: int) -> None:
        """Let its owner resize a server, which moves it as a cold migration does, and takes as long."""
        needs = {"VCPU": vcpus, "MEMORY_MB": vcpus * 512, "DISK_GB": vcpus}
        self.act(guest, "resize")
        self.moves.ask(guest, RESIZE, target, needs)

    def build(self, name: str, *hosts: str, claim_after: float = 1.0, spawn_seconds: float = 5.0, **more: Any) -> Guest:
        """Let somebody ask for a server, for which the scheduler chooses the first of these hosts.

        :param hosts: each but the last takes the server and fails to start it; the server then goes to the next host.
        """
        guest = self._server(name, "", "building", more.pop("vcpus", 1), task_state="scheduling", **more)
        self.arrivals.send(Arrival(guest, hosts, claim_after, spawn_seconds))
        return guest

    def unshelve(self, guest: Guest, host: str, claim_after: float = 1.0, spawn_seconds: float = 5.0) -> None:
        """Let its owner unshelve a server, for which the scheduler chooses the host."""
        self.act(guest, "unshelve")
        guest.task_state = "unshelving"
        self.arrivals.send(Arrival(guest, [host], claim_after, spawn_seconds))

    def evacuate(self, guest: Guest, target: str, claim_after: float = 1.0, spawn_seconds: float = 5.0) -> None:
        """Let somebody evacuate a server from its dead host."""
        self.act(guest, "evacuate", "admin")
        self.arrivals.evacuate(guest, target, claim_after, spawn_seconds)

    # -- what befalls it

    def cell_down(self, *hosts: str) -> None:
        """Let the database of the cell of these hosts answer no more; guests run on, and Placement knows them."""
        self.world.silent |= set(hosts)

    def cell_up(self, *hosts: str) -> None:
        self.world.silent -= set(hosts)

    def leave_record(self, guest: Guest, source: str, target: str, status: str, kind: str, age: float = 0.0) -> Record:
        """Leave a migration record that will never change again; the server stays on the host where it is.

        :param age: seconds since the record last changed.
        """
        return self.moves.records.leave(guest, source, target, status, kind, age)

    def delete_for_ever(self, guest: Guest) -> None:
        """Let its owner delete a server, and the order to its host get lost."""
        guest.task_state, guest.updated = "deleting", self.clock.utc()

    def unmirror(self, aggregate: Aggregate, host: str) -> None:
        """Placement's mirror of an aggregate lacks a host, as after a request of Nova's that got lost."""
        aggregate.unmirrored.add(host)
