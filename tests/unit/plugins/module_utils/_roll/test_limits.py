# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Whether a roll goes on, and how far it is."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.limits import halted, other_owners, remaining
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.progress import how_far
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import Roll, add_event
from ansible_collections.stackops.aggregates.plugins.module_utils._text import in_words
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import count_of
from plugins.module_utils._roll.test_record import batch, event, resumed, through, told

SATURDAY = datetime(2026, 11, 21, 12, 0)


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("3", 3), ("10%", 1), ("25 %", 4), ("100%", 19), ("5%", 0), (" 2 ", 2)]
)
def test_counts_and_shares(text: str, count: int) -> None:
    assert count_of(text, 19, "max_failures") == count


@pytest.mark.parametrize("text", ["", "-1", "1.5", "ten", "101%", "%"])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(Refused, match="^max_failures is .*: give a count such as 2, or a share such as 10%"):
        count_of(text, 19, "max_failures")


def failing(*hosts: str) -> Roll:
    roll = told(batch(100, *hosts))
    for host in hosts:
        add_event(roll, event(110, "failed", host=host, reason="broken"))
    return roll


@pytest.mark.parametrize(
    ("failures", "allowed", "halts"),
    [(0, "0", False), (1, "0", True), (1, "1", False), (2, "1", True), (1, "33%", True), (1, "34%", False)],
)
def test_failures_beyond_what_is_allowed_halt_the_roll(failures: int, allowed: str, halts: bool) -> None:
    reason = halted(failing(*"ab"[:failures]), allowed, [], SATURDAY)
    assert (reason is not None) is halts
    assert not halts or reason == f"{', '.join('ab'[:failures])} failed, and max_failures is {allowed}"


def test_no_host_begins_outside_the_windows() -> None:
    assert halted(told(), "0", ["Sat 11:00-13:00"], SATURDAY) is None
    assert halted(told(), "0", ["22:00-05:00", "Sat 12:00-13:00"], SATURDAY) is None
    assert (
        halted(told(), "0", ["22:00-05:00"], SATURDAY) == "it is Sat 12:00, which is in none of the windows 22:00-05:00"
    )


def test_what_remains_begins_with_what_was_touched() -> None:
    assert remaining(told(batch(100, "c", "b"), *through(100, "c"))) == ["b", "a"]
    assert remaining(failing("b")) == ["a", "c"]


def test_how_far_it_is() -> None:
    moves = [{"server": str(number), "source": "a", "name": "x", "target": "b"} for number in range(4)]
    begun = event(100, "batch", hosts=["a"], moves=moves, limited_by="")
    assert how_far(told(begun), 120, SATURDAY) == "0 of 3 hosts done, 0 servers moved"
    roll = told(begun, *through(100, "a"))
    assert how_far(roll, 150, SATURDAY) == "1 of 3 hosts done, 4 servers moved, about 2 min left, until 12:01"
    assert how_far(told(begun, *through(100, "a"), resumed(900, "a", "b", "c")), 901, SATURDAY).endswith(
        "servers moved"
    )


def test_durations_in_words() -> None:
    assert [in_words(one) for one in (0.4, 89, 91, 3600, 7500)] == ["0 s", "89 s", "2 min", "60 min", "2 h 5 min"]


def test_other_owners() -> None:
    assert other_owners([("b", "you"), ("a", "me"), ("a2", "they")], "me") == ["a2 by they", "b by you"]
