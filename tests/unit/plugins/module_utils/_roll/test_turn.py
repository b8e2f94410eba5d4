# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A host waits for its turn, and whoever waits begins those that may go now."""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.turn import (
    LONGEST_OUTAGE,
    PATIENCE,
    Able,
    reserved,
)

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, NOON, Runs, moves_of, window

CANNOT_BE_SEEN = "http://compute.test does not answer."


def blind(_roll: Roll, _at_work: Collection[str]) -> NoReturn:
    raise CloudError(CANNOT_BE_SEEN)


def unneeded(_roll: Roll, _at_work: Collection[str]) -> NoReturn:
    raise AssertionError("nobody has to look")


# -- whose turn it is


def test_the_moves_of_a_turn_are_recorded_before_anything_is_touched(runs: Runs) -> None:
    runs.open()
    answer = runs.turn("a").apply()
    assert (answer["turn"], answer["moves"], answer["steps"]) == (
        "begin",
        moves_of("a"),
        ["drain", "upgrade", "verify", "return"],
    )
    turns = runs.now().turns
    assert [(turn.host, list(turn.moves)) for turn in turns] == [("a", moves_of("a")), ("b", moves_of("b"))]
    assert runs.lines[-1] == (
        "nvme roll: b begins, 1 server to move, over at about 12:00, in 45 s [0 of 3 hosts done, 0 servers moved; will "
        "be over at about 12:01, in 2 min]"
    )
    assert turns[1].forecast == {"drain": 10, "upgrade": 20, "verify": 5, "return": 10}


def test_whoever_asks_first_begins_the_hosts_in_the_order_of_the_plan(runs: Runs) -> None:
    runs.open("c", "a", "b", max_unavailable=1)
    assert [runs.take(host) for host in "abc"] == ["wait", "wait", "begin"]
    runs.record("c", *ALL_EVENTS)
    assert [runs.take(host) for host in "ba"] == ["wait", "begin"]


def test_a_host_that_cannot_go_does_not_hold_up_those_behind_it(runs: Runs) -> None:
    runs.open()
    look = window({"a": "no host has room for vm-a"})
    assert [runs.take(host, look) for host in "abc"] == ["wait", "begin", "begin"]
    for host in "bc":
        runs.record(host, *ALL_EVENTS)
    assert runs.take("a") == "begin"  # by now there is room


def test_a_host_that_waits_says_what_for(runs: Runs) -> None:
    runs.open(max_unavailable=1)
    runs.take("a")
    runs.record("a", "drained")
    answer = runs.turn("b", window({"b": "no host has room for vm-b"})).apply()
    assert (answer["turn"], answer["moves"], answer["steps"]) == ("wait", [], [])
    # While max_unavailable is reached nobody looks for what else there is.
    assert runs.turn("c").apply()["reason"] is None


def test_a_look_says_why_each_host_waits(runs: Runs) -> None:
    runs.open()
    runs.take("a", window({"b": "it is too full"}), forks=1)
    answer = runs.turn("b", window({"b": "it is too full"})).apply()
    assert (answer["turn"], answer["reason"]) == ("wait", "it is too full")


def test_what_a_turn_reserves(runs: Runs) -> None:
    runs.open(max_failures="1")
    runs.take("a")
    runs.record("b", "failed", reason="no boot")
    assert reserved(runs.now()) == {"a": tuple(moves_of("a"))}


# -- how many looks there are


def test_nobody_looks_again_while_nothing_changes(runs: Runs) -> None:
    looks: list[float] = []

    def look(roll: Roll, at_work: Collection[str]) -> Able:
        looks.append(runs.clock.now())
        return window({"b": "it is too full", "c": "it is too full"})(roll, at_work)

    runs.open()
    runs.take("a", look)
    first = len(looks)
    runs.take("b", look)
    since = [round(later - earlier) for earlier, later in zip(looks[first - 1 :], looks[first:], strict=False)]
    assert since and set(since) == {10}  # in case somebody else changed the cloud


