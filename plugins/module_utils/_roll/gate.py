# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Record that a gate does not hold, wait until it is to be asked again, and stop the roll when its time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import Refused
from .._openstack.cloud import Cloud
from .._text import duration
from .progress import how_far
from .roll import GATE_PLACES, GateWait, Roll
from .store import LockedRecord, RecordStore

# A gate is asked at most so often: Ansible gets slower with each task that includes the next.
MOST_ATTEMPTS = 40
EVENTS = ("gate_waits", "gate_holds")


class RecordGate:
    """Record what became of one attempt at the gate of a host."""

    changed = True
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(
        self,
        cloud: Cloud,
        store: RecordStore,
        session: str,
        event: Mapping[str, Any],
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """:param event: ``event`` (gate_waits or gate_holds), ``host``, ``before`` what the gate stands, the ``reason``
            why it does not hold, and for how many seconds it may not (``timeout``).

        :raises Refused: if it is not the turn of the host.
        """
        self.warnings: list[str] = []
        self._cloud, self._store, self._session, self._event = cloud, store, session, event
        self._now, self._sleep = now, sleep
        self._refuse_over(store.roll())

    def predict(self) -> dict[str, Any]:
        return self._result(self._event["event"].removeprefix("gate_"))

    def _result(self, gate: str, notice: str = "") -> dict[str, Any]:
        return {"gate": gate, "reason": self._event["reason"], "notice": notice}

    def apply(self) -> dict[str, Any]:
        """:raises Refused: if the turn of the host ended meanwhile, or another run goes on with the roll."""
        with self._store.locked(self._session) as record:
            self._refuse_over(record.roll)
            wait = record.roll.gate_of(self._event["host"])
            if self._event["event"] == "gate_holds":
                return self._hold(record, wait)
            result = self._go_on(record, wait) if wait else self._begin(record)
        if result["gate"] == "waits":
            self._sleep(max(1.0, self._event["timeout"] / MOST_ATTEMPTS))
        return result

    def _hold(self, record: LockedRecord, wait: GateWait | None) -> dict[str, Any]:
        if wait:
            self._write(record, "holds")
            self._show(record, f"{wait.text} holds after {duration(self._now() - wait.begin)}")
        return self._result("holds")

    def _begin(self, record: LockedRecord) -> dict[str, Any]:
        self._write(record, "waits", before=self._event["before"], reason=self._event["reason"])
        wait = record.roll.gates[-1]
        text = f"{wait.text} does not hold: {wait.reason}"
        self._show(record, text)
        return self._result("waits", text)

    def _go_on(self, record: LockedRecord, wait: GateWait) -> dict[str, Any]:
        lasted, stopped = self._now() - wait.begin, record.roll.stopped
        if stopped is None and lasted < self._event["timeout"]:
            return self._result("waits")
        text = f"{wait.text} did not hold for {duration(lasted)}: {self._event['reason']}"
        self._write(record, "over", reason=text)
        if stopped is None:
            self._show(record, f"no further host begins, for {text}")
        return self._result("over")

    def _refuse_over(self, roll: Roll) -> None:
        host, before = self._event["host"], self._event["before"]
        at_gate = roll.waiting if before == GATE_PLACES[0] else roll.under_way
        if host not in at_gate:
            raise Refused(f"The turn of {host!r} in the roll in {self._store.folder} has not come, or is over.")

    def _write(self, record: LockedRecord, outcome: str, **more: Any) -> None:
        record.write({"event": "gate", "at": self._now(), "host": self._event["host"], "outcome": outcome, **more})

    def _show(self, record: LockedRecord, text: str) -> None:
        far = how_far(record.roll, self._now())
        self._cloud.show_progress(f"{record.roll.pool} roll: {text} [{far}]")
