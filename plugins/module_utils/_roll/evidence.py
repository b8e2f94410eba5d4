# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What Nova says of a host that failed: its service, its migrations, and what was done to the servers concerned."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from .._errors import CloudError
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .roll import Roll

# Servers whose actions are asked for; each action costs a request.
_SERVERS, _ACTIONS = 20, 5
_FINE = ("completed", "confirmed")


def gather_evidence(cloud: Cloud, roll: Roll, host: str) -> dict[str, Any]:
    """Return plain data. What the cloud does not answer is among the ``unanswered``, and nothing is waited for."""
    return _Evidence(cloud, roll, host).gather()


class _Evidence:
    def __init__(self, cloud: Cloud, roll: Roll, host: str) -> None:
        self._cloud, self._roll, self._host = cloud, roll, host
        self._unanswered: list[str] = []

    def gather(self) -> dict[str, Any]:
        progress = self._roll.progress[self._host]
        service = self._asked(lambda: self._cloud.nova.service(self._host))
        canaries = [server for canary in progress.canaries[-1:] for server in canary["servers"]]
        records = self._asked(lambda: self._migrations(canaries)) or []
        concerned = canaries + [record.server for record in records if record.status not in _FINE]
        return {
            "host": self._host,
            "roll": self._roll.id,
            "failed": progress.phases[-1].end,
            "reason": progress.failure,
            "service": service and asdict(service),
            "canary": progress.canaries[-1] if progress.canaries else None,
            "migrations": [asdict(record) for record in records],
            "servers": [self._server(key) for key in dict.fromkeys(concerned[:_SERVERS])],
            "unanswered": self._unanswered,
        }

    def _migrations(self, canaries: Collection[str]) -> list[Migration]:
        """The records of moves from and to the host since its turn began; a minute earlier, for clocks differ.

        One that was refused names no destination, so those of its canary count wherever they lead.
        """
        begin = [turn.at for turn in self._roll.turns if turn.host == self._host][-1] + self._roll.ahead - 60
        since = datetime.fromtimestamp(begin, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        records = self._cloud.nova.migrations(changes_since=since)
        return [
            record
            for record in records
            if self._host in (record.source, record.destination) or record.server in canaries
        ]

    def _server(self, key: str) -> dict[str, Any]:
        nova = self._cloud.nova
        server = self._asked(lambda: nova.server(key))
        told = (
            {"name": server.name, "status": server.status, "host": server.host, "fault": server.fault} if server else {}
        )
        actions = self._asked(lambda: nova.actions(key)) or []
        return {
            "id": key,
            **told,
            "actions": [
                {**asdict(action), "events": self._events(key, action.request)} for action in actions[:_ACTIONS]
            ],
        }

    def _events(self, key: str, request: str) -> Any:
        return self._asked(lambda: self._cloud.nova.action_events(key, request))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except CloudError as error:
            self._unanswered.append(str(error))
            return None
