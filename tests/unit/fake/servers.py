# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's servers and server groups, and the actions that move servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake.model import Guest, World, identifier
from fake.moves import COLD, LIVE, Moves
from fake.wire import Refusal, Reply, Request, Routes

_STATUS = {
    "active": "ACTIVE",
    "stopped": "SHUTOFF",
    "resized": "VERIFY_RESIZE",
    "building": "BUILD",
    "rescued": "RESCUE",
    "soft-delete": "SOFT_DELETED",
}


class Servers:
    def __init__(self, world: World, routes: Routes, moves: Moves, paged: Callable[..., Reply]) -> None:
        self._world, self._moves, self._paged = world, moves, paged
        routes.add("GET", "/servers/detail", self._list)
        routes.add("GET", "/servers/([^/]+)", self._show)
        routes.add("POST", "/servers/([^/]+)/action", self._action)
        routes.add("GET", "/os-server-groups", self._groups)

    def _find(self, key: str) -> Guest:
        if key not in self._world.guests:
            raise Refusal(404, f"Instance {key} could not be found.")
        return self._world.guests[key]

    def _list(self, request: Request) -> Reply:
        host = request.query.get("host")
        guests = [one for one in self._world.guests.values() if host in (None, one.host)]
        rows = [_shown(one) for one in guests]
        reply = self._paged(request, "servers", rows)
        if "servers_links" in reply.body and host:
            for link in reply.body["servers_links"]:
                link["href"] += f"&host={host}&all_tenants=1"
        return reply

    def _show(self, _request: Request, key: str) -> Reply:
        return Reply(200, {"server": _shown(self._find(key))})

    def _groups(self, request: Request) -> Reply:
        """An offset and a limit, and no links."""
        rows = [
            {
                "id": identifier("group", one.name),
                "name": one.name,
                "policy": one.policy,
                "rules": {"max_server_per_host": one.max_server_per_host} if one.max_server_per_host else {},
                "members": [key for key in one.members if key in self._world.guests],
            }
            for one in self._world.groups
        ]
        return Reply(200, {"server_groups": rows[int(request.query.get("offset", 0)) :]})

    # -- actions

    def _action(self, request: Request, key: str) -> Reply:
        guest = self._find(key)
        ((action, arguments),) = request.body.items()
        if action == "os-migrateLive":
            if "force" in arguments and request.microversion >= (2, 68):
                raise Refusal(400, "Additional properties are not allowed ('force' was unexpected)")
            self._check(guest, action, ("active", "paused"))
            self._move(guest, LIVE, arguments["host"], request)
            return Reply(202)
        if action == "migrate":
            self._check(guest, action, ("active", "stopped"))
            self._move(guest, COLD, (arguments or {}).get("host"), request)
            return Reply(202)
        if action == "confirmResize":
            self._check(guest, action, ("resized",))
            self._moves.confirm(guest)
            return Reply(204)
        raise Refusal(400, f"There is no such action: {action}")

    def _check(self, guest: Guest, action: str, states: tuple[str, ...]) -> None:
        if guest.vm_state not in states:
            found = f"vm_state {guest.vm_state}"
        elif guest.task_state is not None:
            found = f"task_state {guest.task_state}"
        else:
            return
        raise Refusal(409, f"Cannot '{action}' instance {guest.id} while it is in {found}")

    def _move(self, guest: Guest, kind: str, target: str | None, request: Request) -> None:
        if target is not None and target not in self._world.hosts:
            raise Refusal(400, f"Compute host {target} could not be found.")
        if target == guest.host and kind == COLD:
            raise Refusal(400, "Cannot migrate to the host where the server exists.")
        if target is None:
            others = (name for name in self._world.hosts if self._moves.fits(guest, name))
            target = next(others, guest.host)  # its own host stands for no valid host
        if kind == LIVE and request.microversion < (2, 30):
            raise AssertionError("A request below microversion 2.30 bypasses the scheduler: never send one.")
        self._moves.ask(guest, kind, target)


def _shown(guest: Guest) -> dict[str, Any]:
    status = _STATUS.get(guest.vm_state, guest.vm_state.upper())
    if guest.task_state == "migrating":
        status = "MIGRATING"
    elif guest.task_state and guest.task_state.startswith("resize"):
        status = "RESIZE"
    return {
        "id": guest.id,
        "name": guest.name,
        "status": status,
        "locked": guest.locked,
        "OS-EXT-SRV-ATTR:host": guest.host,
        "OS-EXT-STS:vm_state": guest.vm_state,
        "OS-EXT-STS:task_state": guest.task_state,
    }