def test_nobody_looks_while_max_unavailable_is_reached(runs: Runs) -> None:
    runs.open(max_unavailable=1)
    runs.take("a")
    assert runs.take("b", unneeded) == "wait"


# -- the wait


def test_a_wait_is_bounded_so_that_what_ansible_lost_is_seen_within_a_minute(runs: Runs) -> None:
    runs.open(max_unavailable=1)
    runs.take("a")
    for asked in (0, 1, 200):
        before = runs.clock.now()
        runs.clock.step = 10.0
        assert runs.turn("b", asked=asked).apply()["asked"] == asked + 1
        assert runs.clock.now() - before == PATIENCE == 30


def test_a_turn_that_comes_meanwhile_ends_the_wait(runs: Runs) -> None:
    runs.open(max_unavailable=1)
    runs.take("a")
    runs.clock.happens = [lambda: None, lambda: runs.record("a", *ALL_EVENTS)]
    assert runs.take("b") == "begin" and len(runs.clock.slept) == 2


def test_check_mode_waits_for_nothing(runs: Runs) -> None:
    runs.open()
    predicted = runs.turn("a", unneeded).predict()
    assert (predicted["turn"], runs.clock.slept, runs.now().turns) == ("wait", [], [])
    assert predicted.keys() == runs.turn("a").apply().keys()


# -- when no further host begins


def test_after_a_failure_no_host_begins_and_the_same_command_goes_on(runs: Runs) -> None:
    runs.open()
    runs.take("a")
    runs.record("a", *ALL_EVENTS)
    runs.record("b", "drained", "failed", reason="no boot")
    over = runs.turn("c", unneeded).apply()
    assert (over["turn"], over["reason"]) == ("over", "b failed, and max_failures is 0")
    closed = runs.close()
    assert (closed["closed"], closed["failed"], closed["stopped"]) == (False, {"b": "no boot"}, over["reason"])
    again = runs.open("b", "c")
    assert (again["done"], again["unfinished"], again["hosts"]) == (["a"], ["b"], ["a", "b", "c"])
    assert any("going on with 1 of 3 hosts done" in line for line in runs.lines)
    assert (runs.take("b"), runs.take("c")) == ("begin", "begin")


def test_nothing_begins_once_the_roll_was_stopped(runs: Runs) -> None:
    """Not even if what stopped it holds no longer."""
    runs.open(max_unavailable=1, windows=["Sat 11:00-12:30"])
    runs.take("a")
    runs.clock.time += 3600
    assert runs.turn("b").apply()["reason"] == (
        "it is Sat 13:00, which is in none of the windows Sat 11:00-12:30; the window opens at Sat 11:00"
    )
    runs.clock.time -= 3600
    runs.record("a", *ALL_EVENTS)  # what runs is finished
    assert [runs.take(host, unneeded) for host in "bc"] == ["over", "over"]
    assert [turn.host for turn in runs.now().turns] == ["a"]
    assert sum("no further host begins" in line for line in runs.lines) == 1


def test_a_failure_while_somebody_looks_begins_nothing(runs: Runs) -> None:
    def look(roll: Roll, at_work: Collection[str]) -> Able:
        runs.record("a", "failed", reason="no boot")
        return window()(roll, at_work)

    runs.open(max_unavailable=2)
    runs.take("a", forks=1)
    assert runs.take("b", look) == "over"
    assert [turn.host for turn in runs.now().turns] == ["a"]


@pytest.mark.parametrize("most", [1, 2])
def test_failures_that_are_allowed_leave_their_hosts_and_the_roll_goes_on(runs: Runs, most: int) -> None:
    runs.open(max_failures="1", max_unavailable=most)
    runs.take("a")
    runs.record("a", "failed", reason="no boot")
    for host in "bc":
        assert runs.take(host) == "begin"
        runs.record(host, *ALL_EVENTS)
    closed = runs.close()
    assert (closed["closed"], closed["done"], closed["why"]) == (False, ["b", "c"], "a failed")


def test_where_no_host_can_begin_the_run_ends_with_what_is_in_the_way(runs: Runs) -> None:
    runs.open("a", "b")
    full = window({"a": "a: no host has room.", "b": "b: no host has room."})
    over = runs.turn("a", full).apply()
    assert (over["turn"], over["reason"]) == ("over", "a, b: a server of it: no host has room.")


