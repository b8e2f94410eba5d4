# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Record that a host of a roll failed, and keep beside its report what Nova says of that."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._openstack.cloud import Cloud
from .._text import printable_data
from .evidence import gather_evidence
from .record_event import RecordEvent
from .store import RecordStore, private

_UNFIT = re.compile(r"[^\w.-]")  # for the name of a file


class RecordFailure(RecordEvent):
    """Record the failure of a host. ``event`` also has the ``mask`` that hides secrets."""

    def __init__(self, cloud: Cloud, store: RecordStore, session: str, event: Mapping[str, Any]) -> None:
        """:raises Refused: as RecordEvent."""
        super().__init__(cloud, store, session, event)
        # A new file for each failure of the host.
        failures = sum(phase.outcome == "failed" for phase in self._roll.progress[event["host"]].phases)
        self._file = f"failure-{_UNFIT.sub('_', event['host'])}-{failures + 1}.json"

    def predict(self) -> dict[str, Any]:
        return {**super().predict(), "phase": None, "evidence": None}

    def apply(self) -> dict[str, Any]:
        """The failure is recorded first, for the cloud may not answer.

        :raises Refused: as RecordEvent.
        """
        result, host = super().apply(), self._event["host"]
        roll = self._store.roll()
        path = self._store.folder / self._file
        evidence = self._event["mask"].data(gather_evidence(self._cloud, roll, host))
        try:
            _write(path, printable_data(evidence))
        except OSError as error:
            self.warnings.append(f"What Nova says of {host} cannot be kept in {path}: {error.strerror}.")
        return {**result, "phase": roll.progress[host].phases[-1].name, "evidence": str(path)}

    def _facts(self) -> dict[str, Any]:
        return {**super()._facts(), "evidence": self._file}


def _write(path: Path, evidence: dict[str, Any]) -> None:
    with open(path, "w", encoding="utf-8", opener=private) as file:
        file.write(json.dumps(evidence, indent=1, default=str) + "\n")
