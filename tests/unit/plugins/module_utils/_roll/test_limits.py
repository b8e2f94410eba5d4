# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Whether a roll may begin another host."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.limits import (
    Stop,
    problems_of_limits,
    reason_to_stop,
    too_late,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import count_of

from tests.unit.plugins.module_utils._roll.events import OPTIONS, all_phases, begun, event, resumed, roll_of

SATURDAY = datetime(2026, 11, 21, 12, 0).timestamp()


def roll(*failed: str, max_failures: str = "0", windows: tuple[str, ...] = (), time_zone: str | None = None) -> Roll:
    """A roll through three hosts, of which these failed."""
    events = [event for host in failed for event in (begun(100, host), _failed(host))]
    return roll_of(
        *events, options={**OPTIONS, "max_failures": max_failures, "windows": windows, "time_zone": time_zone}
    )


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
    assert problems_of_limits("10%", ["22:00-05:00", "Mon-Fri 1:00-2:00"], "Europe/Berlin", True) == []
    assert problems_of_limits("0", [], None, False) == []
    wrong = problems_of_limits("ten", ["night", "22:00-05:00", "25:00-26:00"], "Mars/Olympus", False)
    assert [text.split(" is ")[0] for text in wrong] == ["max_failures", "'Mars/Olympus'", "'night'", "'25:00-26:00'"]
    (without,) = problems_of_limits("0", [], None, True)
    assert without.endswith("there are no windows: give rolling_upgrade_windows.")


@pytest.mark.parametrize(
    ("failures", "allowed", "stops"),
    [(0, "0", False), (1, "0", True), (1, "1", False), (2, "1", True), (1, "33%", True), (1, "34%", False)],
)
def test_failures_beyond_what_is_allowed_stop_the_roll(failures: int, allowed: str, stops: bool) -> None:
    stop = reason_to_stop(roll(*"ab"[:failures], max_failures=allowed), SATURDAY)
    assert stop == (Stop(f"{', '.join('ab'[:failures])} failed, and max_failures is {allowed}") if stops else None)


def test_failures_of_an_earlier_run_do_not_count() -> None:
    again = roll_of(begun(100, "a"), event(110, "failed", host="a", reason="broken"), resumed(200, "a", "b"))
    assert reason_to_stop(again, SATURDAY) is None


def test_no_host_begins_outside_the_windows() -> None:
    assert reason_to_stop(roll(windows=("Sat 11:00-13:00",)), SATURDAY) is None
    assert reason_to_stop(roll(windows=("22:00-05:00", "Sat 12:00-13:00")), SATURDAY) is None
    assert reason_to_stop(roll(windows=("22:00-05:00",)), SATURDAY) == Stop(
        "it is Sat 12:00, which is in none of the windows 22:00-05:00; the window opens at 22:00",
        SATURDAY + 10 * 3600,
    )


def test_a_window_is_one_of_its_time_zone() -> None:
    noon = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()
    stop = reason_to_stop(roll(windows=("13:00-14:00",), time_zone="Asia/Tokyo"), noon)
    assert stop and stop.reason.endswith("it is Sat 12:00, which is in none of the windows 13:00-14:00; the window "
                                         "opens at 13:00 JST") and stop.until == noon + 3600  # fmt: skip
    assert reason_to_stop(roll(windows=("3:00-3:01",), time_zone="UTC"), noon) is None


# -- strict windows


def late(*events: dict[str, Any], at: float = 0.0, window: str = "Sat 12:00-12:01", **more: Any) -> dict[str, Stop]:
    """:param at: seconds after noon on Saturday, when a host takes 45 seconds."""
    options = {**OPTIONS, "windows": [window], "windows_strict": True, **more}
    return too_late(roll_of(*events, options=options), SATURDAY + at)


def test_hosts_begin_that_will_be_over_when_the_window_shuts() -> None:
    assert late() == late(at=15) == {}
    assert late(at=16, windows_strict=False) == {}
    assert late(at=16) == dict.fromkeys(
        "abc",
        Stop(
            "it would be over at about 12:01, and the window shuts at 12:01; the window opens again at Sat 12:00",
            SATURDAY + 7 * 86400,
        ),
    )


def test_a_host_that_is_shorter_may_still_begin() -> None:
    """What was verified has only to return, which takes ten seconds."""
    events = [begun(100, "a", "1"), *all_phases(100, "a")[:3]]
    again = {"options": {**OPTIONS, "windows": ["Sat 12:00-12:01"], "windows_strict": True}}
    stops = too_late(roll_of(*events, resumed(200, "a", "b", "c", **again)), SATURDAY + 45)
    assert list(stops) == ["b", "c"]


def test_what_hosts_took_so_far_decides_too() -> None:
    """The first host took twice as long as foreseen."""
    took = [event(SATURDAY + 10, "drained", host="a", left=[]), event(SATURDAY + 70, "upgraded", host="a")]
    assert late(begun(SATURDAY, "a", "1"), *took, at=15, window="Sat 12:00-13:00") == {}
    assert list(late(begun(SATURDAY, "a", "1"), *took, at=70, window="Sat 12:00-12:02")) == ["b", "c"]


def test_a_host_that_fits_no_window_any_more_waits_for_none() -> None:
    long = [begun(SATURDAY - 300, "a"), event(SATURDAY - 290, "drained", host="a", left=[])]
    stops = late(*long, event(SATURDAY - 100, "upgraded", host="a"))
    assert {stop.until for stop in stops.values()} == {None}
    assert stops["b"].reason == "it takes about 5 min 10 s, and no window of the coming week is that long"
