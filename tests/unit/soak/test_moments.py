# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The moments of kills are spread over a roll, and its record says what they hit."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product
from typing import Any

import pytest

from tests.soak.moments import TO_HIT, TWENTY, Moment, at_work, begun, lasted, moments
from tests.soak.playbook import Execution, Victim


def events(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    """Events a second apart, each with its host or hosts."""
    return [
        {"event": kind, "at": float(at), ("hosts" if isinstance(hosts, list) else "host"): hosts}
        for at, (kind, hosts) in enumerate(pairs)
    ]


ROLL = events(
    ("opened", ["a", "b", "c"]),
    ("batch", ["a", "b"]),
    *((("drained", "a"), ("drained", "b"), ("upgraded", "a"), ("upgraded", "b"))),
    *((("verified", "a"), ("verified", "b"), ("returned", "a"), ("returned", "b"))),
    ("batch", ["c"]),
    *((("drained", "c"), ("upgraded", "c"), ("verified", "c"), ("returned", "c"))),
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
    ("part", "position", "count"), [("drain", 0.0, 1), ("drain", 0.99, 3), ("between", 0.99, 2), ("upgrade", 0.99, 6)]
)
def test_a_kill_hits_any_part_of_its_kind(part: str, position: float, count: int) -> None:
    assert Moment(Victim.MAIN, Execution.WORKER, abreast=2, part=part, position=position, share=0.5).count(6) == count


def test_a_record_says_which_parts_have_begun() -> None:
    parts = [part for part, _at in begun(ROLL)]
    batches = ["drain", *["upgrade"] * 2, *["verify"] * 2, *["return"] * 2, "between", "drain", "upgrade", "verify"]
    assert parts == ["opening", *batches, "return", "closing", "closed"]


def test_a_record_says_the_phase_of_each_host() -> None:
    assert [at_work(ROLL[:length]) for length in (1, 2, 3, 5, 7, 9, 10)] == [
        {},
        {"a": "drain", "b": "drain"},
        {"a": "upgrade", "b": "drain"},
        {"a": "verify", "b": "upgrade"},
        {"a": "return", "b": "verify"},
        {"b": "return"},
        {},
    ]


def test_a_record_says_how_long_parts_lasted_but_not_of_one_that_was_killed() -> None:
    assert lasted(ROLL) == dict.fromkeys(("opening", "drain", "upgrade", "verify", "return", "between", "closing"), 1.0)
    killed = events(("opened", ["a"]), ("batch", ["a"]), ("resumed", ["a"]), ("batch", ["a"]), ("drained", "a"))
    assert lasted(killed[:3]) == {"opening": 1.0}
    assert lasted(killed) == {"opening": 1.0, "drain": 1.0}
