# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The owners of servers, who do with them what they like while hosts are maintained."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable
from typing import Any

from tests.cloud.embedded import servers
from tests.cloud.embedded.rest import HttpError, Session
from tests.cloud.embedded.servers import Server
from tests.cloud.embedded.waiting import wait_for
from tests.soak.journal import Journal
from tests.soak.script import Act
from tests.soak.watcher import Watcher

FEWEST, MOST = 4, 7  # servers of theirs
SETTLED = {"ACTIVE", "PAUSED", "SHUTOFF", "SHELVED_OFFLOADED", "VERIFY_RESIZE", "ERROR"}
SETTLE_SECONDS = 180
NO_HOST = "No valid host"  # what Nova says when all others are in maintenance or disabled
REFUSED = (400, 403, 404, 409)
# What each act asks Nova for, and the states of the servers that it fits.
ACTIONS: dict[str, tuple[str, Any, tuple[str, ...]]] = {
    "stop": ("os-stop", None, ("ACTIVE",)),
    "start": ("os-start", None, ("SHUTOFF",)),
    "pause": ("pause", None, ("ACTIVE",)),
    "unpause": ("unpause", None, ("PAUSED",)),
    "shelve": ("shelve", None, ("ACTIVE", "SHUTOFF")),
    "unshelve": ("unshelve", None, ("SHELVED_OFFLOADED",)),
    "snapshot": ("createImage", {"name": "snapshot"}, ("ACTIVE", "SHUTOFF")),
}
RESIZABLE = ("ACTIVE", "SHUTOFF")


def refuses(error: HttpError) -> bool:
    """Whether Nova refuses a request: it may be busy with the server since a moment ago, which it tells by a 500."""
    return error.status in REFUSED or "UnexpectedTaskStateError" in str(error)


def fault(server: Server) -> str:
    """What Nova says went wrong with a server last."""
    return str(server.get("fault", {}).get("message", "nothing is wrong"))


def settled(session: Session, server: str) -> Server | None:
    """Wait until Nova is not busy with a server; None when it is gone."""

    def look() -> dict[str, Server | None] | None:
        try:
            shown = servers.show(session, server)
        except HttpError as error:
            if error.status != 404:
                raise
            return {"server": None}
        busy = shown["OS-EXT-STS:task_state"] or shown["status"] not in SETTLED
        return None if busy else {"server": shown}

    return wait_for(f"Nova is done with the server {server}", look, SETTLE_SECONDS)["server"]


class Tenants:
    """One project whose users act on its servers.

    :ivar gone: servers that Nova does not know any more, and since when (monotonic seconds).
    :ivar moved: servers that left their place by their owners' doing, by the round's end.
    """

    def __init__(self, session: Session, watcher: Watcher) -> None:
        self._session, self._watcher = session, watcher
        self._numbers = itertools.count(1)
        self._shelved: set[str] = set()  # servers without a guest to watch, in nobody's hands
        self._lock = threading.Lock()
        self.gone: dict[str, float] = {}
        self.moved: set[str] = set()

    def act(self, act: Act, journal: Journal) -> None:
        """Do it, wait until it is done, and note what came of it; Nova may refuse it."""
        if act.what == "build":
            self._build(journal)
        elif act.what == "delete":
            self._on_server(act, SETTLED | {"MIGRATING"}, journal)
        elif act.what.startswith("resize"):
            self._on_server(act, RESIZABLE, journal)
        else:
            self._on_server(act, ACTIONS[act.what][2], journal)

    def build_another(self) -> Server:
        """Boot a server and return it as it is then; one that no host took its owner deletes."""
        key = servers.create(self._session, f"web{next(self._numbers)}")
        self._watcher.take(key)
        server = settled(self._session, key) or {"name": key, "status": "gone"}
        if server["status"] == "ACTIVE":
            self._watcher.give_back(key)
        else:
            self._session.compute("DELETE", f"/servers/{key}")
        return server

    def _build(self, journal: Journal) -> None:
        if len(self._listed()) >= MOST:
            return journal.note("nobody builds: there are enough servers")
        journal.did("build")
        server = self.build_another()
        journal.note(f"{server['name']} is {server['status']} after build: {fault(server)}")
        if server["status"] != "ACTIVE" and NO_HOST not in fault(server):
            journal.find(f"{server['name']} was not built: {fault(server)}")

    def _on_server(self, act: Act, statuses: Iterable[str], journal: Journal) -> None:
        listed = self._listed()
        if act.what == "delete" and len(listed) <= FEWEST:
            return journal.note("nobody deletes: there are too few servers")
        server = self._take(act, [server for server in listed if server["status"] in statuses])
        if server is None:
            return journal.note(f"nothing to {act.what}")
        try:
            journal.did(act.what, server["name"])
            self._do(act, server)
        except HttpError as error:
            if not refuses(error):
                raise
            journal.did("refused", f"{act.what} {server['name']}: {error}")
        self._end(act, server, journal)

    def _take(self, act: Act, candidates: list[Server]) -> Server | None:
        """One of them that nobody is at work on; a shelved server is always in its owner's hands."""
        free = [server for server in candidates if server["id"] in self._shelved or self._watcher.is_free(server["id"])]
        if not free:
            return None
        server = free[int(act.choice * len(free))]
        return server if self._hold(server["id"]) else None

    def _hold(self, key: str) -> bool:
        """Take a server into hands that nobody else has it in; one that is shelved is watched by nobody."""
        with self._lock:
            shelved = key in self._shelved
            self._shelved.discard(key)
        return shelved or self._watcher.take(key)

    def _do(self, act: Act, server: Server) -> None:
        key = server["id"]
        if act.what == "delete":
            self.moved.add(key)
            self._session.compute("DELETE", f"/servers/{key}")
        elif act.what.startswith("resize"):
            self._resize(act, server)
        else:
            if act.what in ("shelve", "unshelve"):
                self.moved.add(key)
            name, options, _statuses = ACTIONS[act.what]
            servers.act(self._session, key, name, options)

    def _resize(self, act: Act, server: Server) -> None:
        """Resize it, look at it for a while, and confirm or revert that."""
        key = server["id"]
        flavors = {flavor["name"]: flavor["id"] for flavor in self._session.compute("GET", "/flavors")["flavors"]}
        other = "small" if server["flavor"]["original_name"] == "tiny" else "tiny"
        servers.act(self._session, key, "resize", {"flavorRef": flavors[other]})
        resized = settled(self._session, key)
        if resized and resized["status"] == "VERIFY_RESIZE":
            time.sleep(act.lasts)
            servers.act(self._session, key, "revertResize" if act.what.endswith("revert") else "confirmResize")

    def _end(self, act: Act, server: Server, journal: Journal) -> None:
        """A server that is shelved or gone has no guest to watch."""
        shown = settled(self._session, server["id"])
        status = shown["status"] if shown else "gone"
        if not shown:
            self.gone[server["id"]] = time.monotonic()
        if status == "ERROR" and shown:
            journal.find(f"{server['name']} is in ERROR: {fault(shown)}")
        if status == "SHELVED_OFFLOADED":
            self._shelved.add(server["id"])
        elif shown:
            self._watcher.give_back(server["id"])
        journal.note(f"{server['name']} is {status} after {act.what}")

    def _listed(self) -> list[Server]:
        listed = self._session.compute("GET", "/servers/detail")["servers"]
        return sorted(listed, key=lambda server: int(server["name"].removeprefix("web")))
