# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Writes Nova's migration records: opens them, changes their status, and leaves old ones behind."""

from __future__ import annotations

from datetime import timedelta

from fake.clock import FakeClock
from fake.model import Guest, Record, World


class Records:
    """The records, dated by the clock of the conductor, which may lag."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        self._world, self._clock = world, clock

    def open(self, guest: Guest, destination: str | None, status: str, kind: str, user: str = "id-of-demo") -> Record:
        """Open a record of a server that leaves its host."""
        number = len(self._world.records) + 1
        record = Record(number, guest.id, guest.host, destination, status, kind, self._clock.conductor(), user=user)
        self._world.records.append(record)
        return record

    def set(self, record: Record, status: str) -> None:
        record.status, record.updated = status, self._clock.conductor()

    def newest(self, guest: Guest, status: str) -> Record | None:
        """Return the newest record of a server that has this status."""
        fitting = (record for record in self._world.records if (record.server, record.status) == (guest.id, status))
        return max(fitting, key=lambda record: record.id, default=None)

    def leave(self, guest: Guest, source: str, target: str, status: str, kind: str, age: float = 0.0) -> Record:
        """Leave a record that will never change again, because a service was killed or a state was reset.

        :param age: seconds since it was opened and last changed.
        """
        record = self.open(guest, target, status, kind)
        record.source = source
        record.created = record.updated = record.created - timedelta(seconds=age)
        return record
