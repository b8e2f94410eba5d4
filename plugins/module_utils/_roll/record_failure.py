# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Record that a host of a roll failed, and keep beside its report what Nova says of that."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

from .._text import printable_data
from .evidence import gather_evidence
from .record_event import RecordEvent


class RecordFailure(RecordEvent):
    """Record the failure of a host. ``event`` also has the ``mask`` that hides secrets."""

    def predict(self) -> dict[str, Any]:
        return {**super().predict(), "phase": None, "evidence": None}

    def apply(self) -> dict[str, Any]:
        """The failure is recorded first, for the cloud may not answer.

        :raises Refused: as RecordEvent.
        """
        result, host = super().apply(), self._event["host"]
        roll = self._store.roll()
        phase = roll.progress[host].phases[-1].name
        evidence = self._event["mask"].data(gather_evidence(self._cloud, roll, host))
        name, number = (
            re.sub(r"[^\w.-]", "_", host),
            sum(phase.outcome == "failed" for phase in roll.progress[host].phases),
        )
        path = self._store.folder / f"failure-{name}-{number}.json"
        try:
            _write(path, printable_data(evidence))
        except OSError as error:
            self.warnings.append(f"What Nova says of {host} cannot be kept in {path}: {error.strerror}.")
            return {**result, "phase": phase, "evidence": None}
        with self._store.locked(self._session) as record:
            record.write({"event": "evidence", "host": host, "at": time.time(), "file": path.name})
        return {**result, "phase": phase, "evidence": str(path)}


def _write(path: Path, evidence: dict[str, Any]) -> None:
    with open(path, "w", encoding="utf-8", opener=_private) as file:
        file.write(json.dumps(evidence, indent=1, default=str) + "\n")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
