# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the events of a roll add up to."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import Roll, Span, read_record

OPENED = {
    "event": "opened",
    "at": 100.0,
    "roll": "r1",
    "pool": "nvme",
    "owner": "me",
    "hosts": ["a", "b", "c"],
    "bring_back": True,
    "upgrade": "up.yml",
    "ahead": 0.0,
    "session": "s1",
    "process": {"pid": 1, "started": "x"},
}


def event(at: float, what: str, **more: Any) -> dict[str, Any]:
    return {"event": what, "at": at, **more}


def batch(at: float, *hosts: str) -> dict[str, Any]:
    return event(at, "batch", hosts=hosts, moves=[], limited_by="")


def resumed(at: float, *hosts: str) -> dict[str, Any]:
    return event(at, "resumed", hosts=hosts, session="s2", process={"pid": 2, "started": "y"})


def through(at: float, host: str) -> list[dict[str, Any]]:
    return [
        event(at + 10, "drained", host=host, left=[]),
        event(at + 30, "upgraded", host=host),
        event(at + 35, "verified", host=host),
        event(at + 50, "returned", host=host, left=[{"id": "1", "reason": "full"}]),
    ]


def told(*events: dict[str, Any]) -> Roll:
    roll = read_record([OPENED, *events])
    assert roll is not None
    return roll


def test_no_events_no_roll() -> None:
    assert read_record([]) is None


def test_a_host_goes_through_its_phases() -> None:
    roll = told(batch(100, "a"), *through(100, "a"))
    assert roll.lanes["a"].spans == [
        Span("drain", 100, 110, "done"),
        Span("upgrade", 110, 130, "done"),
        Span("verify", 130, 135, "done"),
        Span("return", 135, 150, "done"),
    ]
    assert roll.lanes["a"].away == [{"id": "1", "reason": "full"}]
    assert (roll.done, roll.unfinished, roll.last, roll.closed) == (["a"], [], 150, None)
    assert told(event(160, "closed")).closed == 160


def test_an_upgrade_with_nothing_to_verify_ends_verified() -> None:
    drained, _upgraded, verified, _returned = through(100, "a")
    lane = told(batch(100, "a"), drained, verified).lanes["a"]
    assert lane.spans == [Span("drain", 100, 110, "done"), Span("upgrade", 110, 135, "done"), Span("return", 135)]
    assert lane.verified


def test_a_failure_ends_the_phase_it_happened_in_and_is_forgotten_by_the_next_run() -> None:
    failed = [batch(100, "a"), *through(100, "a")[:2], event(140, "failed", host="a", reason="no boot")]
    roll = told(*failed, event(141, "stopped", reason="enough"))
    assert roll.lanes["a"].spans[-1] == Span("verify", 130, 140, "failed")
    assert (roll.failed, roll.unfinished, roll.stopped) == ({"a": "no boot"}, ["a"], "enough")
    again = told(*failed, event(141, "stopped", reason="enough"), resumed(200, "a", "b"))
    assert (again.failed, again.unfinished, again.stopped) == ({}, ["a"], None)
    assert (again.hosts, again.session, again.process["pid"], again.resumed) == (("a", "b"), "s2", 2, [200])


def test_what_a_killed_run_was_at_is_interrupted_and_begins_again() -> None:
    roll = told(batch(100, "a"), *through(100, "a")[:1], resumed(500, "a"), batch(510, "a"))
    assert roll.lanes["a"].spans == [
        Span("drain", 100, 110, "done"),
        Span("upgrade", 110, 110, "interrupted"),
        Span("drain", 510),
    ]


def test_a_host_that_was_verified_only_returns() -> None:
    roll = told(batch(100, "a"), *through(100, "a")[:3], resumed(500, "a"), batch(510, "a"))
    assert roll.lanes["a"].spans[-1] == Span("return", 510)
