# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The report of a roll, as data."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Migration
from ansible_collections.stackops.aggregates.plugins.module_utils._report.build import of_the_roll, report, since
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import Roll
from fake.rolled import OPENED, Rolled
from plugins.module_utils._roll.test_record import OPENED as AT_100
from plugins.module_utils._roll.test_record import batch, event, resumed, through, told


def told_by(roll: Roll, *migrations: Migration, lives: bool = True, now: float = 1000) -> dict[str, Any]:
    return report(roll, migrations, {}, [], lives, now)


def move(server: str, source: str, target: str) -> dict[str, str]:
    return {"server": server, "name": f"name-of-{server}", "source": source, "target": target}


def clock(seconds: float) -> str:
    return f"1970-01-01T00:{int(seconds) // 60:02}:{int(seconds) % 60:02}.000000"


def migration(
    server: str, source: str, target: str, begin: float, end: float, status: str = "completed", kind: str = ""
) -> Migration:
    times = clock(begin), clock(end)
    return Migration(int(begin), f"m{begin}", server, source, target, status, kind or "live-migration", *times)


PLANNED = {**batch(100, "a"), "moves": [move("1", "a", "b"), move("2", "a", "c")]}


@pytest.mark.parametrize(
    "events, lives, expected",
    [
        ([batch(100, "a"), *through(100, "a"), event(151, "closed")], True, ("done", 151, 151)),
        ([batch(100, "a")], True, ("under way", None, 1000)),
        ([batch(100, "a")], False, ("interrupted", 100, 100)),
        ([batch(100, "a"), event(120, "failed", host="a", reason="x"), event(121, "stopped", reason="y")], True,
         ("stopped", 121, 121)),
        ([batch(100, "a"), event(121, "stopped", reason="y")], True, ("stopped", None, 1000)),
        ([batch(100, "a"), event(121, "stopped", reason="y")], False, ("stopped", 121, 121)),
        ([batch(100, "a"), event(121, "stopped", reason="y"), resumed(200, "a")], True, ("under way", None, 1000)),
    ],
)  # fmt: skip
def test_how_a_roll_stands(events: list[dict[str, Any]], lives: bool, expected: tuple[Any, ...]) -> None:
    roll = told_by(told(*events), lives=lives)["roll"]
    assert (roll["outcome"], roll["end"], roll["until"]) == expected
    assert roll["seconds"] == expected[2] - AT_100["at"]


def outcomes(*events: dict[str, Any], lives: bool = True) -> dict[str, str]:
    return {one["host"]: one["outcome"] for one in told_by(told(*events), lives=lives)["hosts"]}


def test_what_became_of_each_host() -> None:
    begun = [batch(100, "a", "b"), *through(100, "a"), event(130, "failed", host="b", reason="no boot")]
    assert outcomes(*begun) == {"a": "done", "b": "failed", "c": "not begun"}
    assert outcomes(*begun, event(200, "closed"))["c"] == "nothing to do"
    assert outcomes(*begun, batch(200, "c"))["c"] == "under way"
    assert outcomes(*begun, batch(200, "c"), lives=False)["c"] == "interrupted"


def test_phases_of_a_killed_run_and_of_the_next_one_are_both_shown() -> None:
    roll = told(batch(100, "a"), event(110, "drained", host="a", left=[]), resumed(500, "a"), batch(510, "a"))
    host = told_by(roll, now=530)["hosts"][0]
    assert [(one["phase"], one["begin"], one["end"], one["outcome"]) for one in host["phases"]] == [
        ("drain", 100, 110, "done"),
        ("upgrade", 110, 110, "interrupted"),
        ("drain", 510, None, "under way"),
    ]
    assert (host["batch"], host["seconds"]) == (2, 30)


def test_moves_are_compared_with_the_plan_and_the_way_home_is_planned() -> None:
    done = [
        migration("1", "a", "b", 101, 104),
        migration("2", "a", "c", 102, 109, "error"),
        migration("2", "a", "b", 110, 112),
        migration("1", "b", "a", 141, 144),
        migration("2", "b", "c", 145, 146),
    ]
    told_ = told_by(told(PLANNED, *through(100, "a"), event(151, "closed")), *reversed(done))
    shown = [(one["name"], one["outcome"], one["planned"], one["home"], one["lane"]) for one in told_["moves"]]
    assert shown == [
        ("name-of-1", "done", True, False, "a"),
        ("name-of-2", "failed", True, False, "a"),
        ("name-of-2", "done", False, False, "a"),
        ("name-of-1", "done", True, True, "a"),
        ("name-of-2", "done", False, False, "c"),
    ]
    assert told_["totals"]["moves"] == {
        "planned": 2, "as_planned": 1, "home": 1, "unplanned": 2, "done": 4, "failed": 1, "aborted": 0, "under_way": 0
    }  # fmt: skip
    assert told_["totals"]["servers"] == 2 and told_["totals"]["longest_migration"]["seconds"] == 3
    assert told_["hosts"][0]["moves"] == 3