# -- windows that look ahead: a host takes 45 seconds


def test_a_host_that_would_not_be_over_in_time_waits_for_the_next_window(runs: Runs) -> None:
    runs.open(max_unavailable=1, windows=["Sat 12:00-12:01"], windows_strict=True)
    assert runs.take("a") == "begin"
    runs.pass_phases("a", drained=10, upgraded=20, verified=5, returned=10)
    over = runs.turn("b", unneeded_but_for_none).apply()
    assert over["turn"] == "over" and over["reason"].startswith(
        "b, c: it would be over at about 12:01, and the window shuts at "
    )
    closed = runs.close()
    assert (closed["outcome"], closed["until"], closed["done"]) == ("waiting", NOON + 7 * 86400, ["a"])
    runs.clock.time = NOON + 7 * 86400
    assert (
        runs.open("b", "c", windows=["Sat 12:00-12:01"], windows_strict=True)["outcome"] == "failed"
    )  # if it ended now
    assert (runs.take("b"), runs.take("c")) == ("begin", "begin")


def unneeded_but_for_none(roll: Roll, at_work: Collection[str]) -> Able:
    """Whoever is late is not even looked for, so nothing is known of why else it waits."""
    assert set(at_work) <= {"a"}
    return Able({}, dict.fromkeys(roll.waiting, ""), dict.fromkeys(roll.waiting, ""))


def test_while_others_are_under_way_a_late_host_says_what_it_waits_for(runs: Runs) -> None:
    runs.open(windows=["Sat 12:00-12:02"], windows_strict=True)
    runs.take("a", forks=1)
    runs.pass_phases("a", drained=10, upgraded=20, verified=50)
    answer = runs.turn("b", unneeded_but_for_none).apply()
    assert answer["turn"] == "wait" and "the window opens again at Sat 12:00" in answer["reason"]


def test_one_that_has_only_to_return_goes_where_another_is_too_long(runs: Runs) -> None:
    runs.open()
    runs.take("a")
    runs.pass_phases("b", drained=10, upgraded=20, verified=5)
    runs.open("a", "b", "c", windows=["Sat 12:00-12:01"], windows_strict=True)
    runs.clock.time = NOON + 40
    assert (runs.take("b"), runs.now().under_way) == ("begin", ["b"])


# -- the cloud does not answer


def test_a_look_that_fails_is_tried_again_while_hosts_are_under_way(runs: Runs) -> None:
    runs.open()
    runs.take("a", forks=1)
    answer = runs.turn("b", blind).apply()
    assert (answer["turn"], answer["reason"]) == ("wait", CANNOT_BE_SEEN)
    assert runs.take("b") == "begin"


def test_a_cloud_that_is_away_for_a_while_ends_no_roll(runs: Runs) -> None:
    """As when its load balancer fails over just when one host is done and the next one would begin."""
    runs.open()
    waits = runs.turn("a", blind).apply()
    assert (waits["turn"], waits["reason"]) == ("wait", CANNOT_BE_SEEN)
    assert runs.take("a") == "begin"


def test_a_cloud_that_stays_away_ends_the_run(runs: Runs) -> None:
    runs.open()
    runs.clock.time = runs.now().last + LONGEST_OUTAGE
    over = runs.turn("a", blind).apply()
    assert (over["turn"], over["reason"]) == ("over", CANNOT_BE_SEEN)
    assert runs.close()["why"] == CANNOT_BE_SEEN.rstrip(".")


def test_a_cloud_that_refuses_a_look_ends_the_run(runs: Runs) -> None:
    def forbidden(_roll: Roll, _at_work: Collection[str]) -> NoReturn:
        raise CloudError("You are not allowed to look.", 403)

    runs.open()
    assert runs.take("a", forbidden) == "over"


# -- what Ansible works on


