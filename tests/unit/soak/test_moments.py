# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The moments of kills are spread over a roll, and its record says what they hit."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product
from typing import Any

import pytest

from tests.soak.moments import TO_HIT, TWENTY, Moment, begun, lasted, moments, parts_at_work
from tests.soak.playbook import Execution, Victim


def events(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    """Events a second apart, each with its host or hosts."""
    return [
        {"event": kind, "at": float(at), ("hosts" if isinstance(hosts, list) else "host"): hosts, "steps": STEPS}
        for at, (kind, hosts) in enumerate(pairs)
    ]


STEPS = ["drain", "upgrade", "verify", "return"]
# Two at once; b is done before a, and c begins then.
ROLL = events(
    ("opened", ["a", "b", "c"]),
    ("begun", "a"),
    ("begun", "b"),
    *(("drained", "a"), ("drained", "b"), ("upgraded", "b"), ("verified", "b"), ("upgraded", "a"), ("returned", "b")),
    ("begun", "c"),
    *(("drained", "c"), ("verified", "a"), ("returned", "a"), ("upgraded", "c"), ("verified", "c"), ("returned", "c")),
    ("closed", None),
)


@pytest.mark.parametrize("seed", range(20))
def test_twenty_kills_meet_every_part_with_both_victims(seed: int) -> None:
    kills = moments(20, random.Random(seed))
    assert Counter(kill.part for kill in kills) == TWENTY
    assert TWENTY.keys() >= TO_HIT
    assert Counter(kill.victim for kill in kills) == dict.fromkeys(Victim, 10)
    assert {(kill.victim, kill.execution) for kill in kills} == set(product(Victim, Execution))


@pytest.mark.parametrize(
    ("part", "position", "count"), [("drain", 0.0, 1), ("drain", 0.99, 6), ("between", 0.99, 4), ("closing", 0.99, 1)]
)
def test_a_kill_hits_any_part_of_its_kind(part: str, position: float, count: int) -> None:
    assert Moment(Victim.MAIN, Execution.WORKER, abreast=2, part=part, position=position, share=0.5).count(6) == count


def test_a_record_says_which_parts_have_begun() -> None:
    parts = [part for part, _at in begun(ROLL)]
    window = ["drain", "drain", "upgrade", "upgrade", "verify", "return", "verify", "between", "drain", "upgrade"]
    assert parts == ["opening", *window, "return", "verify", "return", "closing", "closed"]


def test_a_record_says_the_phase_of_each_host_and_the_parts_that_a_roll_is_at() -> None:
    assert [parts_at_work(ROLL[:length]) for length in (1, 2, 4, 7, 9, 10, 13, 16, 17)] == [
        ({}, {"opening"}),
        ({"a": "drain"}, {"drain"}),
        ({"a": "upgrade", "b": "drain"}, {"upgrade", "drain"}),
        ({"a": "upgrade", "b": "return"}, {"upgrade", "return"}),
        ({"a": "verify"}, {"verify", "between"}),
        ({"a": "verify", "c": "drain"}, {"verify", "drain"}),
        ({"c": "upgrade"}, {"upgrade"}),
        ({}, {"closing"}),
        ({}, {"closed"}),
    ]


def test_a_host_that_goes_on_after_a_kill_begins_with_its_first_step() -> None:
    resumed = {"event": "begun", "at": 9.0, "host": "a", "steps": ["return"]}
    assert parts_at_work([*ROLL[:2], resumed]) == ({"a": "return"}, {"return"})


def test_a_record_says_how_long_parts_lasted_but_not_of_one_that_was_killed() -> None:
    assert lasted(ROLL) == {
        "opening": 1, "drain": 1, "upgrade": 3, "verify": 1, "return": 1, "between": 1, "closing": 1,
    }  # fmt: skip
    killed = events(("opened", ["a"]), ("begun", "a"), ("resumed", ["a"]), ("begun", "a"), ("drained", "a"))
    assert lasted(killed[:3]) == {"opening": 1.0}
    assert lasted(killed) == {"opening": 1.0, "drain": 1.0}
