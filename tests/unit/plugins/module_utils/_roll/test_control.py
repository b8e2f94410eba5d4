# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A person pauses, resumes, stops and approves a roll that goes on in another process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.control import ControlRoll, find_roll
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.turn import MOST_ASKED

from tests.unit.fake.past_roll import this_process
from tests.unit.plugins.module_utils._roll.events import resumed
from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, Runs, window

NO_APPROVAL = "waits for no approval: it can be given when a host is done"


def work(runs: Runs, action: str, who: str = "ann", reason: str = "") -> ControlRoll:
    return ControlRoll(runs.cloud, find_roll(runs.directory, None), action, who, reason)


def ask(runs: Runs, action: str, **more: str) -> dict[str, Any]:
    """Ask it of the roll, and return what the module says."""
    asked = work(runs, action, **more)
    assert asked.changed
    return asked.apply()


# -- pause, resume, stop


def test_a_paused_roll_begins_no_host_until_it_is_resumed(runs: Runs) -> None:
    runs.open(max_unavailable=1)
    runs.take("a")
    said = ask(runs, "pause", reason="ceph  is\nrebalancing")
    assert said["summary"] == (
        "nvme roll: no further host begins before it is resumed, hosts under way go on (under way: a)"
    )
    runs.record("a", *ALL_EVENTS)
    answer = runs.turn("b").apply()
    assert answer["turn"] == "wait"
    assert answer["reason"].startswith("it is paused since ")
    assert answer["reason"].endswith(" by ann (ceph is rebalancing), until stackops.aggregates.resume_roll")
    assert sum("no host begins for now: it is paused" in line for line in runs.lines) == 1
    ask(runs, "resume", who="bob")
    assert runs.take("b") == "begin"
    assert [(control.action, control.who) for control in runs.now().controls] == [("pause", "ann"), ("resume", "bob")]
    assert [hold.what for hold in runs.now().holds] == ["pause"] and runs.now().hold is None


def test_a_pause_that_comes_while_somebody_looks_begins_nothing(runs: Runs) -> None:
    def look(roll: Any, at_work: Any) -> Any:
        if not runs.now().paused:
            ask(runs, "pause")
        return window()(roll, at_work)

    runs.open()
    assert runs.take("a", look) == "wait" and runs.now().turns == []


def test_the_next_run_of_a_paused_roll_is_paused_too(runs: Runs) -> None:
    runs.open()
    ask(runs, "pause", reason="no work on Fridays")
    runs.open()
    assert runs.take("a") == "wait"
    assert "by ann (no work on Fridays)" in runs.lines[-1]
    ask(runs, "resume")
    assert runs.take("a") == "begin"


def test_a_roll_that_is_stopped_finishes_what_runs_and_the_next_run_goes_on(runs: Runs) -> None:
    runs.open(max_unavailable=1)
    runs.take("a")
    ask(runs, "stop", reason="enough for today")
    answer = runs.turn("b").apply()
    assert (answer["turn"], answer["reason"]) == ("over", "it was stopped by ann (enough for today)")
    runs.record("a", *ALL_EVENTS)
    assert runs.close()["why"] == "it was stopped by ann (enough for today)"
    runs.open("b", "c")
    assert runs.take("b") == "begin"


def test_a_stop_ends_a_pause(runs: Runs) -> None:
    runs.open()
    ask(runs, "pause")
    runs.take("a")
    ask(runs, "stop")
    assert runs.take("a") == "over" and runs.now().hold is None


def test_a_stop_where_nothing_runs_says_so(runs: Runs) -> None:
    runs.open()
    with runs.store.locked() as record:
        record.write(resumed(1.0, "a", process=this_process()))
        assert work(runs, "stop").warnings == []
        record.write(resumed(2.0, "a"))  # of a process that is gone
    assert "No process of this machine runs the roll through nvme" in work(runs, "stop").warnings[0]


def test_what_is_so_already_changes_nothing(runs: Runs) -> None:
    runs.open()
    assert not work(runs, "resume").changed
    for action in ("pause", "stop"):
        ask(runs, action)
        assert not work(runs, action).changed
        assert work(runs, action).predict().keys() == work(runs, action).apply().keys()