def test_no_host_begins_on_which_ansible_does_not_work_yet(runs: Runs) -> None:
    """It would be out of service, and wait for a free fork that another host holds which waits for it."""
    runs.open(max_unavailable=3)
    assert (runs.take("a", forks=2), runs.now().under_way) == ("begin", ["a", "b"])
    runs.record("a", *ALL_EVENTS)
    assert (runs.take("c", forks=2), runs.now().under_way) == ("begin", ["b", "c"])


def test_forks_go_to_hosts_in_the_order_of_the_play(runs: Runs) -> None:
    """Which is another one where a roll before this one in the same playbook had the same hosts."""
    runs.open("c", "b", "a", max_unavailable=1)
    runs.playing = ["localhost", "at-a", "at-b", "at-c"]
    assert (runs.take("a", forks=2), runs.take("b", forks=2)) == ("wait", "begin")
    runs.record("b", *ALL_EVENTS)
    assert runs.take("c", forks=2) == "begin"


def test_a_host_that_ansible_lost_has_failed(runs: Runs) -> None:
    runs.open()
    runs.take("a")
    runs.record("b", *ALL_EVENTS)
    runs.playing.remove("at-a")
    assert runs.turn("c").apply()["reason"] == "a failed, and max_failures is 0"
    assert runs.now().failed == {"a": "Ansible lost the host, see its error above."}


def test_a_host_that_ansible_lost_while_it_waited_never_begins(runs: Runs) -> None:
    runs.open(max_unavailable=1)
    runs.playing.remove("at-a")
    assert runs.take("b", forks=1) == "begin"
    runs.record("b", *ALL_EVENTS)
    assert runs.take("c", forks=1) == "begin"
    runs.record("c", *ALL_EVENTS)
    assert [turn.host for turn in runs.now().turns] == ["b", "c"]
    assert runs.close()["why"] == "a are not done"


# -- other runs, and other stages


def test_a_run_that_was_succeeded_begins_nothing(runs: Runs) -> None:
    runs.open()
    turn = runs.turn("a")
    runs.open()
    with pytest.raises(Refused, match="Another run goes on with the roll .*, so this one ends: leave it to that one"):
        turn.apply()
    assert runs.now().turns == []


def test_one_that_is_succeeded_while_it_looks_begins_nothing_either(runs: Runs) -> None:
    def look(roll: Roll, at_work: Collection[str]) -> Able:
        runs.open()
        return window()(roll, at_work)

    runs.open()
    with pytest.raises(Refused, match="Another run goes on with the roll"):
        runs.turn("a", look).apply()
    assert runs.now().turns == []


def test_a_host_of_another_roll_is_refused(runs: Runs) -> None:
    runs.open()
    with pytest.raises(Refused, match="'z' is no host of the roll in"):
        runs.turn("z")


@pytest.mark.parametrize("look_too", [False, True])
def test_a_record_that_is_discarded_meanwhile_ends_the_run(runs: Runs, look_too: bool) -> None:
    def look(roll: Roll, at_work: Collection[str]) -> Able:
        runs.store.discard()
        return window()(roll, at_work)

    runs.open(max_unavailable=1)
    if look_too:
        turn = runs.turn("a", look)
    else:
        runs.take("a")
        turn = runs.turn("b")
        runs.clock.happens = [runs.store.discard]
    with pytest.raises(Refused, match="There is no record of a roll in|was discarded meanwhile, so this run ends"):
        turn.apply()


def test_hosts_at_different_stages_go_through_their_own_steps_in_one_window(runs: Runs) -> None:
    runs.open(max_unavailable=3)
    runs.take("a")
    runs.record("a", "drained", "upgraded", "verified")
    runs.record("b", "drained")
    runs.open("a", "b", "c", upgraded=["b"], max_unavailable=3)
    steps = [runs.turn(host).apply()["steps"] for host in "abc"]
    assert steps == [["return"], ["verify", "return"], ["drain", "upgrade", "verify", "return"]]
    runs.record("a", "returned")
    runs.record("b", "verified", "returned")
    runs.record("c", *ALL_EVENTS)
    assert runs.close()["closed"]


# -- who conducts


