# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Confirm or revert the move of a server in VERIFY_RESIZE."""

from __future__ import annotations

from collections.abc import Callable

from fake.clock import FakeClock
from fake.model import Guest, Record, World
from fake.records import Records
from fake.wire import Refusal

CONFIRMING, REVERTING = "confirming", "reverting"


class Confirmations:
    """:ivar seconds: how long confirming or reverting takes; until then another request for either is refused."""

    def __init__(self, world: World, clock: FakeClock, records: Records) -> None:
        self._world, self._clock, self._records = world, clock, records
        self.seconds = 0.0
        self._under_way: list[tuple[float, Callable[[Record], None], Record]] = []
        clock.on_tick(self._tick)

    def confirm(self, guest: Guest) -> None:
        self._begin(guest, CONFIRMING, self._confirmed)

    def revert(self, guest: Guest) -> None:
        self._begin(guest, REVERTING, self._reverted)
        guest.task_state = "resize_reverting"

    def _begin(self, guest: Guest, status: str, end: Callable[[Record], None]) -> None:
        """Begin to confirm or revert. Nova wants a record that is finished, so the second request is refused."""
        record = self._records.newest(guest, "finished")
        if record is None:
            raise Refusal(400, "Instance has not been resized.")
        self._records.set(record, status)
        self._under_way.append((self._clock.now() + self.seconds, end, record))

    def _tick(self) -> None:
        for entry in list(self._under_way):
            due, end, record = entry
            if due <= self._clock.now() and self._world.answers(record.source):
                self._under_way.remove(entry)
                end(record)

    def _confirmed(self, record: Record) -> None:
        self._records.set(record, "confirmed")
        self._world.allocations.pop(record.uuid, None)
        guest = self._world.guests.get(record.server)
        if guest:
            guest.vm_state = guest.vm_state_after_move

    def _reverted(self, record: Record) -> None:
        """Give the server back its allocation at the source, which was kept for this."""
        self._records.set(record, "reverted")
        kept = self._world.allocations.pop(record.uuid, None)
        guest = self._world.guests.get(record.server)
        if guest and kept:
            self._world.allocations[guest.id] = kept
            guest.host, guest.needs = record.source, dict(guest.needs_before or guest.needs)
            guest.vm_state, guest.task_state = guest.vm_state_after_move, None
