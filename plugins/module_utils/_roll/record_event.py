# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Record what a host of a roll went through, and show how far the roll is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .._errors import Refused
from .._openstack.cloud import Cloud
from .._text import duration, listed
from .progress import how_far
from .store import RecordStore

# The events of a host, in words for people.
EVENTS = {
    "drained": "is drained",
    "upgraded": "is upgraded",
    "verified": "is verified",
    "returned": "is back in service",
    "failed": "FAILED",
}


class RecordEvent:
    """Record one event of one host."""

    changed = True
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, cloud: Cloud, store: RecordStore, session: str, event: Mapping[str, Any]) -> None:
        """:param event: ``event``, ``host``, and with a drain the servers that are ``left`` on the host.

        :raises Refused: if the host is in no batch of the roll, or is to be drained and servers run on it.
        """
        self.warnings: list[str] = []
        self._cloud, self._store, self._session, self._event = cloud, store, session, event
        self._roll = store.roll()
        if event["host"] not in self._roll.progress:
            raise Refused(f"{event['host']!r} is in no batch of the roll in {store.folder}: begin its batch first.")
        running = [str(server["name"]) for server in event["left"] if server["running"] is not False]
        if event["event"] == "drained" and running:
            raise Refused(f"{event['host']!r} still holds running servers, so it is not upgraded: {listed(running)}.")

    def predict(self) -> dict[str, Any]:
        return {"far": how_far(self._roll, time.time(), datetime.now()), "reason": self._event["reason"]}

    def apply(self) -> dict[str, Any]:
        now, host = time.time(), self._event["host"]
        with self._store.locked(self._session) as record:
            record.write({**self._event, "at": now})
            roll = record.roll
            far = how_far(roll, now, datetime.now())
            lasted = duration(roll.progress[host].last_duration)
            # Within the lock, so that these lines come in the order of the record.
            self._cloud.show_progress(f"{roll.pool} roll: {host} {EVENTS[self._event['event']]} after {lasted} [{far}]")
        return {"far": far, "reason": self._event["reason"]}
