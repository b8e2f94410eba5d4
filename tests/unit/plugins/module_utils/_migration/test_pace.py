# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How often the cloud is looked at."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.pace import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    SHORT_PAUSE,
    Clock,
    Pace,
)
from fake.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 11, 21))


@pytest.fixture
def pace(clock: FakeClock) -> Pace:
    return Pace(Clock(clock.now, clock.sleep), timeout=3600.0)


def pauses(clock: FakeClock, pace: Pace, seconds: float) -> list[float]:
    found = []
    while clock.now() < seconds:
        before = clock.now()
        pace.wait()
        found.append(clock.now() - before)
    return found


def test_long_waits_are_looked_at_seldom(clock: FakeClock, pace: Pace) -> None:
    found = pauses(clock, pace, 600.0)
    assert found[0] == FIRST_PAUSE and found == sorted(found) and found[-1] == LONGEST_PAUSE
    assert len(found) < 150


def test_what_happened_quickens_it(clock: FakeClock, pace: Pace) -> None:
    pauses(clock, pace, 100.0)
    before = clock.now()
    pace.wait(happened=True)
    assert clock.now() - before == FIRST_PAUSE


def test_however_long_it_dozes_everything_is_looked_at_in_time(clock: FakeClock, pace: Pace) -> None:
    looks = []
    while clock.now() < 300.0:
        if pace.due:
            looks.append(clock.now())
            pace.observed()
            pace.wait()
        else:
            pace.doze()
    between = [later - earlier for earlier, later in zip(looks, looks[1:], strict=False)]
    assert len(looks) > 30 and max(between) <= 2 * LONGEST_PAUSE


def test_nobody_looks_before_a_move_can_be_over_and_then_often(clock: FakeClock, pace: Pace) -> None:
    pace.observed()
    pace.doze(expected=3.0)
    assert clock.now() == 3.0
    pace.doze(expected=3.0)
    assert clock.now() == 3.0 + SHORT_PAUSE
    clock.sleep(60.0)
    pace.observed()
    before = clock.now()
    pace.doze(expected=3.0)  # one that takes longer than the others
    assert clock.now() - before == pytest.approx(LONGEST_PAUSE)


def test_the_first_look_is_due_and_one_that_something_contradicts(pace: Pace) -> None:
    due = [pace.due]
    pace.observed()
    due.append(pace.due)
    pace.expire()
    assert [*due, pace.due] == [True, False, True]


def test_an_outage_is_outlasted_while_there_is_time(clock: FakeClock) -> None:
    answers = [CloudError("away"), CloudError("busy", 503), CloudError("slowly", 429)]

    def ask(number: int) -> int:
        if answers:
            raise answers.pop(0)
        return number

    assert Pace(Clock(clock.now, clock.sleep), timeout=60.0).outlast(ask, 7) == 7


@pytest.mark.parametrize(("error", "seconds"), [(CloudError("no", 403), 0.0), (CloudError("away"), 60.0)])
def test_a_refusal_ends_it_at_once_and_an_outage_when_the_time_is_over(
    clock: FakeClock, error: CloudError, seconds: float
) -> None:
    def ask() -> None:
        raise error

    with pytest.raises(CloudError):
        Pace(Clock(clock.now, clock.sleep), timeout=60.0).outlast(ask)
    assert seconds <= clock.now() <= seconds + LONGEST_PAUSE