def test_a_roll_that_is_held_for_a_day_ends_and_the_same_command_waits_on(runs: Runs) -> None:
    runs.open()
    ask(runs, "pause")
    over = runs.turn("a", asked=MOST_ASKED).apply()
    assert over["turn"] == "over" and over["reason"].startswith("it is paused since")
    assert runs.close()["why"] == over["reason"]
    runs.open()
    assert runs.take("a") == "wait"


# -- approve


def test_all_others_wait_for_an_approval_of_the_first_host(runs: Runs) -> None:
    runs.open(max_unavailable=2, approve="first")
    assert [runs.take(host) for host in "ab"] == ["begin", "wait"]
    with pytest.raises(Refused, match=NO_APPROVAL):
        work(runs, "approve")
    runs.record("a", *ALL_EVENTS)
    answer = runs.turn("b").apply()
    assert (answer["turn"], answer["reason"]) == (
        "wait",
        "the next host needs an approval, by stackops.aggregates.approve_roll",
    )
    ask(runs, "approve")
    assert [runs.take(host) for host in "bc"] == ["begin", "begin"]


def test_each_host_after_the_first_needs_an_approval(runs: Runs) -> None:
    runs.open(max_unavailable=2, approve="each")
    for host in "abc":
        assert runs.take(host) == "begin"
        runs.record(host, *ALL_EVENTS)
        if host != "c":
            assert runs.take(chr(ord(host) + 1)) == "wait"
            ask(runs, "approve")
    with pytest.raises(Refused, match=NO_APPROVAL):
        work(runs, "approve")  # nothing is left to do
    assert runs.close()["closed"]


def test_of_two_approvals_at_the_same_moment_one_is_refused(runs: Runs) -> None:
    runs.open(approve="each")
    runs.take("a")
    runs.record("a", *ALL_EVENTS)
    both = work(runs, "approve"), work(runs, "approve")
    both[0].apply()
    with pytest.raises(Refused, match=NO_APPROVAL):
        both[1].apply()


def test_a_host_that_failed_takes_an_approval_too(runs: Runs) -> None:
    runs.open(approve="each", max_failures="1")
    runs.take("a")
    runs.record("a", "failed", reason="no boot")
    assert runs.take("b") == "wait"
    ask(runs, "approve")
    assert runs.take("b") == "begin"


def test_after_a_kill_the_host_that_was_approved_goes_on_and_the_next_one_waits(runs: Runs) -> None:
    runs.open(approve="each")
    runs.take("a")
    runs.open(approve="each")
    assert runs.take("a") == "begin"
    runs.record("a", *ALL_EVENTS)
    runs.open("b", "c", approve="each")
    assert runs.take("b") == "wait"
    ask(runs, "approve")
    runs.open("b", "c", approve="each")  # killed before it began
    assert runs.take("b") == "begin"


# -- which roll


def test_the_roll_is_found_in_the_folder_of_all_of_its_pool_or_its_own(runs: Runs) -> None:
    runs.open()
    folder = runs.store.folder
    for directory in (runs.directory, folder.parent, folder):
        assert find_roll(directory, None).folder == find_roll(directory, "nvme").folder == folder


def test_a_roll_that_is_not_there_is_refused(runs: Runs) -> None:
    with pytest.raises(Refused, match="No unfinished roll is recorded in .*: give the directory that the roll has"):
        find_roll(runs.directory, None)
    runs.open()
    with pytest.raises(Refused, match="No unfinished roll through gpu is recorded in"):
        find_roll(runs.directory, "gpu")
    for host in "abc":
        runs.take(host)
        runs.record(host, *ALL_EVENTS)
    runs.close()
    with pytest.raises(Refused, match="No unfinished roll"):
        find_roll(runs.directory, "nvme")


def test_of_two_rolls_one_has_to_be_named(runs: Runs, tmp_path: Path) -> None:
    runs.open()
    other = Runs(tmp_path / "other")
    other.open()
    with pytest.raises(Refused, match="More than one roll is unfinished, .*: name the aggregate, or give the folder"):
        find_roll(tmp_path, None)
    assert find_roll(tmp_path / "other", None).folder == other.store.folder


def test_a_record_that_cannot_be_read_keeps_nobody_from_pausing_another_roll(runs: Runs) -> None:
    runs.open()
    broken = runs.directory / "gpu" / "20261121T100000Z"
    broken.mkdir(parents=True)
    (broken / "record.jsonl").write_text("no record\n")
    assert find_roll(runs.directory, None).folder == runs.store.folder
