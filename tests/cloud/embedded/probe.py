# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The probe: samples every server through Nova's API and at the hypervisors themselves until it is stopped."""

from __future__ import annotations

import concurrent.futures
import json
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedded.errors import CloudError
from embedded.hypervisors import Hypervisors
from embedded.rest import Session
from embedded.watch import Watch

HYPERVISOR_SECONDS = 0.05
API_SECONDS = 0.5
WRITE_SECONDS = 1.0
MESSAGES = 20  # of API errors that are kept in full; all are counted


class Probe:
    """One run. `start` takes the first sample, `run` the others; the report is on disk from the first sample on."""

    def __init__(self, session: Session, store: Hypervisors, out: Path) -> None:
        self._session, self._store, self._out = session, store, out
        self._watch = Watch({})
        self._lock = threading.Lock()  # the watch has two writers
        self._began = time.monotonic()
        self._started = datetime.now(UTC)
        self._last_sample = 0.0
        self._written = 0.0
        self.hypervisor_samples = 0
        self.longest_gap = 0.0
        self.api_samples = 0
        self.api_errors = 0
        self.api_messages: list[str] = []

    def start(self) -> int:
        """Take the first sample of both kinds and return how many guests are watched."""
        servers = self._servers()
        self._watch = Watch({server["id"]: (server["name"], server["status"]) for server in servers})
        if not self._watch.guests:
            raise CloudError("There is no ACTIVE or PAUSED server to watch: boot one before the probe is started.")
        self.api_samples = 1
        self._last_sample = self._now()
        self._sample_hypervisors()
        self._write(finished=False)
        return len(self._watch.guests)

    def run(self, stop: threading.Event, seconds: float | None) -> bool:
        """Sample until `stop` is set or the time is over, then write the report; False when it is a bad one."""
        deadline = None if seconds is None else self._began + seconds
        with concurrent.futures.ThreadPoolExecutor(1, "api") as pool:
            api = pool.submit(self._sample_api_until, stop)
            try:
                while not stop.wait(HYPERVISOR_SECONDS) and not api.done():
                    self._sample_hypervisors()
                    if self._now() - self._written >= WRITE_SECONDS:
                        self._write(finished=False)
                    if deadline is not None and time.monotonic() >= deadline:
                        break
            finally:
                stop.set()
            api.result()  # its own trouble is counted; what it raises is a fault of the probe
        self._sample_hypervisors()
        self._write(finished=True)
        return self.good()

    def good(self) -> bool:
        """No guest was interrupted, and Nova did not stay silent ever after the first sample."""
        silent = self.api_errors > 0 and self.api_samples == 1
        return not self._watch.violations() and not silent

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _servers(self) -> list[dict[str, Any]]:
        return self._session.compute("GET", "/servers/detail?all_tenants=1")["servers"]

    def _sample_hypervisors(self) -> None:
        guests, now = self._store.guests(), self._now()
        with self._lock:
            self._watch.see_hypervisors(now, guests)
        self.hypervisor_samples += 1
        self.longest_gap = max(self.longest_gap, now - self._last_sample)
        self._last_sample = now

    def _sample_api_until(self, stop: threading.Event) -> None:
        while not stop.wait(API_SECONDS):
            try:
                servers = self._servers()
            except CloudError as error:
                self.api_errors += 1
                if len(self.api_messages) < MESSAGES:
                    self.api_messages.append(f"{self._now():.3f} s: {error}")
                continue
            with self._lock:
                self._watch.see_api(self._now(), {server["id"]: server["status"] for server in servers})
            self.api_samples += 1

    def report(self, finished: bool) -> dict[str, Any]:
        with self._lock:
            return {
                "good": self.good(),
                "finished": finished,
                "started": self._started.isoformat(timespec="milliseconds"),
                "seconds": round(self._now(), 3),
                "hypervisor_samples": self.hypervisor_samples,
                "hypervisor_longest_gap_seconds": round(self.longest_gap, 3),
                "api_samples": self.api_samples,
                "api_errors": self.api_errors,
                "api_error_messages": self.api_messages,
                "guests": [
                    {
                        "uuid": guest.uuid,
                        "name": guest.name,
                        "state": guest.state,
                        "hosts": guest.hosts,
                        "longest_interruption_seconds": round(guest.hypervisors.longest, 3),
                        "api_longest_interruption_seconds": round(guest.api.longest, 3),
                    }
                    for guest in self._watch.guests.values()
                ],
                "violations": [asdict(violation) for violation in self._watch.violations()],
            }

    def _write(self, finished: bool) -> None:
        """Replace the report as a whole, so that a killed probe leaves a readable one."""
        self._written = self._now()
        new = self._out.with_name(f"{self._out.name}.new")
        new.write_text(json.dumps(self.report(finished), indent=2) + "\n", encoding="utf-8")
        new.replace(self._out)
