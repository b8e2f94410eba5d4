# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The probe of a roll: when its rounds are started, and that they end with the run they belong to."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import process as _process
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore

from tests.unit.collection.repository import ROOT
from tests.unit.plugins.module_utils._roll.events import OPENED, all_phases, begun, event, resumed

FILE = ROOT / "roles" / "rolling_upgrade" / "files" / "probe_guests.py"
DEADLINE = 30.0


def this_process() -> dict[str, Any]:
    """This process as a record names the one that runs a roll."""
    found = _process._look_at(os.getpid())
    assert found
    return {"pid": os.getpid(), "started": found.started}


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program as a module. The loader of collections, which it starts, is running in this process already."""
    monkeypatch.setattr("ansible.plugins.loader.init_plugin_loader", lambda: None)
    spec = importlib.util.spec_from_file_location("probe_guests", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    store = RecordStore(tmp_path / "roll")
    store.open({**OPENED, "process": this_process()})
    write(store, begun(110, "a"))
    return store


def write(store: RecordStore, *events: dict[str, Any]) -> None:
    with store.locked() as record:
        for written in events:
            record.write(written)


STOPPED = event(200, "stopped", reason="enough", until=None)
AGAIN = resumed(300, "a", session="s2", process=this_process())


@pytest.mark.parametrize(
    "events, goes_on",
    [
        ([], True),
        ([STOPPED], True),  # a host is still being worked on
        (all_phases(110, "a"), True),
        ([*all_phases(110, "a"), STOPPED], False),
        ([event(150, "failed", host="a", reason="x"), STOPPED], False),
        ([*all_phases(110, "a"), event(200, "closed")], False),
        ([AGAIN], False),
    ],
)
def test_it_goes_on_as_long_as_its_run(
    program: ModuleType, store: RecordStore, events: list[dict[str, Any]], goes_on: bool
) -> None:
    probe = program.Probe(store.folder, told=0)
    assert probe.goes_on()
    write(store, *events)
    assert probe.goes_on() is goes_on


def test_it_ends_when_the_run_is_killed_or_its_record_discarded(program: ModuleType, store: RecordStore) -> None:
    dead = RecordStore(store.folder.parent / "dead")
    dead.open({**OPENED, "process": {**this_process(), "started": "before"}})
    assert not program.Probe(dead.folder, told=0).goes_on()
    probe = program.Probe(store.folder, told=0)
    store.discard()
    assert not probe.goes_on()


def test_a_round_under_way_ends_with_the_run(
    program: ModuleType, store: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The round here never ends, and does not listen when it is asked to."""
    ready = store.folder / "ready"
    deaf = "import pathlib, signal, sys; signal.signal(15, signal.SIG_IGN)"
    deaf += "; pathlib.Path(sys.argv[1]).touch(); signal.pause()"
    monkeypatch.setattr(program, "ROUND", [sys.executable, "-c", deaf, str(ready)])
    monkeypatch.setattr(program, "POLL", 0.02)
    monkeypatch.setattr(program, "GRACE", 0.1)
    started: list[Any] = []
    probe = program.Probe(store.folder, told=0)
    start = probe._start

    def start_and_keep() -> Any:
        started.append(start())
        return started[-1]

    monkeypatch.setattr(probe, "_start", start_and_keep)
    watching = threading.Thread(target=probe.watch, args=(0.0,), daemon=True)
    watching.start()
    while not ready.exists():
        watching.join(0.02)
        assert watching.is_alive()
    write(store, event(200, "closed"))
    watching.join(DEADLINE)
    assert not watching.is_alive()
    assert [process.returncode for process in started] == [-9]


def test_rounds_follow_one_another(program: ModuleType, store: RecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third round closes the record."""
    rounds = store.folder / "rounds"
    count = "import sys; file = open(sys.argv[1], 'a'); print('round', file=file)"
    monkeypatch.setattr(program, "ROUND", [sys.executable, "-c", count, str(rounds)])
    monkeypatch.setattr(program, "POLL", 0.02)
    probe = program.Probe(store.folder, told=0)
    end = probe._end

    def close_after_three(process: Any) -> None:
        end(process)
        if rounds.read_text().count("round") == 3:
            write(store, event(200, "closed"))

    monkeypatch.setattr(probe, "_end", close_after_three)
    probe.watch(0.05)
    assert rounds.read_text().count("round") == 3


@pytest.mark.parametrize(
    "script, works",
    [
        ("", False),  # where samples cannot be written Ansible only warns
        ("import os, sys; open(sys.argv[1], 'a'); os.utime(sys.argv[1])", True),  # no guest to check
        ("import sys; open(sys.argv[1], 'a').write('{}'); sys.exit(2)", True),  # guests that do not answer
        ("import sys; sys.exit('no such module')", False),
    ],
)
def test_a_probe_that_checks_nothing_is_an_error(
    program: ModuleType, store: RecordStore, script: str, works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "ROUND", [sys.executable, "-c", script, str(store.folder / "probe.jsonl")])
    problem = program.Probe(store.folder, told=0).try_first()
    assert problem is None if works else "cannot work" in problem


@pytest.mark.parametrize("works", [True, False])
def test_a_round_is_noted_only_if_it_worked(
    program: ModuleType, store: RecordStore, works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import sys; print('{}', file=open(sys.argv[1], 'a'))" if works else ""
    monkeypatch.setattr(program, "ROUND", [sys.executable, "-c", script, str(store.folder / "probe.jsonl")])
    probe = program.Probe(store.folder, told=0)
    monkeypatch.setattr(probe, "_judge", lambda: write(store, event(200, "closed")))
    probe.watch(0.05)
    assert (store.folder / "probe_rounds.json").exists() is works
