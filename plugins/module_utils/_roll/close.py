# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""End a run of a roll: close its record when nothing is left to do."""

from __future__ import annotations

import time
from typing import Any

from .._canary.sweep import sweep
from .._migration.pace import Clock
from .._openstack.cloud import Cloud
from .._text import grouped, listed
from .results import roll_result
from .store import RecordStore

LOST = "Ansible works on the host no more and did not say why: see its output above."


class Close:
    """End a run: a host whose turn is not over by now has failed.

    The record is closed when every host is done that the run did not leave out.
    """

    def __init__(self, cloud: Cloud, store: RecordStore, session: str, clock: Clock | None = None) -> None:
        self.warnings: list[str] = []
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        self._cloud, self._store, self._session = cloud, store, session
        self._clock = clock or Clock()
        self._roll = store.roll()

    @property
    def changed(self) -> bool:
        roll = self._roll
        return roll.closed is None and (roll.complete or bool(roll.under_way or roll.skipped or roll.has_canaries))

    def predict(self) -> dict[str, Any]:
        return {"roll": roll_result(self._roll, str(self._store.folder), self._roll.owner)}

    def apply(self) -> dict[str, Any]:
        """:raises Refused: if another run goes on with the roll."""
        if self._roll.has_canaries:
            sweep(self._cloud, self._roll.id, self._clock)
        with self._store.locked(self._session) as record:
            for host in record.roll.under_way:
                record.write({"event": "failed", "at": time.time(), "host": host, "reason": LOST})
            self._roll = record.roll
            if self._roll.complete:
                record.write({"event": "closed", "at": time.time()})
            elif self._roll.skipped and self._roll.stopped is None:
                left_out = grouped((host, skipped.kind) for host, skipped in self._roll.skipped.items())
                reason = f"hosts that cannot be upgraded were left out: {' '.join(left_out)}"
                record.write({"event": "stopped", "at": time.time(), "reason": reason, "until": None})
        roll, finished = self._roll, "finished" if self._roll.complete else "not finished"
        without = f", without {listed(roll.left_out)}" if roll.left_out else ""
        far = f"{len(roll.done)} of {len(roll.hosts)} hosts done{without}"
        self._cloud.show_progress(f"{roll.pool} roll: {finished}, {far}")
        return self.predict()
