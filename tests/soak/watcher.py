# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Watches every guest at the hypervisors on which neither its owner nor another operator is at work.

Such a guest stays as it is. It may only move live, which no sample shows, or cold while it is shut down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

from embedded.hypervisors import SHUTDOWN, Guest, Hypervisors
from embedded.watch import Sight, interruption

SAMPLE_SECONDS = 0.05


def problem(state: str, places: Sequence[Guest]) -> str | None:
    """What is wrong with a guest that was in that state; None when nothing is."""
    awake = [place for place in places if place.state != SHUTDOWN]
    if state != SHUTDOWN:
        return interruption(state, list(places), awake)
    if awake:
        return f"{awake[0].state} on {awake[0].host}, was {SHUTDOWN}"
    return None if places else "on no host"


class Attention:
    """What samples say of every guest, beside those in the hands of others. Pure."""

    def __init__(self) -> None:
        self._in_hands: set[str] = set()
        self._states: dict[str, str] = {}
        self._sights: dict[str, Sight] = {}
        self._past: list[Sight] = []

    def take(self, server: str) -> bool:
        """Others are at work on a server from now on; False when they are already."""
        free = server not in self._in_hands
        self._in_hands.add(server)
        self._forget(server)
        return free

    def is_free(self, server: str) -> bool:
        return server not in self._in_hands

    def give_back(self, server: str) -> None:
        """They are not any more: as it is in the next sample it stays."""
        self._in_hands.discard(server)

    def see(self, now: float, guests: Iterable[Guest]) -> None:
        """Judge one consistent sample of what all hypervisors hold."""
        places: dict[str, list[Guest]] = {}
        for guest in guests:
            places.setdefault(guest.uuid, []).append(guest)
        for server in (places.keys() | self._sights.keys()) - self._in_hands:
            self._check(now, server, places.get(server, []))

    def problems(self) -> list[str]:
        """Every interruption so far."""
        return [
            f"the guest {violation.name} ({violation.uuid}) was {violation.what} from {violation.since:.2f} s to "
            f"{'the end' if violation.until is None else f'{violation.until:.2f} s'}"
            for sight in [*self._past, *self._sights.values()]
            for violation in sight.violations
        ]

    def _check(self, now: float, server: str, places: Sequence[Guest]) -> None:
        if server not in self._sights:
            awake = [place.state for place in places if place.state != SHUTDOWN]
            self._states[server] = awake[0] if awake else SHUTDOWN
            self._sights[server] = Sight(server, places[0].name, "hypervisors")
        self._sights[server].add(now, problem(self._states[server], places))

    def _forget(self, server: str) -> None:
        if sight := self._sights.pop(server, None):
            self._past.append(sight)


class Watcher:
    """Takes the samples, from `with` to its end. Times are seconds since its start."""

    def __init__(self, store: Hypervisors) -> None:
        self._store = store
        self._attention = Attention()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher")
        self._began = time.monotonic()
        self.samples = 0

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def watches(self) -> bool:
        return self._thread.is_alive()

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def take(self, server: str) -> bool:
        """See Attention.take."""
        with self._lock:
            return self._attention.take(server)

    def is_free(self, server: str) -> bool:
        """Whether nobody else is at work on a server."""
        with self._lock:
            return self._attention.is_free(server)

    def give_back(self, server: str) -> None:
        with self._lock:
            self._attention.give_back(server)

    def problems(self) -> list[str]:
        with self._lock:
            return self._attention.problems()

    def _watch(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            with self._lock:
                self._attention.see(self.seconds(), self._store.guests())
            self.samples += 1
