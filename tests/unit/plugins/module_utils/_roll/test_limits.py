# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Whether a roll may begin another host."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.limits import Limits, reason_to_stop, remaining
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import add_event
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import count_of
from plugins.module_utils._roll.events import all_phases, batch, event, roll_of

SATURDAY = datetime(2026, 11, 21, 12, 0)


def limits(max_failures: str = "0", *windows: str) -> Limits:
    return Limits(max_failures, windows, 5, SATURDAY)


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("3", 3), ("10%", 1), ("25 %", 4), ("100%", 19), ("5%", 0), (" 2 ", 2)]
)
def test_counts_and_shares(text: str, count: int) -> None:
    assert count_of(text, 19, "max_failures") == count


@pytest.mark.parametrize("text", ["", "-1", "1.5", "ten", "101%", "%"])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(Refused, match="^max_failures is .*: give a count such as 2, or a share such as 10%"):
        count_of(text, 19, "max_failures")


def failed_roll(*hosts: str) -> Roll:
    roll = roll_of(batch(100, *hosts))
    for host in hosts:
        add_event(roll, event(110, "failed", host=host, reason="broken"))
    return roll


@pytest.mark.parametrize(
    ("failures", "allowed", "stops"),
    [(0, "0", False), (1, "0", True), (1, "1", False), (2, "1", True), (1, "33%", True), (1, "34%", False)],
)
def test_failures_beyond_what_is_allowed_stop_the_roll(failures: int, allowed: str, stops: bool) -> None:
    reason = reason_to_stop(failed_roll(*"ab"[:failures]), limits(allowed))
    assert (reason is not None) is stops
    assert not stops or reason == f"{', '.join('ab'[:failures])} failed, and max_failures is {allowed}"


def test_no_host_begins_outside_the_windows() -> None:
    roll = roll_of()
    assert reason_to_stop(roll, limits("0", "Sat 11:00-13:00")) is None
    assert reason_to_stop(roll, limits("0", "22:00-05:00", "Sat 12:00-13:00")) is None
    reason = reason_to_stop(roll, limits("0", "22:00-05:00"))
    assert reason == "it is Sat 12:00, which is in none of the windows 22:00-05:00"


def test_hosts_that_were_begun_come_first() -> None:
    assert remaining(roll_of(batch(100, "c", "b"), *all_phases(100, "c"))) == ["b", "a"]
    assert remaining(failed_roll("b")) == ["a", "c"]
