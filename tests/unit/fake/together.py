# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Jobs that run side by side in the fake cloud: one at a time does something, until it waits for the time to pass."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from heapq import heappop, heappush
from threading import Event
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._migration.pace import Clock

from tests.unit.fake.clock import FakeClock

Job = Callable[[Clock], Any]


class Together:
    """The jobs of one call, each in a thread of its own, of which one runs."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._queue: list[tuple[float, int]] = []  # when each job wakes up, and which
        self._resumed: list[Event] = []
        self._paused = Event()

    def run(self, *jobs: Job) -> list[Any]:
        """Run the jobs to their ends, and return what each returned. An exception of one is raised at the end."""
        self._resumed = [Event() for _job in jobs]
        self._queue = [(self._clock.now(), number) for number in range(len(jobs))]
        with ThreadPoolExecutor(len(jobs)) as threads:
            results = [threads.submit(self._run, number, job) for number, job in enumerate(jobs)]
            while self._queue:
                wake, number = heappop(self._queue)
                self._clock.sleep(max(0.0, wake - self._clock.now()))
                self._paused.clear()
                self._resumed[number].set()
                self._paused.wait()
        return [result.result() for result in results]

    def _run(self, number: int, job: Job) -> Any:
        try:
            self._wait(number)
            return job(Clock(self._clock.now, lambda seconds: self._sleep(number, seconds)))
        finally:
            self._paused.set()

    def _sleep(self, number: int, seconds: float) -> None:
        heappush(self._queue, (self._clock.now() + seconds, number))
        self._paused.set()
        self._wait(number)

    def _wait(self, number: int) -> None:
        self._resumed[number].wait()
        self._resumed[number].clear()
