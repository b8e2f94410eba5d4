# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A gate that does not hold is waited for, and stops the roll when its time is over."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import record_event
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.gate import RecordGate

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, Runs

ALERTS = "The task 'Alerts' failed: NodeDown fires."


def gate(runs: Runs, host: str, holds: bool = False, before: str = "drain", timeout: int = 600) -> dict[str, Any]:
    """One attempt at the gate of a host."""
    event = {
        "event": "gate_holds" if holds else "gate_waits",
        "host": host,
        "before": before,
        "reason": "" if holds else ALERTS,
        "timeout": timeout,
    }
    work = RecordGate(runs.cloud, runs.store, runs.roll["session"], event, now=runs.clock.now, sleep=runs.clock.sleep)
    assert work.predict().keys() == {"gate", "reason", "notice"}
    return work.apply()


def begin(runs: Runs, **options: Any) -> None:
    runs.open(max_unavailable=1, **options)
    assert runs.take("a") == "begin"


def test_a_gate_that_does_not_hold_is_asked_again_and_nobody_begins_meanwhile(runs: Runs) -> None:
    runs.open(max_unavailable=2)
    runs.take("a", forks=1)
    begin_of_turn = runs.clock.now()
    first = gate(runs, "a")
    text = f"the gate before the drain of a does not hold: {ALERTS}"
    assert first == {"gate": "waits", "reason": ALERTS, "notice": text}
    assert runs.clock.slept == [15] and text in runs.lines[-1]
    assert gate(runs, "a")["notice"] == ""  # others were told already
    assert runs.turn("b").apply()["reason"] == text
    held = runs.clock.now()
    assert gate(runs, "a", holds=True)["gate"] == "holds"
    assert "the gate before the drain of a holds after" in runs.lines[-1]
    (wait,) = runs.now().gates
    assert (wait.begin, wait.end, wait.outcome) == (begin_of_turn, held, "holds")
    # The drain begins only behind its gate, so a report shows how long it really took.
    assert runs.now().progress["a"].phases[0].begin == held
    assert runs.take("b") == "begin"


def test_a_gate_that_holds_at_once_leaves_no_trace(runs: Runs) -> None:
    begin(runs)
    assert gate(runs, "a", holds=True) == {"gate": "holds", "reason": "", "notice": ""}
    assert runs.now().gates == []


def test_before_a_drain_a_gate_stops_the_roll_with_nothing_touched(runs: Runs) -> None:
    begin(runs)
    answers = [gate(runs, "a", timeout=60)["gate"] for _attempt in range(41)]
    assert answers == ["waits"] * 40 + ["over"]
    roll = runs.now()
    assert roll.stopped == f"the gate before the drain of a did not hold for 1 min: {ALERTS}"
    assert (roll.under_way, roll.failed, roll.progress, roll.turns) == ([], {}, {}, [])
    assert runs.take("b") == "over"
    assert runs.close()["why"] == roll.stopped.rstrip(".")
    runs.open()
    assert runs.turn("a").apply()["steps"][0] == "drain"


def test_before_a_return_it_leaves_the_host_as_it_is_and_the_next_run_returns_it(runs: Runs) -> None:
    begin(runs)
    runs.record("a", "drained", "upgraded", "verified")
    gate(runs, "a", before="return", timeout=1)
    assert gate(runs, "a", before="return", timeout=1)["gate"] == "over"
    assert runs.now().under_way == [] and runs.now().progress["a"].phases[-1].outcome == "interrupted"
    assert "the gate before the return of a did not hold" in runs.close()["why"]
    runs.open()
    assert runs.turn("a").apply()["steps"] == ["return"]


def test_a_roll_that_is_stopped_meanwhile_does_not_wait_at_a_gate(runs: Runs) -> None:
    begin(runs)
    gate(runs, "a")
    with runs.store.locked() as record:
        record.write({"event": "control", "at": 1.0, "action": "stop", "who": "ann", "reason": ""})
    assert gate(runs, "a")["gate"] == "over"
    assert runs.now().stopped == "it was stopped by ann" and runs.now().under_way == []


def test_a_step_soaks_only_while_the_gate_holds(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_event.time, "time", runs.clock.now)
    begin(runs, ramp=[1], soak=600)
    runs.record("a", *ALL_EVENTS)
    runs.clock.step = 1.0
    asks = {host: runs.turn(host).apply()["gate"] for host in "bc"}
    assert asks == {"b": True, "c": False}  # the next host asks the gate, and no other
    assert gate(runs, "b", before="soak")["notice"].startswith("the gate after a step does not hold")
    gate(runs, "b", before="soak", holds=True)
    held = runs.clock.now()
    runs.clock.time = held + 590
    assert runs.take("b") == "begin" and runs.clock.now() >= held + 600
    assert [hold.what for hold in runs.now().holds] == ["soak"]


@pytest.mark.parametrize("before", ["drain", "soak"])
def test_a_gate_is_not_waited_for_when_ansible_lost_its_host(runs: Runs, before: str) -> None:
    begin(runs, max_failures="1")
    host = "a" if before == "drain" else "b"
    gate(runs, host, before=before)
    runs.playing.remove(f"at-{host}")
    if before == "soak":
        runs.record("a", *ALL_EVENTS)
    assert runs.take("c" if before == "soak" else "b") == "begin"
    assert [wait.outcome for wait in runs.now().gates] == ["lost"]


def test_after_a_kill_at_a_gate_the_next_run_asks_it_anew(runs: Runs) -> None:
    begin(runs)
    gate(runs, "a")
    runs.open()
    assert runs.now().open_gates == [] and runs.take("a") == "begin"
    assert gate(runs, "a")["notice"] != ""


def test_a_host_whose_turn_has_not_come_has_no_gate(runs: Runs) -> None:
    begin(runs)
    for host, before in (("b", "drain"), ("a", "soak")):
        with pytest.raises(Refused, match=f"The turn of '{host}' in the roll in .* has not come, or is over"):
            gate(runs, host, before=before)
