# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Windows of time in which hosts may begin, also in the nights in which clocks are put forward and back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.window import Window, Windows, zone_of
from hypothesis import given
from hypothesis import strategies as st

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


# -- in a time zone

BERLIN = "Europe/Berlin"
HOUR = 3600.0


def at(*when: int, zone: str = BERLIN, fold: int = 0) -> float:
    """A moment on the clock of a wall."""
    year, month, day, hour, minute = when
    return datetime(year, month, day, hour, minute, fold=fold, tzinfo=ZoneInfo(zone)).timestamp()


def windows(*texts: str, zone: str | None = BERLIN) -> Windows:
    return Windows.parse(texts, zone)


@pytest.mark.parametrize(
    ("evening", "hours"),
    [((2026, 3, 27, 12, 0), 7), ((2026, 3, 28, 12, 0), 6), ((2026, 10, 24, 12, 0), 8), ((2026, 10, 25, 12, 0), 7)],
)
def test_a_night_is_as_long_as_its_clock_makes_it(evening: tuple[int, ...], hours: float) -> None:
    nights = windows("22:00-05:00")
    opens = nights.opens(at(*evening))
    assert f"{nights.clock(opens):%H:%M}" == "22:00" and f"{nights.clock(nights.shuts(opens)):%H:%M}" == "05:00"
    assert nights.shuts(opens) - opens == hours * HOUR


def test_a_window_that_begins_in_an_hour_that_is_left_out_opens_when_the_clock_has_jumped() -> None:
    opens = windows("2:30-5:00").opens(at(2026, 3, 29, 0, 0))
    assert opens == at(2026, 3, 29, 3, 0)


def test_a_window_in_an_hour_that_comes_twice_is_open_twice() -> None:
    twice = windows("2:15-2:45")
    first = twice.opens(at(2026, 10, 25, 0, 0))
    again = twice.opens(twice.shuts(first))
    assert (first, again) == (at(2026, 10, 25, 2, 15), at(2026, 10, 25, 2, 15, fold=1)) and again - first == HOUR


def test_work_begins_only_where_it_ends_in_the_window() -> None:
    nights = windows("22:00-05:00")
    noon = at(2026, 3, 28, 12, 0)
    assert nights.begin(noon, 6 * HOUR) == at(2026, 3, 28, 22, 0)
    assert nights.begin(noon, 6 * HOUR + 1) == at(2026, 3, 29, 22, 0)  # the first night is an hour short
    assert nights.begin(at(2026, 3, 28, 23, 0), 5 * HOUR) == at(2026, 3, 28, 23, 0)
    assert nights.begin(at(2026, 3, 28, 23, 1), 5 * HOUR) == at(2026, 3, 29, 22, 0)
    assert nights.begin(noon, 7 * HOUR + 1) == math.inf
    assert nights.begin(at(2026, 10, 24, 12, 0), 8 * HOUR) == at(2026, 10, 24, 22, 0)


def test_windows_that_touch_are_one() -> None:
    both = windows("Fri 22:00-24:00", "Sat 0:00-5:00")
    opens = both.opens(at(2026, 11, 20, 12, 0))
    assert both.shuts(opens) - opens == 7 * HOUR == both.longest(opens)


def test_without_windows_work_begins_at_any_time() -> None:
    always = windows()
    assert always.is_open(5.0) and (always.begin(5.0, 1e9), always.shuts(5.0)) == (5.0, math.inf)
    assert windows("0:00-24:00").longest(at(2026, 3, 28, 12, 0)) == math.inf


def test_the_longest_window_of_the_coming_week() -> None:
    some = windows("Mon-Fri 22:00-1:00", "Sat 20:00-2:00")
    assert some.longest(at(2026, 11, 16, 12, 0)) == 6 * HOUR
    assert (
        some.longest(at(2026, 11, 21, 23, 0)) == 6 * HOUR
    )  # of next week, for this one is open no longer than 3 hours


def test_another_zone_is_another_moment() -> None:
    tokyo = windows("22:00-05:00", zone="Asia/Tokyo")
    assert tokyo.opens(at(2026, 11, 20, 12, 0)) == at(2026, 11, 20, 14, 0)
    assert tokyo.text(at(2026, 11, 20, 14, 0), at(2026, 11, 20, 12, 0)) == "22:00 JST"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "Europe", "a\0b", "/etc/localtime", "x" * 300])
def test_what_is_no_time_zone(name: str) -> None:
    with pytest.raises(Refused, match="is no time zone: give one of the IANA database such as"):
        zone_of(name)


def test_without_a_name_it_is_the_zone_of_this_machine() -> None:
    assert zone_of(None) is None and Windows().clock(1000.5) == datetime.fromtimestamp(1000.5)


# Winter, summer, and both nights in which clocks are changed, in zones on both halves of the earth.
ZONES = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
DAYS = st.sampled_from(
    [(2026, 1, 7), (2026, 3, 7), (2026, 3, 28), (2026, 4, 4), (2026, 10, 3), (2026, 10, 24), (2026, 10, 31)]
)
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
TEXTS = st.lists(
    st.builds("{}{}-{}".format, st.sampled_from(["", "Mon-Fri ", "Sat ", "Sun-Tue "]), TIMES, TIMES).filter(
        lambda text: text.split()[-1].split("-")[0] != text.split()[-1].split("-")[1]
    ),
    min_size=1,
    max_size=3,
)


def minutes(moment: float, hours: int) -> Iterator[float]:
    """Each full minute of the coming hours."""
    first = moment - moment % 60
    return (first + 60 * number for number in range(1, hours * 60))


@given(TEXTS, ZONES, DAYS, st.integers(0, 86399))
def test_windows_open_and_shut_when_the_wall_says_so(
    texts: list[str], zone: str, day: tuple[int, int, int], second: int
) -> None:
    """Held against the clock, minute after minute."""
    some = windows(*texts, zone=zone)
    moment = at(*day, 0, 0, zone=zone) + second
    parsed = [Window.parse(text) for text in texts]

    def holds(when: float) -> bool:
        wall = datetime.fromtimestamp(when, ZoneInfo(zone))
        return any(window.holds(wall) for window in parsed)

    state = holds(moment)
    change = next((when for when in minutes(moment, 36) if holds(when) is not state), None)
    assert some.is_open(moment) is state
    assert (some.opens(moment) == moment) is state
    if change is not None:
        assert (some.shuts(moment) if state else some.opens(moment)) == change


@given(TEXTS, ZONES, DAYS, st.integers(0, 86399), st.floats(60, 30 * HOUR))
def test_what_begins_in_time_is_over_in_time(
    texts: list[str], zone: str, day: tuple[int, int, int], second: int, seconds: float
) -> None:
    moment = at(*day, 0, 0, zone=zone) + second
    begin = windows(*texts, zone=zone).begin(moment, seconds)
    if begin == math.inf:
        assert windows(*texts, zone=zone).longest(moment) < seconds
        return
    fresh = windows(*texts, zone=zone)
    assert moment <= begin and fresh.is_open(begin) and fresh.shuts(begin) >= begin + seconds
    asked = windows(*texts, zone=zone)  # that it was asked about other moments before changes nothing
    for hours in (50, 3, -9):
        asked.begin(moment + timedelta(hours=hours).total_seconds(), seconds)
    assert asked.begin(moment, seconds) == begin
