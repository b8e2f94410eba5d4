# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The report of a roll, as data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import Migration
from ansible_collections.stackops.aggregates.plugins.module_utils._report.build import (
    build_report,
    migrations_of_roll,
    opened_on_nova_clock,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll

from tests.unit.fake.past_roll import OPENED, PastRoll
from tests.unit.plugins.module_utils._roll.events import OPENED as AT_100
from tests.unit.plugins.module_utils._roll.events import OPTIONS, all_phases, begun, event, resumed, roll_of


def report_of(
    roll: Roll,
    *migrations: Migration,
    running: bool = True,
    now: float = 1000,
    hypervisors: dict[str, int] | None = None,
) -> dict[str, Any]:
    return build_report(roll, migrations, {}, hypervisors or {}, [], running, now)


def move(server: str, target: str) -> dict[str, str]:
    return {"server": server, "name": f"name-of-{server}", "target": target}


def clock(seconds: float) -> str:
    return f"1970-01-01T00:{int(seconds) // 60:02}:{int(seconds) % 60:02}.000000"


def migration(
    server: str, source: str, target: str, begin: float, end: float, status: str = "completed", kind: str = ""
) -> Migration:
    times = clock(begin), clock(end)
    return Migration(int(begin), f"m{begin}", server, source, target, status, kind or "live-migration", *times)


LEFT_OUT = event(120, "skipped", host="b", reason="b: server web: it is asleep.") | {"kind": "x"}
STOPPED = event(121, "stopped", reason="y", until=None)
PLANNED = {**begun(100, "a"), "moves": [move("1", "b"), move("2", "c")]}


@pytest.mark.parametrize(
    "events, running, expected",
    [
        ([begun(100, "a"), *all_phases(100, "a"), event(151, "closed")], True, ("done", 151, 151)),
        ([begun(100, "a")], True, ("under way", None, 1000)),
        ([begun(100, "a")], False, ("interrupted", 100, 100)),
        ([begun(100, "a"), event(120, "failed", host="a", reason="x"), STOPPED], True, ("stopped", 121, 121)),
        ([begun(100, "a"), STOPPED], True, ("stopped", None, 1000)),
        ([begun(100, "a"), STOPPED], False, ("stopped", 121, 121)),
        ([begun(100, "a"), STOPPED, resumed(200, "a")], True, ("under way", None, 1000)),
    ],
)  # fmt: skip
def test_how_a_roll_ends(events: list[dict[str, Any]], running: bool, expected: tuple[Any, ...]) -> None:
    roll = report_of(roll_of(*events), running=running)["roll"]
    assert (roll["outcome"], roll["end"], roll["until"]) == expected
    assert roll["seconds"] == expected[2] - AT_100["at"]


def outcomes(*events: dict[str, Any], running: bool = True) -> dict[str, str]:
    return {host["host"]: host["outcome"] for host in report_of(roll_of(*events), running=running)["hosts"]}


def test_what_became_of_each_host() -> None:
    events = [begun(100, "a"), begun(100, "b"), *all_phases(100, "a"), event(130, "failed", host="b", reason="no boot")]
    assert outcomes(*events) == {"a": "done", "b": "failed", "c": "not begun"}
    assert outcomes(*events, event(200, "closed"))["c"] == "nothing to do"
    assert outcomes(*events, begun(200, "c"))["c"] == "under way"
    assert outcomes(*events, begun(200, "c"), running=False)["c"] == "interrupted"


def test_a_host_that_was_left_out_has_the_reason() -> None:
    report = report_of(roll_of(begun(100, "a"), LEFT_OUT, hosts=["a", "b"]))
    host = next(host for host in report["hosts"] if host["host"] == "b")
    assert (host["outcome"], host["failure"]) == ("left out", "b: server web: it is asleep.")
    assert report["totals"]["hosts"]["left_out"] == 1
    again = report_of(roll_of(begun(100, "a"), LEFT_OUT, resumed(200, "a", "b")))
    assert again["totals"]["hosts"]["left_out"] == 0


def test_phases_of_a_killed_run_and_of_the_next_one_are_both_shown() -> None:
    roll = roll_of(begun(100, "a"), event(110, "drained", host="a", left=[]), resumed(500, "a"), begun(510, "a"))
    host = report_of(roll, now=530)["hosts"][0]
    assert [(phase["phase"], phase["begin"], phase["end"], phase["outcome"]) for phase in host["phases"]] == [
        ("drain", 100, 110, "done"),
        ("upgrade", 110, 110, "interrupted"),
        ("drain", 510, None, "under way"),
    ]
    assert (host["turn"], host["seconds"]) == (1, 30)


def test_turns_are_told_in_the_order_in_which_they_began() -> None:
    report = report_of(roll_of(begun(100, "b", "1", "2"), begun(101, "a"), *all_phases(101, "a")))
    assert report["turns"] == [
        {"begin": 100, "host": "b", "moves": 2},
        {"begin": 101, "host": "a", "moves": 0},
    ]
    assert [(host["host"], host["turn"]) for host in report["hosts"]] == [("b", 1), ("a", 2), ("c", None)]


def test_moves_are_compared_with_the_plan_and_moves_back_are_planned() -> None:
    done = [
        migration("1", "a", "b", 101, 104),
        migration("2", "a", "c", 102, 109, "error"),
        migration("2", "a", "b", 110, 112),
        migration("1", "b", "a", 141, 144),
        migration("2", "b", "c", 145, 146),
    ]
    report = report_of(roll_of(PLANNED, *all_phases(100, "a"), event(151, "closed")), *reversed(done))
    keys = ("name", "outcome", "planned", "home", "lane")
    assert [tuple(move[key] for key in keys) for move in report["moves"]] == [
        ("name-of-1", "done", True, False, "a"),
        ("name-of-2", "failed", True, False, "a"),
        ("name-of-2", "done", False, False, "a"),
        ("name-of-1", "done", True, True, "a"),
        ("name-of-2", "done", False, False, "c"),
    ]
    assert report["totals"]["moves"] == {
        "planned": 2, "as_planned": 1, "home": 1, "unplanned": 2, "done": 4, "failed": 1, "aborted": 0, "under_way": 0
    }  # fmt: skip
    assert report["totals"]["servers"] == 2 and report["totals"]["longest_migration"]["seconds"] == 3
    assert report["hosts"][0]["moves"] == 3


def test_without_bring_back_no_move_brings_back() -> None:
    roll = roll_of(PLANNED, options={**OPTIONS, "bring_back": False})
    moves = report_of(roll, migration("1", "a", "b", 101, 104), migration("1", "b", "a", 141, 144))["moves"]
    assert [(move["planned"], move["home"]) for move in moves] == [(True, False), (False, False)]


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
    (move,) = report_of(roll_of(PLANNED), migration("1", "a", "b", 101, 104, status))["moves"]
    assert (move["outcome"], move["end"], move["seconds"]) == (outcome, end, end and 3)


def test_nova_s_times_are_put_on_the_controller_s_clock() -> None:
    roll = roll_of(PLANNED)
    roll.ahead = 60.5
    assert opened_on_nova_clock(roll) == "1970-01-01T00:02:40"
    (move,) = report_of(roll, migration("1", "a", "b", 170, 180), migration("1", "a", "b", 159, 165))["moves"]
    assert (move["begin"], move["end"], move["seconds"]) == (109.5, 119.5, 10)


def test_only_moves_of_the_roll_count() -> None:
    roll = roll_of(begun(100, "a"), *all_phases(100, "a"), event(151, "closed"))
    others = [
        migration("1", "x", "y", 120, 130),
        migration("1", "a", "b", 99, 130),
        migration("1", "a", "b", 152, 160),
        migration("1", "a", "b", 120, 130, kind="resize"),
        migration("1", "a", "b", 120, 130, kind="evacuation"),
    ]
    assert migrations_of_roll(roll, others, running=False) == []
    ours = [migration("1", "a", "y", 120, 130), migration("2", "x", "c", 121, 130, kind="migration")]
    assert migrations_of_roll(roll, others + ours, running=False) == ours


def test_a_killed_run_s_moves_go_on_without_it_and_are_shown() -> None:
    report = report_of(roll_of(PLANNED), migration("1", "a", "b", 130, 140), running=False)
    assert len(report["moves"]) == 1 and (report["roll"]["end"], report["roll"]["until"]) == (100, 140)


def test_names_are_those_of_now_else_those_of_the_plan_else_ids() -> None:
    migrations = [migration(server, "a", "b", 101, 104) for server in "123"]
    moves = build_report(roll_of(PLANNED), migrations, {"1": "renamed"}, {}, [], True, 200)["moves"]
    assert [move["name"] for move in moves] == ["renamed", "name-of-2", "3"]


def test_a_roll_with_trouble_in_it() -> None:
    past = PastRoll()
    past.event(past.end, "stopped", reason="cmp05 failed", until=None)
    report = build_report(past.roll(), past.migrations, {}, {}, past.samples(), False, past.end + 1000)
    totals = report["totals"]
    assert totals["hosts"] == {
        "all": 12, "done": 10, "failed": 1, "interrupted": 1, "under_way": 0, "left_out": 0, "not_begun": 0
    }  # fmt: skip
    assert totals["moves"] == {
        "planned": 48, "as_planned": 47, "home": 40, "unplanned": 1,
        "done": 88, "failed": 0, "aborted": 1, "under_way": 0,
    }  # fmt: skip
    assert (totals["servers"], totals["left"], totals["away"]) == (48, 1, 1)
    assert report["roll"]["begin"] == OPENED and report["roll"]["end"] == past.end
    assert {len(host["phases"]) for host in report["hosts"]} == {2, 3, 4}
    assert report["probe"]["longest_gap"] == 35 and len(report["probe"]["guests"]) == 48


# -- forecast and fact


def test_the_forecast_of_each_host_stands_beside_what_it_took() -> None:
    """Foreseen were forty seconds, and it took fifty."""
    done, lagging, third = report_of(roll_of(begun(100, "a"), *all_phases(100, "a"), begun(100, "b")), now=120)["hosts"]
    phases = {"drain": 10.0, "upgrade": 10.0, "verify": 10.0, "return": 10.0}
    assert done["forecast"] == {"seconds": 40, "error": 25, "phases": phases}
    assert lagging["forecast"] == {"seconds": 40, "error": None, "phases": phases} and third["forecast"] is None


def test_a_host_that_an_earlier_run_began_is_held_against_its_last_turn() -> None:
    roll = roll_of(begun(100, "a"), event(110, "drained", host="a", left=[]), resumed(500, "a"),
                   begun(500, "a", steps=["verify", "return"]), event(508, "verified", host="a"),
                   event(516, "returned", host="a", left=[]))  # fmt: skip
    assert report_of(roll, now=530)["hosts"][0]["forecast"]["error"] == -20


def test_the_forecast_of_the_run_stands_beside_what_it_took() -> None:
    events = [begun(100, "a"), *all_phases(100, "a"), event(200, "closed")]
    report = report_of(roll_of(*events, over=180.0))
    assert report["roll"]["forecast"] == {"seconds": 80, "error": 25} and report["totals"]["forecast_error"] == 25
    assert report_of(roll_of(*events, over=None))["roll"]["forecast"] is None
    again = roll_of(*events[:-1], resumed(1000, "b", over=1100.0), begun(1000, "b"), event(1090, "closed"))
    assert report_of(again)["roll"]["forecast"] == {"seconds": 100, "error": -10}


def test_a_roll_under_way_says_when_it_will_be_over() -> None:
    assert report_of(roll_of(begun(100, "a")), now=105)["roll"]["expected_end"] == 190
    assert report_of(roll_of(begun(100, "a")), running=False)["roll"]["expected_end"] is None
    assert report_of(roll_of(begun(100, "a"), STOPPED))["roll"]["expected_end"] is None


def test_a_roll_that_waits_for_its_window_has_not_failed() -> None:
    shut = event(121, "stopped", reason="it is Sat 12:00", until=5000.0)
    roll = report_of(roll_of(begun(100, "a"), *all_phases(50, "a"), shut), running=False)["roll"]
    assert (roll["outcome"], roll["next_window"]) == ("waiting", 5000)
    failed = report_of(roll_of(begun(100, "a"), event(110, "failed", host="a", reason="x"), shut))["roll"]
    assert failed["outcome"] == "stopped"


def test_what_hosts_keep_back_is_in_the_report() -> None:
    roll = roll_of(kept_back={"a": ["nova-compute"], "z": ["nova-compute"]})
    assert report_of(roll)["roll"]["kept_back"] == ["a, z: 1 package kept back: nova-compute."]


def test_versions_before_and_after_are_told_and_on_which_hosts_they_did_not_change() -> None:
    hosts = {"a": [8002001, "6.12.5"], "b": [8002001, None], "c": [None, "6.12.5"]}
    events = [begun(100, "a"), *all_phases(100, "a"), begun(150, "b"), *all_phases(150, "b")]
    events[2]["version"] = "6.12.6"
    report = report_of(roll_of(*events, versions=hosts), hypervisors={"a": 8002001, "b": 9001002, "c": 8002001})
    assert {host["host"]: (host["hypervisor"], host["version"]) for host in report["hosts"]} == {
        "a": ({"before": 8002001, "after": 8002001}, {"before": "6.12.5", "after": "6.12.6"}),
        "b": ({"before": 8002001, "after": 9001002}, {"before": None, "after": None}),
        "c": ({"before": None, "after": 8002001}, {"before": "6.12.5", "after": None}),
    }
    assert report["roll"]["versions"] == {
        "changed": ["b: hypervisor 8002001, now 9001002", "a: version 6.12.5, now 6.12.6"],
        "not_changed": ["a: hypervisor 8002001 as before", "b: version not known before and after"],
    }


def test_a_run_that_goes_on_does_not_take_a_new_version_for_the_one_before() -> None:
    again = resumed(500, "b", versions={"a": [9001002, "6.12.6"], "b": [8002001, "6.12.5"]})
    roll = roll_of(begun(100, "a"), *all_phases(100, "a"), again, versions={"a": [8002001, "6.12.5"]})
    before = [host["hypervisor"]["before"] for host in report_of(roll)["hosts"]]
    assert before == [8002001, 8002001]


def test_where_no_version_changed_or_none_is_known_nothing_is_said_of_it() -> None:
    roll = roll_of(begun(100, "a"), *all_phases(100, "a"), versions={"a": [8002001, None]})
    report = report_of(roll, hypervisors={"a": 8002001})
    assert report["roll"]["versions"] == {"changed": [], "not_changed": []}


def _host_of(past: PastRoll, host: str) -> dict[str, Any]:
    return next(entry for entry in report_of(past.roll())["hosts"] if entry["host"] == host)


def test_canaries_and_lost_guests_are_told_and_are_no_tenants_moves() -> None:
    past = PastRoll()
    (canary,) = _host_of(past, "cmp01")["canaries"]
    assert (canary["outcome"], canary["silent"]) == ("done", 0.2)
    assert [(stop["how"], stop["host"]) for stop in canary["stops"]] == [
        ("built", "cmp12"),
        ("live-migrated", "cmp01"),
        ("rebuilt", "cmp01"),
    ]
    before = len(report_of(past.roll(), *past.migrations)["moves"])
    moved = next(move for move in past.migrations if move.status == "completed")
    past.migrations.append(replace(moved, id=10**6, server="canary-cmp01"))
    report = report_of(past.roll(), *past.migrations)
    assert len(report["moves"]) == before
    (loss,) = report["lost"]
    assert (loss["host"], loss["since"], loss["aborted"]) == ("cmp04", OPENED + 59, OPENED + 93)


def test_what_nova_says_of_a_failure_is_told_while_it_failed() -> None:
    assert [_host_of(PastRoll(), name)["evidence"] for name in ("cmp05", "cmp01")] == ["failure-cmp05-1.json", None]


def test_a_canary_that_was_cut_short_is_told() -> None:
    past = PastRoll(hosts=1)
    past.events = [event for event in past.events if event["event"] not in ("tried", "returned")]
    (canary,) = _host_of(past, "cmp01")["canaries"]
    assert (canary["outcome"], canary["end"], canary["silent"]) == ("interrupted", None, None)
