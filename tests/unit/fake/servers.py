# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's servers and server groups, and the actions that move servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.accounts.table import ADMINISTRATOR
from tests.unit.fake.actions import listed
from tests.unit.fake.cells import PARTIAL_SINCE, Cells
from tests.unit.fake.keystone import Keystone
from tests.unit.fake.model import Guest, Record, World, identifier, iso
from tests.unit.fake.moves import COLD, LIVE, Move, Moves
from tests.unit.fake.policies import PROGRESS_HOSTS, Policies
from tests.unit.fake.progress import Progress
from tests.unit.fake.server_views import ServerViews, partial_server, status_of
from tests.unit.fake.wire import Refusal, Reply, Request, Routes

# What a server can be asked for: the answer's status, and the states in which it may be.
_ACTIONS = {
    "os-migrateLive": (202, ("active", "paused")),
    "migrate": (202, ("active", "stopped")),
    "rebuild": (202, ("active",)),
    "os-stop": (202, ("active",)),
    "os-start": (202, ("stopped",)),
    "confirmResize": (204, ("resized",)),
    "revertResize": (202, ("resized",)),
}


class Servers:
    def __init__(
        self,
        world: World,
        cells: Cells,
        policies: Policies,
        routes: Routes,
        keystone: Keystone,
        moves: Moves,
        paged: Callable[..., Reply],
        rebuild: Callable[[Guest], None],
    ) -> None:
        self._world, self._cells, self._policies = world, cells, policies
        self._keystone, self._moves, self._paged, self._rebuild = keystone, moves, paged, rebuild
        self._views = ServerViews(policies)
        routes.add("GET", "/servers/detail", self._list)
        routes.add("GET", "/servers/([^/]+)", self._show)
        routes.add("POST", "/servers/([^/]+)/action", self._action)
        routes.add("GET", "/servers/([^/]+)/migrations", self._transfers)
        routes.add("DELETE", "/servers/([^/]+)/migrations/([^/]+)", self._abort)
        routes.add("POST", "/servers/([^/]+)/migrations/([^/]+)/action", self._force)
        routes.add("GET", "/servers/([^/]+)/os-instance-actions", self._history)
        routes.add("GET", "/servers/([^/]+)/os-instance-actions/([^/]+)", self._events)
        routes.add("GET", "/os-server-groups", self._groups)

    def _mapped(self, key: str) -> Guest:
        """Return a server as the API's own database knows it, also when its cell does not answer."""
        if key not in self._world.guests:
            raise Refusal(404, f"Instance {key} could not be found.")
        return self._world.guests[key]

    def _find(self, key: str) -> Guest:
        guest = self._mapped(key)
        self._cells.ask(guest)
        return guest

    def _list(self, request: Request) -> Reply:
        """List servers. A filter to which the user has no right does nothing, and the answer does not say so."""
        asked = self._policies.filtered(request)
        whole, partial = self._cells.listed(asked, list(self._world.guests.values()))
        own = None if "all_tenants" in asked.query else self._project(request)
        whole = [guest for guest in whole if own in (None, guest.project)]
        entries = [self._views.whole(request, guest) for guest in whole if self._passes(guest, asked.query)]
        entries += [partial_server(guest) for guest in partial]
        reply = self._paged(request, "servers", entries)
        host = request.query.get("host")
        if "servers_links" in reply.body and host:
            for link in reply.body["servers_links"]:
                link["href"] += f"&host={host}&all_tenants=1"
        return reply

    def _passes(self, guest: Guest, filters: Mapping[str, str]) -> bool:
        listed = not self._world.hides_soft_deleted or _undeleted_or_asked_for(guest, filters)
        asked = (("host", guest.host), ("uuid", guest.id), ("status", status_of(guest)))
        wanted = all(filters.get(name) in (None, value) for name, value in asked)
        return listed and wanted and set(filters.get("tags", "").split(",")) - {""} <= guest.tags

    def _show(self, request: Request, key: str) -> Reply:
        guest = self._mapped(key)
        if not self._cells.answer_for(guest) and request.microversion >= PARTIAL_SINCE:
            return Reply(200, {"server": self._views.partial(request, guest)})
        return Reply(200, {"server": self._views.whole(request, self._find(key))})

    def _groups(self, request: Request) -> Reply:
        """List groups, by an offset and without links. Each member's cell is asked whether the member is deleted.

        Every group is another project's, and who is no administrator gets those of its own without a word.
        """
        if not self._policies.allow(request, ADMINISTRATOR):
            return Reply(200, {"server_groups": []})
        for key in {key for group in self._world.groups for key in group.members} & set(self._world.guests):
            self._cells.ask(self._world.guests[key])
        entries = [
            {
                "id": identifier("group", group.name),
                "name": group.name,
                "policy": group.policy,
                "rules": {"max_server_per_host": group.max_server_per_host} if group.max_server_per_host else {},
                "members": [key for key in group.members if key in self._world.guests],
            }
            for group in self._world.groups
        ]
        return Reply(200, {"server_groups": entries[int(request.query.get("offset", 0)) :]})

    # -- live migrations in progress

    def _transfers(self, request: Request, key: str) -> Reply:
        """List the live migrations of a server that are open, also those at which no service works any more."""
        now = self._moves.now()
        moves = self._moves.live_migrations(self._find(key))
        progress = {move.record.id: move.progress(now) for move in moves if move.record}
        entries = [
            self._transfer_view(request, record, progress.get(record.id, Progress()))
            for record in self._world.records
            if record.id in progress or (record.server, record.type, record.status) == (key, LIVE, "post-migrating")
        ]
        return Reply(200, {"migrations": entries})

    def _transfer_view(self, request: Request, record: Record, progress: Progress) -> dict[str, Any]:
        places = {"source_compute": record.source, "dest_compute": record.destination, "dest_host": None}
        places |= {"source_node": record.source, "dest_node": record.destination}
        hidden = not self._policies.allow(request, PROGRESS_HOSTS)
        return {
            "id": record.id,
            "uuid": record.uuid,
            "status": record.status,
            "server_uuid": record.server,
            "created_at": iso(record.created),
            "updated_at": iso(record.updated),
            **progress.view,
            **(dict.fromkeys(places) if hidden else places),
        }

    def _abort(self, request: Request, key: str, number: str) -> Reply:
        """Abort a live migration; one that is queued from 2.65 on."""
        move = self._transfer(key, number)
        if move.running_since is None and request.microversion < (2, 65):
            raise Refusal(400, "The migration is not running.")
        self._moves.abort(move)
        self._moves.actions.add(move.guest, "live_migration_cancel", self._user(request))
        return Reply(202)

    def _force(self, request: Request, key: str, number: str) -> Reply:
        move = self._transfer(key, number)
        if move.running_since is None:
            raise Refusal(400, "The migration is not running.")
        self._moves.force(move)
        self._moves.actions.add(move.guest, "live_migration_force_complete", self._user(request))
        return Reply(202)

    def _transfer(self, key: str, number: str) -> Move:
        """Return an open live migration. A server that does not migrate is refused before its record is searched."""
        guest = self._find(key)
        if guest.task_state != "migrating":
            raise Refusal(409, f"Cannot abort or force the live migration of {key} in task_state {guest.task_state}")
        for move in self._moves.live_migrations(guest):
            if move.record and str(move.record.id) == number:
                return move
        raise Refusal(404, f"In-progress live migration {number} is not found for server {key}.")

    def _history(self, _request: Request, key: str) -> Reply:
        return Reply(200, {"instanceActions": listed(self._find(key))})

    def _events(self, _request: Request, key: str, request: str) -> Reply:
        """Show one action with what was done for it, of which the fake knows nothing but that it was done."""
        action = next((entry for entry in listed(self._find(key)) if entry["request_id"] == request), None)
        if action is None:
            raise Refusal(404, f"Action for request_id {request} on instance {key} not found")
        event = {"event": f"compute_{action['action']}", "result": "Success", "traceback": None, "host": "cmp01"}
        return Reply(200, {"instanceAction": {**action, "events": [{**event, "start_time": action["start_time"]}]}})

    # -- actions

    def _action(self, request: Request, key: str) -> Reply:
        guest = self._find(key)
        ((action, arguments),) = request.body.items()
        if action not in _ACTIONS:
            raise Refusal(400, f"There is no such action: {action}")
        status, states = _ACTIONS[action]
        if action == "os-migrateLive" and "force" in arguments and request.microversion >= (2, 68):
            raise Refusal(400, "Additional properties are not allowed ('force' was unexpected)")
        self._check(guest, action, states)
        if action in ("os-stop", "os-start"):
            self._moves.switch(guest, on=action == "os-start", user=self._user(request))
            return Reply(status)
        if action == "os-migrateLive":
            forced = arguments.get("force", False)
            assert not forced or any(tag.startswith("stackops:canary:") for tag in guest.tags), "a tenant's server"
            self._move(guest, LIVE, arguments["host"], request, forced)
        elif action == "migrate":
            self._move(guest, COLD, (arguments or {}).get("host"), request)
        elif action == "rebuild":
            self._rebuild(guest)
        elif action == "confirmResize":
            self._moves.confirm(guest)
        else:
            self._moves.confirmations.revert(guest)
        self._moves.actions.add(guest, action, self._user(request))
        return Reply(status)

    def _project(self, request: Request) -> str:
        user = self._keystone.user(request.headers.get("X-Auth-Token"))
        return user.project if user else ""

    def _user(self, request: Request) -> str:
        user = self._keystone.user(request.headers.get("X-Auth-Token"))
        return f"id-of-{user.name}" if user else "unknown"

    def _check(self, guest: Guest, action: str, states: tuple[str, ...]) -> None:
        if guest.vm_state not in states:
            state = f"vm_state {guest.vm_state}"
        elif guest.task_state is not None:
            state = f"task_state {guest.task_state}"
        else:
            return
        raise Refusal(409, f"Cannot '{action}' instance {guest.id} while it is in {state}")

    def _move(self, guest: Guest, kind: str, target: str | None, request: Request, forced: bool = False) -> None:
        if target is not None and target not in self._world.hosts:
            raise Refusal(400, f"Compute host {target} could not be found.")
        if target == guest.host and kind == COLD:
            raise Refusal(400, "Cannot migrate to the host where the server exists.")
        if target is None:
            others = (name for name in self._world.hosts if self._moves.fits(guest, name))
            target = next(others, guest.host)  # its own host means: no valid host
        if kind == LIVE and request.microversion < (2, 30):
            raise AssertionError("A request below microversion 2.30 bypasses the scheduler: never send one.")
        self._moves.ask(guest, kind, target, user=self._user(request), forced=forced)


def _undeleted_or_asked_for(guest: Guest, filters: Mapping[str, str]) -> bool:
    """A SOFT_DELETED server is listed where either filter asks for it, and any text asks, be it ``false``."""
    soft_deleted = guest.vm_state == "soft-delete"
    if filters.get("deleted", "").lower() in ("1", "t", "true", "on", "y", "yes"):
        return soft_deleted and filters.get("soft_deleted") != ""
    return not soft_deleted or bool(filters.get("soft_deleted"))