def test_one_that_waits_leaves_it_to_another_that_conducts(runs: Runs) -> None:
    runs.open()
    with runs.store.conducting():
        assert runs.take("a", unneeded) == "wait"
    assert runs.take("a") == "begin"


def test_a_conductor_that_was_killed_does_not_stop_the_others(runs: Runs) -> None:
    """Its lock goes with its process; what it was writing may be half there, both its own notes and the record."""
    runs.open()
    (runs.store.folder / "turns.json").write_text('{"size": 12')
    with (runs.store.folder / "record.jsonl").open("ab") as file:
        file.write(b'{"event": "begun", "host": "c", "mov')
    assert runs.take("a") == "begin"
    assert runs.now().under_way == ["a", "b"]


def test_one_that_was_killed_after_its_look_is_followed_by_the_next_look(runs: Runs) -> None:
    """Between its note that it looked and another event nothing happens: somebody looks again all the same."""
    runs.open(max_unavailable=1)
    with runs.store.conducting() as conductor:
        assert conductor
        conductor.looked((runs.store.folder / "record.jsonl").stat().st_size, runs.clock.now())
    assert runs.take("a") == "begin" and sum(runs.clock.slept) == pytest.approx(10, abs=1)


# -- hosts that cannot be upgraded

ROOM = {"b": "server vm-b: no host has room."}


def test_a_host_that_cannot_be_upgraded_is_left_out_once_nothing_is_under_way(runs: Runs) -> None:
    runs.open(max_unavailable=1, blocked="skip")
    assert [runs.take(host, window(ROOM)) for host in "ab"] == ["begin", "wait"]
    runs.record("a", *ALL_EVENTS)
    assert runs.take("c", window(ROOM)) == "begin"
    assert runs.take("b", window(ROOM)) == "wait"  # c may still make the room
    runs.record("c", *ALL_EVENTS)
    answer = runs.turn("b", window(ROOM)).apply()
    assert (answer["turn"], answer["reason"]) == ("over", ROOM["b"])
    assert runs.lines[-1].startswith("nvme roll: b is left out: server vm-b: no host has room. [2 of 3 hosts done")
    closed = runs.close()
    assert (closed["done"], closed["closed"], closed["outcome"]) == (["a", "c"], False, "failed")
    assert closed["why"] == ("hosts that cannot be upgraded were left out: b: a server of it: no host has room")


def test_a_host_that_is_left_out_takes_no_fork_from_those_behind_it(runs: Runs) -> None:
    runs.open("b", "a", blocked="skip")
    assert [runs.take(host, window(ROOM), forks=1) for host in "ba"] == ["over", "begin"]


def test_the_next_run_tries_it_again(runs: Runs) -> None:
    runs.open("b", blocked="skip")
    assert runs.take("b", window(ROOM)) == "over"
    runs.close()
    runs.open("b", blocked="skip")
    assert runs.take("b", window(ROOM)) == "over"
    runs.open("b", blocked="skip")
    assert runs.take("b") == "begin"
    runs.record("b", *ALL_EVENTS)
    assert runs.close()["closed"]


def test_what_cannot_be_seen_is_not_left_out(runs: Runs) -> None:
    def another_roll(_roll: Roll, _at_work: Collection[str]) -> NoReturn:
        raise Refused("Another roll began in the meantime.")

    runs.open("b", blocked="skip")
    answer = runs.turn("b", another_roll).apply()
    assert (answer["turn"], answer["reason"]) == ("over", "Another roll began in the meantime.")
    assert runs.now().skipped == {}


@pytest.mark.parametrize("blocked", ["refuse", "skip"])
def test_the_same_trouble_of_many_hosts_is_one_sentence(runs: Runs, blocked: str) -> None:
    hosts = [f"cmp{number:03}" for number in range(500)]
    runs.open(*hosts, blocked=blocked)
    look = window({host: f"server vm-{host}: no host has room." for host in hosts})
    assert runs.take(hosts[0], look, forks=500) == "over"
    why = runs.close()["why"]
    assert "cmp000, cmp001, cmp002 and 497 more: a server of it: no host has room" in why
    assert len(why) < 200
