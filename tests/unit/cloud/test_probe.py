# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The probe: its samples, its errors, its report."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from embedded.errors import CloudError
from embedded.hypervisors import RUNNING, Hypervisors
from embedded.probe import Probe


class Nova:
    """Stands in for a session: answers the list of servers, or not, and can do something at an answer."""

    def __init__(self, *answers: list[dict[str, str]] | CloudError) -> None:
        self.answers = list(answers)
        self.asked = threading.Semaphore(0)

    def compute(self, _method: str, _path: str) -> dict[str, Any]:
        """Give the answers in turn, the last one for ever."""
        self.asked.release()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, CloudError):
            raise answer
        return {"servers": answer}


UP = [{"id": "u1", "name": "web", "status": "ACTIVE"}]


def run(probe: Probe, nova: Nova, answers: int) -> bool:
    """Start the probe and stop it when Nova was asked so often after the first time."""
    stop = threading.Event()
    probe.start()
    nova.asked.acquire()

    def wait_and_stop() -> None:
        for _round in range(answers):
            nova.asked.acquire(timeout=10)
        stop.set()

    stopper = threading.Thread(target=wait_and_stop)
    stopper.start()
    try:
        return probe.run(stop, 10)
    finally:
        stopper.join()


def test_an_undisturbed_guest_gives_a_good_report(store: Hypervisors, tmp_path: Path) -> None:
    store.define("cmp01", "u1", "web", RUNNING)
    nova, out = Nova(UP), tmp_path / "report.json"
    probe = Probe(nova, store, out)
    assert run(probe, nova, 2)
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["good"]
    assert report["finished"]
    assert report["api_samples"] == 3
    assert report["hypervisor_samples"] > 5
    assert report["guests"][0]["hosts"] == ["cmp01"]
    assert report["violations"] == []


def test_an_interruption_makes_a_bad_one(store: Hypervisors, tmp_path: Path) -> None:
    store.define("cmp01", "u1", "web", RUNNING)
    nova = Nova(UP)
    probe = Probe(nova, store, tmp_path / "report.json")
    probe.start()
    store.undefine("cmp01", "u1")
    assert not probe.run(threading.Event(), 0.2)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert not report["good"]
    assert report["violations"][0]["what"] == "on no host"
    assert report["guests"][0]["longest_interruption_seconds"] > 0.1


def test_an_api_error_is_counted_and_told(store: Hypervisors, tmp_path: Path) -> None:
    store.define("cmp01", "u1", "web", RUNNING)
    nova, out = Nova(UP, CloudError("GET /servers answered 503"), UP), tmp_path / "report.json"
    assert run(Probe(nova, store, out), nova, 2), "one answer came through"
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["api_errors"] == 1
    assert "answered 503" in report["api_error_messages"][0]


def test_an_api_that_stays_silent_fails_the_run(store: Hypervisors, tmp_path: Path) -> None:
    store.define("cmp01", "u1", "web", RUNNING)
    nova = Nova(UP, CloudError("no answer"))
    assert not run(Probe(nova, store, tmp_path / "report.json"), nova, 2)


def test_the_first_report_is_there_before_the_run(store: Hypervisors, tmp_path: Path) -> None:
    store.define("cmp01", "u1", "web", RUNNING)
    out = tmp_path / "report.json"
    assert Probe(Nova(UP), store, out).start() == 1
    report = json.loads(out.read_text(encoding="utf-8"))
    assert (report["finished"], report["hypervisor_samples"], report["api_samples"]) == (False, 1, 1)


def test_nothing_to_watch_is_an_error(store: Hypervisors, tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="no ACTIVE or PAUSED server"):
        Probe(Nova([]), store, tmp_path / "report.json").start()


def test_a_fault_of_the_probe_itself_is_not_swallowed(store: Hypervisors, tmp_path: Path) -> None:
    store.define("cmp01", "u1", "web", RUNNING)
    nova = Nova(UP, [{"id": "u1"}])
    probe = Probe(nova, store, tmp_path / "report.json")
    probe.start()
    began = time.monotonic()
    with pytest.raises(KeyError):
        probe.run(threading.Event(), 10)
    assert time.monotonic() - began < 5, "it ends at once"
