# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Record that others could not be told of something, and warn of it. It stops nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._openstack.cloud import Cloud
from .store import RecordStore

EVENT = "not_told"


class RecordNotice:
    """Record one notice that did not reach anybody."""

    changed = True
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(self, _cloud: Cloud, store: RecordStore, session: str, event: Mapping[str, Any]) -> None:
        """:param event: ``reason``: what others should have been told, and what failed."""
        self._store, self._session, self._reason = store, session, event["reason"]
        self.warnings = [f"Nobody was told, see rolling_upgrade_notify_tasks: {self._reason}"]

    def predict(self) -> dict[str, Any]:
        return {"reason": self._reason}

    def apply(self) -> dict[str, Any]:
        """:raises Refused: if another run goes on with the roll."""
        with self._store.locked(self._session) as record:
            record.write({"event": EVENT, "at": time.time(), "reason": self._reason})
        return self.predict()
