# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Other operators, who disable, enable and empty hosts as they like while we maintain ours."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from tests.cloud.embedded import servers
from tests.cloud.embedded.rest import HttpError, Session
from tests.cloud.embedded.servers import Server
from tests.soak.journal import Journal
from tests.soak.script import Act
from tests.soak.tenants import refuses, settled
from tests.soak.watcher import Watcher

REASON = "broken fan"
MARKED = "stackops:"


class Operators:
    """They act on any host.

    :ivar taken: hosts that they took from a maintenance: they enabled them, or disabled them over its mark.
    """

    def __init__(self, session: Session, watcher: Watcher) -> None:
        self._session, self._watcher = session, watcher
        self.taken: set[str] = set()
        self._disabled: set[str] = set()

    def act(self, act: Act, maintained: Collection[str], journal: Journal) -> None:
        """Do it, and undo what is not to stay."""
        if act.what == "disable":
            self._disable(act, self._hosts(set(self._services()) - set(maintained), act), journal)
        elif act.what == "disable ours":
            self._disable(act, self._hosts(maintained, act), journal)
        elif act.what == "enable ours":
            self._enable(act, self._hosts(maintained, act), journal)
        else:
            self._move(act, maintained, journal)

    @staticmethod
    def _hosts(hosts: Collection[str], act: Act) -> str:
        return sorted(hosts)[int(act.choice * len(hosts))]

    # -- services

    def _services(self) -> dict[str, dict[str, Any]]:
        listed = self._session.compute("GET", "/os-services?binary=nova-compute")["services"]
        return {service["host"]: service for service in listed}

    def _put(self, service: dict[str, Any], **values: str) -> None:
        self._session.compute("PUT", f"/os-services/{service['id']}", values)

    def _disable(self, act: Act, host: str, journal: Journal) -> None:
        """Disable a host, see for a while that it stays so, and enable it."""
        service = self._services()[host]
        if host in self._disabled or service["disabled_reason"] == REASON:
            return journal.note(f"{host} is disabled already")
        self._disabled.add(host)
        if (service["disabled_reason"] or "").startswith(MARKED):
            self.taken.add(host)
        self._put(service, status="disabled", disabled_reason=REASON)
        journal.did(act.what, f"({host}), which was {service['status']} ({service['disabled_reason']})")
        time.sleep(act.lasts)
        now = self._services()[host]
        if (now["status"], now["disabled_reason"]) != ("disabled", REASON):
            journal.find(f"others had {host} disabled ({REASON}), and it is {now['status']} ({now['disabled_reason']})")
        self._put(service, status="enabled")
        self._disabled.discard(host)
        journal.note(f"{host} is enabled again")

    def _enable(self, act: Act, host: str, journal: Journal) -> None:
        service = self._services()[host]
        if not (service["disabled_reason"] or "").startswith(MARKED):
            return journal.note(f"{host} is not to be enabled: it is {service['status']}")
        self.taken.add(host)
        self._put(service, status="enabled")
        journal.did(act.what, f"({host}), which had {service['disabled_reason']}")

    # -- servers

    def _move(self, act: Act, maintained: Collection[str], journal: Journal) -> None:
        """Live-migrate to where the scheduler likes or to a host in maintenance, or migrate cold."""
        listed = self._session.compute("GET", "/servers/detail?all_tenants=1")["servers"]
        statuses = ("ACTIVE", "SHUTOFF") if act.what == "cold-migrate" else ("ACTIVE", "PAUSED")
        fitting = [server for server in listed if server["status"] in statuses and self._watcher.is_free(server["id"])]
        if not fitting:
            return journal.note(f"nothing to {act.what}")
        server = sorted(fitting, key=lambda server: server["name"])[int(act.choice * len(fitting))]
        target = self._hosts(maintained, act) if act.what.endswith("here") else None
        try:
            if act.what == "cold-migrate":
                self._migrate_cold(act, server, journal)
            else:
                servers.live_migrate(self._session, server["id"], target)
                journal.did(act.what, f"{server['name']} to {target or 'any host'}")
        except HttpError as error:
            if not refuses(error):
                raise
            journal.did("refused", f"{act.what} {server['name']}: {error}")

    def _migrate_cold(self, act: Act, server: Server, journal: Journal) -> None:
        """Its owner is told before: it is down meanwhile."""
        key = server["id"]
        if not self._watcher.take(key):
            return journal.note(f"somebody else is at work on {server['name']}")
        try:
            servers.act(self._session, key, "migrate")
            journal.did(act.what, server["name"])
            moved = settled(self._session, key)
            if moved and moved["status"] == "VERIFY_RESIZE":
                time.sleep(act.lasts)
                servers.act(self._session, key, "confirmResize")
        finally:
            shown = settled(self._session, key)
            if shown:
                self._watcher.give_back(key)
            journal.note(f"{server['name']} is {shown['status'] if shown else 'gone'} after {act.what}")
