# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Note what a host of a roll went through, and tell how far the roll is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._book import Book
from ansible_collections.stackops.aggregates.plugins.module_utils._cloud import Cloud
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused, listed
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import how_far, in_words

EVENTS = {
    "drained": "is empty",
    "upgraded": "is upgraded",
    "verified": "is verified",
    "returned": "is back in service",
    "failed": "FAILED",
}


class Note:
    """One event of one host."""

    changed = True
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, cloud: Cloud, book: Book, session: str, happened: Mapping[str, Any]) -> None:
        """:raises Refused: the host is in no batch of the roll, or servers run on it that was to be empty."""
        self.warnings: list[str] = []
        self._cloud, self._book, self._session, self._happened = cloud, book, session, happened
        self._roll = book.roll()
        if happened["host"] not in self._roll.lanes:
            raise Refused(f"{happened['host']!r} is in no batch of the roll in {book.folder}: begin its batch first.")
        running = [str(one["name"]) for one in happened["left"] if one["running"] is not False]
        if happened["event"] == "drained" and running:
            raise Refused(
                f"{happened['host']!r} still holds running servers, so it is not upgraded: {listed(running)}."
            )

    def foretold(self) -> dict[str, Any]:
        return {"far": how_far(self._roll, time.time(), datetime.now())}

    def carry_out(self) -> dict[str, Any]:
        now, host, what = time.time(), self._happened["host"], self._happened["event"]
        with self._book.held(self._session) as hand:
            hand.write({**self._happened, "at": now})
            took = hand.roll.lanes[host].took(what)
            far = how_far(hand.roll, now, datetime.now())
            lasted = f" after {in_words(took)}" if took is not None else ""
            self._cloud.tell(f"{hand.roll.pool} roll: {host} {EVENTS[what]}{lasted} [{far}]")
            return {"far": far}
