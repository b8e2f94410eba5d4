# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers that the user of the API builds on a chosen host, rebuilds and deletes, and the flavors of them."""

from __future__ import annotations

import re

from tests.unit.fake.arrivals import Arrival, Arrivals
from tests.unit.fake.clock import FakeClock
from tests.unit.fake.keystone import Keystone
from tests.unit.fake.model import Guest, World, identifier
from tests.unit.fake.wire import Refusal, Reply, Request, Routes

NO_VALID_HOST = "No valid host was found. There are not enough hosts available."
_TAG = re.compile(r"[^,/]{1,60}")


class Builds:
    """:ivar refusing: hosts that fail to start a server, with what Nova then says. :ivar seconds: a build takes.

    :ivar silent: hosts that start nothing when they rebuild, while Nova calls the server active.
    """

    def __init__(self, world: World, clock: FakeClock, keystone: Keystone, arrivals: Arrivals, routes: Routes) -> None:
        self._world, self._clock, self._keystone, self._arrivals = world, clock, keystone, arrivals
        self.refusing: dict[str, str] = {}
        self.silent: set[str] = set()
        self.seconds = 3.0
        self.deletes_after = 1.0  # seconds; never if it is infinite
        routes.add("GET", "/flavors", self._flavors)
        routes.add("POST", "/servers", self._build)
        routes.add("DELETE", "/servers/([^/]+)", self._delete)

    def _flavors(self, _request: Request) -> Reply:
        flavors = [{"id": identifier("flavor", name), "name": name} for name in self._world.flavors]
        return Reply(200, {"flavors": flavors})

    def _build(self, request: Request) -> Reply:
        """Accept a server for a host, which the scheduler checks afterwards, from 2.74 on."""
        wanted = request.body["server"]
        if "host" not in wanted or request.microversion < (2, 74):
            raise Refusal(400, "Additional properties are not allowed ('host' was unexpected)")
        if wanted["host"] not in self._world.hosts:
            raise Refusal(400, f"Compute host {wanted['host']} could not be found.")
        if not all(_TAG.fullmatch(tag) for tag in wanted["tags"]):
            raise Refusal(400, "Invalid input for field/attribute 0.")
        if wanted["imageRef"] not in {image["id"] for image in self._world.images}:
            raise Refusal(400, "Can not find requested image")
        flavors = {identifier("flavor", name): needs for name, needs in self._world.flavors.items()}
        if wanted["flavorRef"] not in flavors:
            raise Refusal(400, f"Flavor {wanted['flavorRef']} could not be found.")
        user = self._keystone.user(request.headers.get("X-Auth-Token"))
        guest = Guest(
            wanted["name"],
            "",
            "building",
            task_state="scheduling",
            needs=dict(flavors[wanted["flavorRef"]]),
            image=wanted["imageRef"],
            tags=set(wanted["tags"]),
            created=self._clock.utc(),
            project=user.project if user else "",
        )
        while guest.id in self._world.guests:
            guest.number += 1
        self._world.guests[guest.id] = guest
        self._schedule(guest, wanted["host"])
        return Reply(202, {"server": {"id": guest.id}})

    def _schedule(self, guest: Guest, name: str) -> None:
        host = self._world.hosts[name]
        if not (host.offered and host.enabled and host.alive and self._world.fits(guest.needs, name)):
            self._clock.after(1.0, lambda: _break(guest, NO_VALID_HOST))
        elif name in self.refusing:
            guest.host = name
            self._clock.after(1.0, lambda: _break(guest, self.refusing[name]))
        else:
            self._arrivals.send(Arrival(guest, [name], 1.0, self.seconds))

    def rebuild(self, guest: Guest) -> None:
        """Build a server anew on its host. The scheduler is not asked, so the host may be disabled."""
        guest.task_state = "rebuilding"

        def rebuilt() -> None:
            guest.task_state = None
            if guest.host not in self.silent:
                guest.launched = self._clock.utc()

        if guest.host in self.refusing:
            self._clock.after(1.0, lambda: _break(guest, self.refusing[guest.host]))
        else:
            self._clock.after(self.seconds, rebuilt)

    def _delete(self, _request: Request, key: str) -> Reply:
        if key not in self._world.guests:
            raise Refusal(404, f"Instance {key} could not be found.")
        self._world.guests[key].task_state = "deleting"
        if self.deletes_after != float("inf"):
            self._clock.after(self.deletes_after, lambda: self._gone(key))
        return Reply(204)

    def _gone(self, key: str) -> None:
        self._world.guests.pop(key, None)
        self._world.allocations.pop(key, None)


def _break(guest: Guest, fault: str) -> None:
    guest.vm_state, guest.task_state, guest.fault = "error", None, fault
