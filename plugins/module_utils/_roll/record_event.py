# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Record what a host of a roll went through, and show how far the roll is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._errors import Refused
from .._openstack.cloud import Cloud
from .._text import duration, listed
from .progress import how_far
from .roll import Roll
from .store import RecordStore

# The events of a host, in words for people.
EVENTS = {
    "drained": "is drained",
    "upgraded": "is upgraded",
    "verified": "is verified",
    "returned": "is back in service",
    "failed": "FAILED",
    "handed_back": "is handed back",
}


class RecordEvent:
    """Record one event of one host."""

    changed = True
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, cloud: Cloud, store: RecordStore, session: str, event: Mapping[str, Any]) -> None:
        """:param event: ``event`` and ``host``; with a drain the servers ``left`` on the host; with a return those
            ``left`` elsewhere and those ``brought_back``; with an upgrade and its verification the ``version``.

        :raises Refused: if it is not the turn of the host, if servers run on one that is to be drained, or if none of
            the servers that were to come back to one did: what is wrong with it must not go through the whole pool.
        """
        self.warnings: list[str] = []
        self._cloud, self._store, self._session, self._event = cloud, store, session, event
        self._roll = store.roll()
        self._refuse_over(self._roll)
        running = [str(server["name"]) for server in event["left"] if server["running"] is not False]
        if event["event"] == "drained" and running:
            raise Refused(f"{event['host']!r} still holds running servers, so it is not upgraded: {listed(running)}.")
        away = [str(server["name"] or server["id"]) for server in event["left"]]
        if event["event"] == "returned" and away and self._roll.bring_back and not self._any_back():
            raise Refused(f"No server came back to {event['host']!r}: {listed(away)} stayed where they are.")

    def _any_back(self) -> bool:
        """Return whether a server came back to the host, in this run or an earlier one."""
        host = self._event["host"]
        moved = {move["server"] for turn in self._roll.turns if turn.host == host for move in turn.moves}
        return bool(self._event["brought_back"]) or any(server.id in moved for server in self._cloud.nova.servers(host))

    def predict(self) -> dict[str, Any]:
        return {"far": how_far(self._roll, time.time()), "reason": self._event["reason"]}

    def apply(self) -> dict[str, Any]:
        """:raises Refused: if the turn of the host ended meanwhile, or another run goes on with the roll."""
        now, host = time.time(), self._event["host"]
        with self._store.locked(self._session) as record:
            self._refuse_over(record.roll)  # whoever waits for a turn may have taken the host for lost meanwhile
            record.write({"event": self._event["event"], "host": host, "at": now, **self._facts()})
            roll = record.roll
            far = how_far(roll, now)
            lasted = duration(roll.progress[host].last_duration)
            # Within the lock, so that these lines come in the order of the record.
            self._cloud.show_progress(f"{roll.pool} roll: {host} {EVENTS[self._event['event']]} after {lasted} [{far}]")
        return {"far": far, "reason": self._event["reason"]}

    def _refuse_over(self, roll: Roll) -> None:
        host, handing_back = self._event["host"], self._event["event"] == "handed_back"
        if host not in (roll.failed if handing_back else roll.under_way):
            raise Refused(f"The turn of {host!r} in the roll in {self._store.folder} has not come, or is over.")

    def _facts(self) -> dict[str, Any]:
        """What the event tells beside the host."""
        if self._event["event"] == "failed":
            return {"reason": self._event["reason"]}
        if self._event["event"] in ("drained", "returned"):
            return {"left": self._event["left"]}
        return {"version": self._event["version"]} if self._event["version"] else {}
