# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Windows of time in which hosts may begin."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.window import Window

MON, TUE, SAT, SUN = 16, 17, 21, 22  # days of November 2026


@pytest.mark.parametrize(
    ("window", "day", "hour", "minute", "open_then"),
    [
        ("09:00-17:00", MON, 9, 0, True),
        ("09:00-17:00", MON, 17, 0, False),
        ("09:00-17:00", MON, 8, 59, False),
        ("22:00-05:00", MON, 23, 0, True),
        ("22:00-05:00", TUE, 4, 59, True),
        ("22:00-05:00", TUE, 5, 0, False),
        ("Mon-Fri 22:00-05:00", SAT, 1, 0, True),  # Friday's night
        ("Mon-Fri 22:00-05:00", SAT, 22, 0, False),
        ("Mon-Fri 22:00-05:00", MON, 1, 0, False),  # Sunday's night
        ("sat-mon 0:00-24:00", SUN, 12, 0, True),
        ("sat-mon 0:00-24:00", MON, 23, 59, True),
        ("sat-mon 0:00-24:00", TUE, 0, 0, False),
        ("Sat 10:30-11:15", SAT, 11, 14, True),
        ("Sat 10:30-11:15", SUN, 11, 0, False),
    ],
)
def test_a_moment_lies_in_a_window_or_not(window: str, day: int, hour: int, minute: int, open_then: bool) -> None:
    assert Window.parse(window).holds(datetime(2026, 11, day, hour, minute)) is open_then


@pytest.mark.parametrize(
    "text", ["", "night", "25:00-26:00", "10:60-11:00", "10:00-10:00", "24:00-1:00", "Foo 1:00-2:00"]
)
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(Refused, match="is no window of time: write one as"):
        Window.parse(text)
