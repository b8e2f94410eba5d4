# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The judgement on a kill finds each thing that must not come of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "cloud"), str(TESTS / "soak")]

from judge import drained, returned  # noqa: E402
from world import Seen  # noqa: E402

FIRST = Seen(
    names={"a": "web", "b": "other"},
    hosts={"a": "cmp01", "b": "cmp02"},
    statuses={"a": "ACTIVE", "b": "SHUTOFF"},
    guests={"a": (("cmp01", "running"),), "b": (("cmp02", "shutdown"),)},
    enabled=True,
    reason=None,
    returns=(),
    last_record=0,
)
MARK = "stackops:soak:20261121T101500Z:migrate"
EMPTY = replace(
    FIRST,
    hosts={"a": "cmp02", "b": "cmp02"},
    guests={"a": (("cmp02", "running"),), "b": (("cmp02", "shutdown"),)},
    enabled=False,
    reason=MARK,
)
ON_BOTH = {**EMPTY.guests, "a": (("cmp01", "running"), ("cmp02", "running"))}


def test_a_kill_without_consequence_is_good() -> None:
    assert drained(FIRST, FIRST, EMPTY, {"a": 1}, "soak") == []
    assert returned(FIRST, EMPTY, FIRST, {"a": 1}) == []


@pytest.mark.parametrize(
    ("change", "moves", "finding"),
    [
        ({}, {"a": 2}, "web was moved 2 times instead of 1"),
        ({}, {"a": 1, "b": 1}, "other was moved 1 times instead of 0"),
        ({"hosts": FIRST.hosts, "guests": FIRST.guests}, {}, "web is still on cmp01"),
        ({"guests": ON_BOTH}, {"a": 1}, "web should be (('cmp02', 'running'),)"),
        ({"statuses": {"a": "ERROR", "b": "SHUTOFF"}}, {"a": 1}, "web was ACTIVE and is ERROR"),
        ({"reason": "broken fan"}, {"a": 1}, "the mark of cmp01 is 'broken fan'"),
        ({"reason": MARK.replace("10", "11")}, {"a": 1}, "the mark changed"),
        ({"returns": ("CUSTOM_T",)}, {"a": 1}, "the return trait CUSTOM_T was left behind"),
    ],
)
def test_what_a_killed_drain_left_wrong_is_found(change: dict[str, Any], moves: dict[str, int], finding: str) -> None:
    found = drained(FIRST, EMPTY, replace(EMPTY, **change), moves, "soak")
    assert any(one.startswith(finding) for one in found), found


@pytest.mark.parametrize(
    ("change", "moves", "finding"),
    [
        ({"hosts": EMPTY.hosts, "guests": EMPTY.guests}, {}, "web is on cmp02 and was on cmp01"),
        ({"enabled": False, "reason": MARK}, {"a": 1}, "cmp01 is back in service, yet enabled: False"),
        ({"returns": ("CUSTOM_T",)}, {"a": 1}, "the return trait CUSTOM_T was left behind"),
    ],
)
def test_what_a_killed_return_left_wrong_is_found(change: dict[str, Any], moves: dict[str, int], finding: str) -> None:
    found = returned(FIRST, EMPTY, replace(FIRST, **change), moves)
    assert any(one.startswith(finding) for one in found), found
