# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Whether a roll may begin another host."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.limits import problems_of_limits, reason_to_stop
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import count_of

from tests.unit.plugins.module_utils._roll.events import OPTIONS, begun, event, resumed, roll_of

SATURDAY = datetime(2026, 11, 21, 12, 0)


def roll(*failed: str, max_failures: str = "0", windows: tuple[str, ...] = ()) -> Roll:
    """A roll through three hosts, of which these failed."""
    events = [event for host in failed for event in (begun(100, host), _failed(host))]
    return roll_of(*events, options={**OPTIONS, "max_failures": max_failures, "windows": windows})


def _failed(host: str) -> dict[str, object]:
    return event(110, "failed", host=host, reason="broken")


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("3", 3), ("10%", 1), ("25 %", 4), ("100%", 19), ("5%", 0), (" 2 ", 2)]
)
def test_counts_and_shares(text: str, count: int) -> None:
    assert count_of(text, 19, "max_failures") == count


@pytest.mark.parametrize("text", ["", "-1", "1.5", "ten", "101%", "%"])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(Refused, match="^max_failures is .*: give a count such as 2, or a share such as 10%"):
        count_of(text, 19, "max_failures")


def test_all_that_is_wrong_with_the_limits_is_told_at_once() -> None:
    assert problems_of_limits("10%", ["22:00-05:00", "Mon-Fri 1:00-2:00"]) == []
    wrong = problems_of_limits("ten", ["night", "22:00-05:00", "25:00-26:00"])
    assert [text.split(" is ")[0] for text in wrong] == ["max_failures", "'night'", "'25:00-26:00'"]


@pytest.mark.parametrize(
    ("failures", "allowed", "stops"),
    [(0, "0", False), (1, "0", True), (1, "1", False), (2, "1", True), (1, "33%", True), (1, "34%", False)],
)
def test_failures_beyond_what_is_allowed_stop_the_roll(failures: int, allowed: str, stops: bool) -> None:
    reason = reason_to_stop(roll(*"ab"[:failures], max_failures=allowed), SATURDAY)
    assert (reason is not None) is stops
    assert not stops or reason == f"{', '.join('ab'[:failures])} failed, and max_failures is {allowed}"


def test_failures_of_an_earlier_run_do_not_count() -> None:
    again = roll_of(begun(100, "a"), event(110, "failed", host="a", reason="broken"), resumed(200, "a", "b"))
    assert reason_to_stop(again, SATURDAY) is None


def test_no_host_begins_outside_the_windows() -> None:
    assert reason_to_stop(roll(windows=("Sat 11:00-13:00",)), SATURDAY) is None
    assert reason_to_stop(roll(windows=("22:00-05:00", "Sat 12:00-13:00")), SATURDAY) is None
    reason = reason_to_stop(roll(windows=("22:00-05:00",)), SATURDAY)
    assert reason == "it is Sat 12:00, which is in none of the windows 22:00-05:00"
