# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Time of the fake cloud: to sleep takes no time, and lets the cloud work meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

STEP = 0.25  # seconds between two ticks of the cloud


class FakeClock:
    """Monotonic seconds, and the calendar of the cloud's own machines, which is not this machine's.

    :ivar conductor_behind: seconds by which the conductor's machine lags behind those of the APIs.
    """

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.conductor_behind = 0.0
        self._seconds = 0.0
        self._ticks: list[Callable[[], None]] = []
        self._events: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> float:
        return self._seconds

    def utc(self) -> datetime:
        return self.start + timedelta(seconds=self._seconds)

    def conductor(self) -> datetime:
        """Return the time by which the conductor dates migration records and the heartbeats of services."""
        return self.utc() - timedelta(seconds=self.conductor_behind)

    def on_tick(self, tick: Callable[[], None]) -> None:
        self._ticks.append(tick)

    def after(self, seconds: float, event: Callable[[], object]) -> None:
        """Let something happen in the cloud, that many seconds from now."""
        self._events.append((self._seconds + seconds, event))

    def sleep(self, seconds: float) -> None:
        end = self._seconds + seconds
        while self._seconds < end:
            self._seconds = min(self._seconds + STEP, end)
            due = [event for event in self._events if event[0] <= self._seconds]
            for event in due:
                self._events.remove(event)
                event[1]()
            for tick in self._ticks:
                tick()
