# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Note what a host of a roll went through, and tell how far the roll is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .._errors import Refused
from .._openstack.cloud import Cloud
from .._text import in_words, listed
from .progress import how_far
from .store import RecordStore

EVENTS = {
    "drained": "is empty",
    "upgraded": "is upgraded",
    "verified": "is verified",
    "returned": "is back in service",
    "failed": "FAILED",
}


class RecordEvent:
    """One event of one host."""

    changed = True
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, cloud: Cloud, store: RecordStore, session: str, happened: Mapping[str, Any]) -> None:
        """:raises Refused: the host is in no batch of the roll, or servers run on it that was to be empty."""
        self.warnings: list[str] = []
        self._cloud, self._store, self._session, self._happened = cloud, store, session, happened
        self._roll = store.roll()
        if happened["host"] not in self._roll.lanes:
            raise Refused(f"{happened['host']!r} is in no batch of the roll in {store.folder}: begin its batch first.")
        running = [str(one["name"]) for one in happened["left"] if one["running"] is not False]
        if happened["event"] == "drained" and running:
            raise Refused(
                f"{happened['host']!r} still holds running servers, so it is not upgraded: {listed(running)}."
            )

    def predict(self) -> dict[str, Any]:
        return {"far": how_far(self._roll, time.time(), datetime.now())}

    def apply(self) -> dict[str, Any]:
        now, host, what = time.time(), self._happened["host"], self._happened["event"]
        with self._store.locked(self._session) as record:
            record.write({**self._happened, "at": now})
            took = record.roll.lanes[host].took(what)
            far = how_far(record.roll, now, datetime.now())
            lasted = f" after {in_words(took)}" if took is not None else ""
            self._cloud.show_progress(f"{record.roll.pool} roll: {host} {EVENTS[what]}{lasted} [{far}]")
            return {"far": far}
