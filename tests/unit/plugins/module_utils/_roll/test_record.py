# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the events of a roll add up to."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.host_progress import Phase
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import read_record
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Turn

from tests.unit.plugins.module_utils._roll.events import OPTIONS, STEPS, all_phases, begun, event, resumed, roll_of


def test_no_events_no_roll() -> None:
    assert read_record([]) is None


def test_a_host_goes_through_its_phases() -> None:
    roll = roll_of(begun(100, "a"), *all_phases(100, "a"))
    assert roll.progress["a"].phases == [
        Phase("drain", 100, 110, "done"),
        Phase("upgrade", 110, 130, "done"),
        Phase("verify", 130, 135, "done"),
        Phase("return", 135, 150, "done"),
    ]
    assert roll.progress["a"].away == [{"id": "1", "reason": "full"}]
    assert (roll.done, roll.unfinished, roll.last, roll.closed) == (["a"], [], 150, None)
    assert roll_of(event(160, "closed")).closed == 160


def test_hosts_go_through_them_beside_each_other() -> None:
    first, second = all_phases(100, "a"), all_phases(112, "b")
    mixed = sorted([*first, *second], key=lambda event: event["at"])
    roll = roll_of(begun(100, "a"), begun(112, "b"), *mixed)
    assert [(phase.begin, phase.end) for phase in roll.progress["b"].phases] == [
        (112, 122), (122, 142), (142, 147), (147, 162),
    ]  # fmt: skip
    assert roll.done == ["a", "b"]


def test_a_turn_holds_what_was_planned_for_it() -> None:
    (turn,) = roll_of(begun(100, "a", "1")).turns
    move = {"server": "1", "name": "vm-1", "target": "spare"}
    assert turn == Turn(100, "a", (move,), tuple(STEPS), dict.fromkeys(STEPS, 10.0))


def test_an_upgrade_with_nothing_to_verify_ends_verified() -> None:
    drained, _upgraded, verified, _returned = all_phases(100, "a")
    progress = roll_of(begun(100, "a"), drained, verified).progress["a"]
    assert progress.phases == [
        Phase("drain", 100, 110, "done"),
        Phase("upgrade", 110, 135, "done"),
        Phase("return", 135),
    ]
    assert progress.verified


def test_a_failure_ends_the_phase_it_happened_in_and_is_forgotten_by_the_next_run() -> None:
    failed = [begun(100, "a"), *all_phases(100, "a")[:2], event(140, "failed", host="a", reason="no boot")]
    roll = roll_of(*failed, event(141, "stopped", reason="enough", until=None))
    assert roll.progress["a"].phases[-1] == Phase("verify", 130, 140, "failed")
    assert (roll.failed, roll.unfinished, roll.stopped) == ({"a": "no boot"}, ["a"], "enough")
    again = roll_of(*failed, event(141, "stopped", reason="enough", until=None), resumed(200, "a", "b"))
    assert (again.failed, again.unfinished, again.stopped) == ({}, ["a"], None)
    assert (again.hosts, again.session, again.process["pid"], again.resumed) == (("a", "b"), "s2", 2, [200])


def test_each_run_says_what_it_is_asked_for() -> None:
    options = {**OPTIONS, "max_unavailable": 5}
    roll = roll_of(resumed(200, "c", "a", places={"a": "x", "c": "c"}, upgraded=["c"], options=options))
    assert (roll.hosts, roll.places, roll.upgraded) == (("c", "a"), {"a": "x", "c": "c"}, ("c",))
    assert (roll.options["max_unavailable"], roll.bring_back) == (5, True)


def test_a_phase_that_a_kill_interrupted_begins_again() -> None:
    roll = roll_of(begun(100, "a"), *all_phases(100, "a")[:1], resumed(500, "a"), begun(510, "a"))
    assert roll.progress["a"].phases == [
        Phase("drain", 100, 110, "done"),
        Phase("upgrade", 110, 110, "interrupted"),
        Phase("drain", 510),
    ]


def test_a_host_begins_with_the_first_of_its_steps() -> None:
    verified = [begun(100, "a"), *all_phases(100, "a")[:3], resumed(500, "a")]
    assert roll_of(*verified, begun(510, "a", steps=["return"])).progress["a"].phases[-1] == Phase("return", 510)
    upgraded = [begun(100, "a"), *all_phases(100, "a")[:1], resumed(500, "a", upgraded=["a"])]
    turn = begun(510, "a", steps=["verify", "return"])
    assert roll_of(*upgraded, turn).progress["a"].phases[-1] == Phase("verify", 510)
