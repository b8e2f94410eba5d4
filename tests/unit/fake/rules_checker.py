# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Checks every request and every moment of a drain, or of bringing servers back, and fails when a rule is broken.

Others use the cloud as well, so a rule about the servers of a host covers only those that the run could know of: those
that were there when it began, those that are there at the moment of a request, and those that it sent there itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import read_mark
from fake.cloud import FakeCloud
from fake.model import Group, Guest
from fake.moves import Move
from fake.wire import Request

MOVES = ("os-migrateLive", "migrate")


class RulesChecker:
    """Checks the rules of maintenance for one host.

    :param options: those of the maintenance, by name.
    :ivar meddled: servers that others did something with, to which not all rules apply.
    """

    def __init__(self, cloud: FakeCloud, host: str, options: dict[str, Any]) -> None:
        self._cloud, self._host, self._options = cloud, host, options
        self._draining = False
        self._watching = False
        self._deadline = float("inf")
        self._sent: dict[tuple[str, float], str] = {}  # the moves that this run asked for: server and time -> target
        self._placed: dict[str, str] = {}  # the host of each server when this run began
        self._stopped: set[str] = set()  # servers that a run of ours shut down
        self.meddled: set[str] = set()
        cloud.watchers.append(self._check_request)
        cloud.clock.on_tick(self._check_moment)

    def begin(self, draining: bool, limit: float) -> None:
        """Begin to check a run, which knows nothing of earlier runs.

        :param draining: whether it drains the host; else it brings servers back. :param limit: seconds it may take.
        """
        self._deadline = self._cloud.clock.now() + limit
        self._draining, self._watching = draining, True
        self._sent.clear()
        self._placed = {guest.id: guest.host for guest in self._cloud.world.guests.values()}

    def end(self) -> None:
        """Check no requests until the next run begins."""
        self._watching, self._deadline = False, float("inf")

    # -- at every moment

    def _check_moment(self) -> None:
        world = self._cloud.world
        assert self._cloud.clock.now() <= self._deadline, "the run takes too long"
        for name, host in world.hosts.items():
            used = world.used(name)
            assert all(used[kind] <= total for kind, total in host.capacity.items()), f"{name} is over its capacity"
        for group in world.groups:
            if group.policy == "anti-affinity":
                places = [guest.host for guest in self._members(group) if guest.id not in self.meddled]
                most = max((places.count(place) for place in places), default=0)
                assert most <= (group.max_server_per_host or 1), f"{group.name} is broken"

    def _members(self, group: Group) -> list[Guest]:
        return [self._cloud.world.guests[key] for key in group.members if key in self._cloud.world.guests]

    # -- at every request

    def _check_request(self, request: Request) -> None:
        if not (self._watching and request.writes):
            return
        if request.service == "compute" and "/os-services/" in request.path:
            self._check_service()
        elif request.path.endswith("/action") and "/servers/" in request.path and "/migrations/" not in request.path:
            key = request.path.split("/")[-2]
            ((action, arguments),) = request.body.items()
            guest = self._cloud.world.guests[key]
            if action in MOVES:
                self._check_move(guest, action, arguments["host"])
            else:
                self._check_switch(guest, action)

    def _check_service(self) -> None:
        """Only a host that is in service, or that we took out of it, may be enabled or marked."""
        host = self._cloud.world.hosts[self._host]
        mark = read_mark(host.reason)
        assert host.enabled or (mark and mark.owner == "me"), f"the foreign reason {host.reason!r} is overwritten"

    def _check_switch(self, guest: Guest, action: str) -> None:
        if action == "os-stop":
            assert self._granted_tags(guest, "stop") and guest.vm_state == "active", f"{guest.name} is stopped"
            self._stopped.add(guest.id)
        elif action == "os-start":
            assert guest.id in self._stopped and guest.actions[-1]["user_id"] == "id-of-admin", (
                "another user shut it down"
            )
        else:
            assert action == "confirmResize" and guest.vm_state == "resized"

    def _granted_tags(self, guest: Guest, tag: str) -> bool:
        tags = {f"maintenance:{kind}" for kind in self._options["granted_tags"]} & guest.tags
        return tags == {f"maintenance:{tag}"}

    def _check_move(self, guest: Guest, action: str, target: str) -> None:
        moving = self._ours()
        assert guest.task_state is None, f"{guest.name} is busy with {guest.task_state}"
        assert guest.vm_state in ("active", "paused", "stopped"), f"{guest.name} cannot move"
        cold = guest.vm_state == "stopped" or (self._draining and self._granted_tags(guest, "cold"))
        assert action == ("migrate" if cold and guest.vm_state != "paused" else "os-migrateLive"), guest.name
        assert len(moving) < self._options["max_concurrent"], "too many at once"
        for group in self._cloud.world.groups:
            if guest.id in group.members:
                together = [move.guest.name for move in moving if move.guest.id in group.members]
                assert not together, f"{guest.name} and {together} of one group move together"
        if self._draining:
            assert (guest.host, target != self._host) == (self._host, True)
            planned = self._options["moves"].get(guest.id) == target
            self._check_target(guest, target, moving, 0 if planned else self._options["capacity_margin"])
        else:
            assert target == self._host
        self._sent[guest.id, self._cloud.clock.now()] = target

    def _ours(self) -> list[Move]:
        """Return the moves under way that this run asked for."""
        return [move for move in self._cloud.moves.under_way if (move.guest.id, move.posted) in self._sent]

    def _check_target(self, guest: Guest, target: str, moving: Collection[Move], margin: float) -> None:
        """:param margin: percent of each resource class that have to stay free on the target."""
        world = self._cloud.world
        used = world.used(target)
        for move in moving:
            if move.target == target and (move.record is None or move.record.destination is None):
                used = {kind: amount + move.guest.needs.get(kind, 0) for kind, amount in used.items()}
        for kind, total in world.hosts[target].capacity.items():
            assert used[kind] + guest.needs[kind] <= total * (100 - margin) / 100, f"{target} lacks {kind}"
        assert world.hosts[target].version >= world.hosts[self._host].version
        assert guest.zone in (None, world.zone_of(target))
        for group in world.groups:
            if guest.id in group.members:
                assert group.policy != "affinity"
                others = [
                    member for member in self._members(group) if member is not guest and self._known(member, target)
                ]
                allowed = group.max_server_per_host or 1
                assert group.policy != "anti-affinity" or len(others) < allowed, f"{group.name} on {target}"

    def _known(self, guest: Guest, host: str) -> bool:
        """Return whether this run knows that a server is on the host, or on its way there."""
        sent = host in (target for (key, _time), target in self._sent.items() if key == guest.id)
        coming = any(move.guest is guest and move.target == host for move in self._ours())
        return coming or (guest.host == host and (sent or self._placed.get(guest.id) == host))
