# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's servers and server groups, and the actions that move servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake.cells import PARTIAL_SINCE, Cells, partial_server
from fake.keystone import Keystone
from fake.model import Guest, World, identifier
from fake.moves import COLD, LIVE, Move, Moves
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
    def __init__(
        self,
        world: World,
        cells: Cells,
        routes: Routes,
        keystone: Keystone,
        moves: Moves,
        paged: Callable[..., Reply],
    ) -> None:
        self._world, self._cells, self._keystone = world, cells, keystone
        self._moves, self._paged = moves, paged
        routes.add("GET", "/servers/detail", self._list)
        routes.add("GET", "/servers/([^/]+)", self._show)
        routes.add("POST", "/servers/([^/]+)/action", self._action)
        routes.add("GET", "/servers/([^/]+)/migrations", self._transfers)
        routes.add("DELETE", "/servers/([^/]+)/migrations/([^/]+)", self._abort)
        routes.add("POST", "/servers/([^/]+)/migrations/([^/]+)/action", self._force)
        routes.add("GET", "/servers/([^/]+)/os-instance-actions", self._history)
        routes.add("GET", "/os-server-groups", self._groups)

    def _mapped(self, key: str) -> Guest:
        """A server as the API's own database knows it, whatever becomes of its cell."""
        if key not in self._world.guests:
            raise Refusal(404, f"Instance {key} could not be found.")
        return self._world.guests[key]

    def _find(self, key: str) -> Guest:
        guest = self._mapped(key)
        self._cells.ask(guest)
        return guest

    def _list(self, request: Request) -> Reply:
        host = request.query.get("host")
        guests = [one for one in self._world.guests.values() if host in (None, one.host)]
        whole, partial = self._cells.listed(request, guests)
        rows = [_shown(one, request.microversion) for one in whole] + [partial_server(one) for one in partial]
        reply = self._paged(request, "servers", rows)
        if "servers_links" in reply.body and host:
            for link in reply.body["servers_links"]:
                link["href"] += f"&host={host}&all_tenants=1"
        return reply

    def _show(self, request: Request, key: str) -> Reply:
        guest = self._mapped(key)
        if not self._cells.answer_for(guest) and request.microversion >= PARTIAL_SINCE:
            return Reply(200, {"server": {**partial_server(guest), **_from_request(guest)}})
        return Reply(200, {"server": _shown(self._find(key), request.microversion)})

    def _groups(self, request: Request) -> Reply:
        """An offset and a limit, and no links. Each member's cell is asked whether it is deleted."""
        for key in {key for group in self._world.groups for key in group.members} & set(self._world.guests):
            self._cells.ask(self._world.guests[key])
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

    # -- live migrations in progress

    def _transfers(self, _request: Request, key: str) -> Reply:
        rows = [
            {
                "id": move.record.id,
                "status": move.record.status,
                "server_uuid": key,
                **move.progress(self._moves.now()).shown,
            }
            for move in self._moves.transfers(self._find(key))
            if move.record
        ]
        return Reply(200, {"migrations": rows})

    def _abort(self, request: Request, key: str, number: str) -> Reply:
        """Of a queued one from 2.65 on."""
        move = self._transfer(key, number)
        if move.running_since is None and request.microversion < (2, 65):
            raise Refusal(400, "The migration is not running.")
        self._moves.abort(move)
        return Reply(202)

    def _force(self, _request: Request, key: str, number: str) -> Reply:
        move = self._transfer(key, number)
        if move.running_since is None:
            raise Refusal(400, "The migration is not running.")
        self._moves.force(move)
        return Reply(202)

    def _transfer(self, key: str, number: str) -> Move:
        for move in self._moves.transfers(self._find(key)):
            if move.record and str(move.record.id) == number:
                return move
        raise Refusal(404, f"In-progress live migration {number} is not found for server {key}.")

    def _history(self, _request: Request, key: str) -> Reply:
        return Reply(200, {"instanceActions": list(reversed(self._find(key).actions))})

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
        if action in ("os-stop", "os-start"):
            self._check(guest, action, ("active",) if action == "os-stop" else ("stopped",))
            user = self._keystone.user(request.headers.get("X-Auth-Token"))
            self._moves.switch(guest, on=action == "os-start", user=f"id-of-{user.name}" if user else "nobody")
            return Reply(202)
        if action == "confirmResize":
            self._check(guest, action, ("resized",))
            self._moves.confirm(guest)
            return Reply(204)
        if action == "revertResize":
            self._check(guest, action, ("resized",))
            self._moves.confirmations.revert(guest)
            return Reply(202)
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


def _shown(guest: Guest, microversion: tuple[int, int]) -> dict[str, Any]:
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
        "tags": sorted(guest.tags),
        "addresses": dict(guest.addresses),
        "tenant_id": guest.project,
        "created": f"{guest.created:%Y-%m-%dT%H:%M:%SZ}",
        "flavor": _flavor(guest),
        "image": _image(guest),
        **({"pinned_availability_zone": guest.zone} if microversion >= (2, 96) else {}),
        "OS-EXT-SRV-ATTR:host": guest.host or None,
        "OS-EXT-STS:vm_state": guest.vm_state,
        "OS-EXT-STS:task_state": guest.task_state,
    }


def _flavor(guest: Guest) -> dict[str, Any]:
    return {
        "vcpus": guest.needs.get("VCPU", 0),
        "ram": guest.memory,
        "disk": 0,
        "ephemeral": guest.needs.get("DISK_GB", 0),  # which counts also where the root disk is a volume
        "swap": 0,
        "extra_specs": dict(guest.extra_specs),
    }


def _image(guest: Guest) -> Any:
    return {"id": guest.image} if guest.image else ""


def _from_request(guest: Guest) -> dict[str, Any]:
    """What the request for a server said, which the API's own database keeps; shown for one server alone."""
    return {
        "flavor": _flavor(guest),
        "image": _image(guest),
        "OS-EXT-AZ:availability_zone": guest.zone or "UNKNOWN",
        "OS-EXT-STS:power_state": 0,
        "user_id": "id-of-demo",
    }
