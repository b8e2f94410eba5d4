# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How far a roll is, and when it will be over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.progress import about, how_far, lines_of_windows

from tests.unit.plugins.module_utils._roll.events import OPTIONS, all_phases, begun, event, foreseen, resumed, roll_of

NOON = datetime(2026, 11, 21, 12, 0).timestamp()  # a Saturday
BEGUN = begun(NOON, "a", "0", "1", "2", "3")
NIGHTS = {**OPTIONS, "windows": ["22:00-05:00"]}


def test_the_end_is_foreseen_before_a_host_is_done() -> None:
    """Three hosts of 45 seconds, two of them at once."""
    assert how_far(roll_of(BEGUN), NOON) == (
        "0 of 3 hosts done, 0 servers moved; will be over at about 12:01, in 2 min"
    )


def test_what_hosts_took_so_far_moves_the_end() -> None:
    """The first one took ten times as long for its upgrade: 225 seconds in all, and so will the others."""
    slow = [event(NOON + 10, "drained", host="a", left=[]), event(NOON + 210, "upgraded", host="a")]
    slow += [event(NOON + 215, "verified", host="a"), event(NOON + 225, "returned", host="a", left=[])]
    assert how_far(roll_of(BEGUN, *slow), NOON + 225) == (
        "1 of 3 hosts done, 4 servers moved; will be over at about 12:07, in 4 min"
    )


def test_only_the_servers_of_hosts_that_are_done_count_as_moved() -> None:
    roll = roll_of(BEGUN, begun(NOON, "b", "4", "5"), *all_phases(NOON, "b"))
    assert how_far(roll, NOON + 50).startswith("1 of 3 hosts done, 2 servers moved; ")


def test_a_roll_without_a_host_ahead_has_no_end_to_come() -> None:
    events = [event for host in "abc" for event in (begun(NOON, host), *all_phases(NOON, host))]
    assert how_far(roll_of(*events), NOON + 50) == "3 of 3 hosts done, 0 servers moved"


def test_between_two_runs_nobody_works() -> None:
    roll = roll_of(BEGUN, *all_phases(NOON, "a"), resumed(NOON + 36000, "a", "b", "c", foreseen=foreseen("b", "c")))
    assert how_far(roll, NOON + 36000).endswith("; will be over at about 22:00, in 50 s")


@pytest.mark.parametrize(
    ("seconds", "zone", "text"),
    [
        (9.4, None, "about 12:00, in 9 s"),
        (4800, None, "about 13:20, in 1 h 20 min"),
        (86400, None, "about Sun 12:00, in 24 h"),
        (9 * 86400, None, "about 30 Nov 12:00, in 216 h"),
        (
            60,
            "UTC",
            f"about {datetime.fromtimestamp(NOON + 60).astimezone().utctimetuple().tm_hour:02}:01 UTC, in 1 min",
        ),
    ],
)
def test_a_moment_to_come(seconds: float, zone: str | None, text: str) -> None:
    assert about(NOON + seconds, NOON, zone) == text


def test_the_windows_are_told_with_what_they_make_of_the_plan() -> None:
    def lines(now: float, over: dict[str, float], options: dict[str, Any] = NIGHTS) -> list[str]:
        return lines_of_windows(over, options, now)

    night = NOON + 10 * 3600
    over = {"a": night + 3600, "b": night + 25 * 3600}
    more = "1 of 2 hosts over by then, all of them at about Sun 23:00, if the same command runs in each window"
    assert lines(NOON, over) == [f"the window opens at 22:00 and shuts at Sun 05:00: {more}"]
    assert lines(night, over) == [f"the window is open and shuts at Sun 05:00: {more}"]
    assert lines(night, {"a": night + 3600}) == [
        "the window is open and shuts at Sun 05:00: 1 of 1 host over by then, all of them at about 23:00"
    ]
    assert lines(night, {"a": float("inf")})[0].endswith("0 of 1 host over by then, no end is known, if the same "
                                                         "command runs in each window")  # fmt: skip
    assert lines(NOON, over, OPTIONS) == []
