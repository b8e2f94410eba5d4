# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The checks after a kill find each consequence that it must not have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.soak.checks import after_drain, after_return, after_roll, in_record, in_upgrades
from tests.soak.world import Compute, Observation

IN_SERVICE = Compute(enabled=True, reason=None, version=1)

FIRST = Observation(
    names={"a": "web", "b": "other"},
    hosts={"a": "cmp01", "b": "cmp02"},
    statuses={"a": "ACTIVE", "b": "SHUTOFF"},
    guests={"a": (("cmp01", "running"),), "b": (("cmp02", "shutdown"),)},
    computes={"cmp01": IN_SERVICE, "cmp02": IN_SERVICE},
    returns=(),
    moving=frozenset(),
    last_record=0,
)
MARK = "stackops:soak:20261121T101500Z:migrate"
EMPTY = replace(
    FIRST,
    hosts={"a": "cmp02", "b": "cmp02"},
    guests={"a": (("cmp02", "running"),), "b": (("cmp02", "shutdown"),)},
    computes={"cmp01": Compute(enabled=False, reason=MARK, version=1), "cmp02": IN_SERVICE},
)
ON_BOTH = {**EMPTY.guests, "a": (("cmp01", "running"), ("cmp02", "running"))}


def marked(reason: str, **more: Any) -> dict[str, Any]:
    """What differs when cmp01 is disabled for that reason."""
    return {"computes": {**FIRST.computes, "cmp01": Compute(enabled=False, reason=reason, version=1)}, **more}


def test_a_kill_without_consequence_is_good() -> None:
    assert after_drain(FIRST, FIRST, EMPTY, {"a": 1}, "soak") == []
    assert after_return(FIRST, EMPTY, FIRST, {"a": 1}) == []


@pytest.mark.parametrize(
    ("change", "moves", "problem"),
    [
        ({}, {"a": 2}, "web was moved 2 times instead of 1"),
        ({}, {"a": 1, "b": 1}, "other was moved 1 times instead of 0"),
        ({"hosts": FIRST.hosts, "guests": FIRST.guests}, {}, "web is still on cmp01"),
        ({"guests": ON_BOTH}, {"a": 1}, "web should be (('cmp02', 'running'),)"),
        ({"statuses": {"a": "ERROR", "b": "SHUTOFF"}}, {"a": 1}, "web was ACTIVE and is ERROR"),
        (marked("broken fan"), {"a": 1}, "the mark of cmp01 is 'broken fan'"),
        (marked(MARK.replace("10", "11")), {"a": 1}, "the mark changed"),
        ({"returns": ("CUSTOM_T",)}, {"a": 1}, "the return trait CUSTOM_T was left behind"),
    ],
)
def test_what_a_killed_drain_left_wrong_is_found(change: dict[str, Any], moves: dict[str, int], problem: str) -> None:
    problems = after_drain(FIRST, EMPTY, replace(EMPTY, **change), moves, "soak")
    assert any(text.startswith(problem) for text in problems), problems


@pytest.mark.parametrize(
    ("change", "moves", "problem"),
    [
        ({"hosts": EMPTY.hosts, "guests": EMPTY.guests}, {}, "web is on cmp02 and was on cmp01"),
        (marked(MARK), {"a": 1}, "cmp01 is back in service, yet enabled: False"),
        ({"returns": ("CUSTOM_T",)}, {"a": 1}, "the return trait CUSTOM_T was left behind"),
    ],
)
def test_what_a_killed_return_left_wrong_is_found(change: dict[str, Any], moves: dict[str, int], problem: str) -> None:
    problems = after_return(FIRST, EMPTY, replace(FIRST, **change), moves)
    assert any(text.startswith(problem) for text in problems), problems


UPGRADED = replace(FIRST, computes={host: Compute(True, None, 2) for host in FIRST.computes})
ON_ITS_WAY = replace(FIRST, moving=frozenset("a"))


def test_a_killed_roll_may_move_a_server_once_more_that_was_on_its_way() -> None:
    assert after_roll(FIRST, FIRST, UPGRADED, {"a": 2, "b": 2}, 2) == []
    assert after_roll(FIRST, ON_ITS_WAY, UPGRADED, {"a": 3, "b": 2}, 2) == []


@pytest.mark.parametrize(
    ("change", "moves", "problem"),
    [
        ({}, {"b": 3}, "other was moved 3 times"),
        ({}, {"a": 4}, "web was moved 4 times"),
        ({"hosts": EMPTY.hosts, "guests": EMPTY.guests}, {}, "web is on cmp02 and was on cmp01"),
        ({"guests": ON_BOTH}, {}, "web should be (('cmp01', 'running'),)"),
        (marked(MARK), {}, "cmp01 is back in service, yet enabled: False"),
        ({"computes": FIRST.computes}, {}, "cmp02 runs 1 instead of 2"),
        ({"returns": ("CUSTOM_T",)}, {}, "the return trait CUSTOM_T was left behind"),
    ],
)
def test_what_a_killed_roll_left_wrong_is_found(change: dict[str, Any], moves: dict[str, int], problem: str) -> None:
    problems = after_roll(FIRST, ON_ITS_WAY, replace(UPGRADED, **change), moves, 2)
    assert any(text.startswith(problem) for text in problems), problems


def test_a_record_that_is_over_is_good() -> None:
    assert in_record([{"event": "returned", "host": "cmp01"}, {"event": "closed"}], ["cmp01"]) == []


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        (["closed"], "cmp01 is recorded to have returned 0 times"),
        (["returned", "returned", "closed"], "cmp01 is recorded to have returned 2 times"),
        (["returned"], "the record ends with 'returned'"),
        (["closed", "returned"], "the record ends with 'returned'"),
    ],
)
def test_a_record_that_is_not_over_is_found(events: list[str], problem: str) -> None:
    assert problem in in_record([{"event": event, "host": "cmp01"} for event in events], ["cmp01"])


@pytest.mark.parametrize(
    ("number", "hit", "good"),
    [(1, "drain", True), (0, "drain", False), (2, "drain", False), (2, "upgrade", True), (3, "upgrade", False)],
)
def test_only_an_upgrade_that_was_cut_short_is_done_again(number: int, hit: str, good: bool) -> None:
    assert (in_upgrades({"cmp01": number}, {"cmp01": hit}) == []) is good
