# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""End a run of a roll: close its record when nothing is left to do."""

from __future__ import annotations

import time
from typing import Any

from .._openstack.cloud import Cloud
from .limits import remaining
from .results import roll_result
from .store import RecordStore


class Close:
    """End a run: close the record when every host is done, and leave it for the next run otherwise."""

    def __init__(self, cloud: Cloud, store: RecordStore, session: str) -> None:
        self.warnings: list[str] = []
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        self._cloud, self._store, self._session = cloud, store, session
        self._roll = store.roll()

    @property
    def changed(self) -> bool:
        return self._roll.closed is None and not remaining(self._roll) and not self._roll.failed

    def predict(self) -> dict[str, Any]:
        return {"roll": roll_result(self._roll, str(self._store.folder), self._roll.owner)}

    def apply(self) -> dict[str, Any]:
        with self._store.locked(self._session) as record:
            record.write({"event": "closed", "at": time.time()})
            roll = record.roll
        self._cloud.show_progress(f"{roll.pool} roll: finished, {len(roll.done)} of {len(roll.hosts)} hosts done")
        return {"roll": roll_result(roll, str(self._store.folder), roll.owner)}