def test_without_bring_back_nothing_is_on_its_way_home() -> None:
    roll = told(PLANNED)
    roll.bring_back = False
    moves = told_by(roll, migration("1", "a", "b", 101, 104), migration("1", "b", "a", 141, 144))["moves"]
    assert [(one["planned"], one["home"]) for one in moves] == [(True, False), (False, False)]


@pytest.mark.parametrize(
    "status, outcome, end",
    [
        ("completed", "done", 104),
        ("confirmed", "done", 104),
        ("finished", "done", 104),
        ("cancelled", "aborted", 104),
        ("error", "failed", 104),
        ("failed", "failed", 104),
        ("reverted", "failed", 104),
        ("running", "under way", None),
        ("queued", "under way", None),
    ],
)
def test_how_a_move_ended(status: str, outcome: str, end: float | None) -> None:
    (one,) = told_by(told(PLANNED), migration("1", "a", "b", 101, 104, status))["moves"]
    assert (one["outcome"], one["end"], one["seconds"]) == (outcome, end, end and 3)


def test_nova_s_times_are_put_on_the_controller_s_clock() -> None:
    roll = told(PLANNED)
    roll.ahead = 60.5
    assert since(roll) == "1970-01-01T00:02:40"
    (one,) = told_by(roll, migration("1", "a", "b", 170, 180), migration("1", "a", "b", 159, 165))["moves"]
    assert (one["begin"], one["end"], one["seconds"]) == (109.5, 119.5, 10)


def test_only_moves_of_the_roll_count() -> None:
    roll = told(batch(100, "a"), *through(100, "a"), event(151, "closed"))
    others = [
        migration("1", "x", "y", 120, 130),
        migration("1", "a", "b", 99, 130),
        migration("1", "a", "b", 152, 160),
        migration("1", "a", "b", 120, 130, kind="resize"),
        migration("1", "a", "b", 120, 130, kind="evacuation"),
    ]
    assert of_the_roll(roll, others, lives=False) == []
    ours = [migration("1", "a", "y", 120, 130), migration("2", "x", "c", 121, 130, kind="migration")]
    assert of_the_roll(roll, others + ours, lives=False) == ours


def test_a_killed_run_s_moves_go_on_without_it_and_are_shown() -> None:
    shown = told_by(told(PLANNED), migration("1", "a", "b", 130, 140), lives=False)
    assert len(shown["moves"]) == 1 and (shown["roll"]["end"], shown["roll"]["until"]) == (100, 140)


def test_names_are_those_of_now_else_those_of_the_plan_else_ids() -> None:
    migrations = [migration(server, "a", "b", 101, 104) for server in "123"]
    moves = report(told(PLANNED), migrations, {"1": "renamed"}, [], True, 200)["moves"]
    assert [one["name"] for one in moves] == ["renamed", "name-of-2", "3"]


def test_a_roll_with_trouble_in_it() -> None:
    rolled = Rolled()
    rolled.event(rolled.end, "stopped", reason="cmp05 failed")
    told_ = report(rolled.roll(), rolled.migrations, {}, rolled.samples(), False, rolled.end + 1000)
    totals = told_["totals"]
    assert totals["hosts"] == {
        "all": 12, "done": 10, "failed": 1, "interrupted": 1, "under_way": 0, "not_begun": 0
    }  # fmt: skip
    assert totals["moves"] == {
        "planned": 48, "as_planned": 47, "home": 40, "unplanned": 1,
        "done": 88, "failed": 0, "aborted": 1, "under_way": 0,
    }  # fmt: skip
    assert (totals["servers"], totals["left"], totals["away"]) == (48, 1, 1)
    assert told_["roll"]["begin"] == OPENED and told_["roll"]["end"] == rolled.end
    assert {len(one["phases"]) for one in told_["hosts"]} == {2, 3, 4}
    assert told_["probe"]["longest_gap"] == 35 and len(told_["probe"]["guests"]) == 48
