# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How often the cloud is observed."""

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
    """Return the pauses of a wait in which nothing happens."""
    waited = []
    while clock.now() < seconds:
        before = clock.now()
        pace.wait()
        waited.append(clock.now() - before)
    return waited


def test_the_longer_a_wait_the_longer_its_pauses(clock: FakeClock, pace: Pace) -> None:
    waited = pauses(clock, pace, 600.0)
    assert waited[0] == FIRST_PAUSE and waited == sorted(waited) and waited[-1] == LONGEST_PAUSE
    assert len(waited) < 150


def test_pauses_are_short_again_after_something_happened(clock: FakeClock, pace: Pace) -> None:
    pauses(clock, pace, 100.0)
    before = clock.now()
    pace.wait(happened=True)
    assert clock.now() - before == FIRST_PAUSE


def test_everything_is_observed_in_time_however_long_records_alone_are_asked_for(clock: FakeClock, pace: Pace) -> None:
    observations = []
    while clock.now() < 300.0:
        if pace.due:
            observations.append(clock.now())
            pace.observed()
            pace.wait()
        else:
            pace.doze()
    between = [later - earlier for earlier, later in zip(observations, observations[1:], strict=False)]
    assert len(observations) > 30 and max(between) <= 2 * LONGEST_PAUSE


def test_records_are_not_asked_for_before_a_migration_can_be_over_and_then_often(clock: FakeClock, pace: Pace) -> None:
    pace.observed()
    pace.doze(expected=3.0)
    assert clock.now() == 3.0
    pace.doze(expected=3.0)
    assert clock.now() == 3.0 + SHORT_PAUSE
    clock.sleep(60.0)
    pace.observed()
    before = clock.now()
    pace.doze(expected=3.0)  # for a migration that takes longer than the others
    assert clock.now() - before == pytest.approx(LONGEST_PAUSE)


def test_an_observation_is_due_at_first_and_after_something_contradicts_it(pace: Pace) -> None:
    due = [pace.due]
    pace.observed()
    due.append(pace.due)
    pace.expire()
    assert [*due, pace.due] == [True, False, True]


def test_a_request_is_repeated_through_an_outage_while_there_is_time(clock: FakeClock) -> None:
    answers = [CloudError("away"), CloudError("busy", 503), CloudError("slowly", 429)]

    def ask(number: int) -> int:
        if answers:
            raise answers.pop(0)
        return number

    assert Pace(Clock(clock.now, clock.sleep), timeout=60.0).outlast(ask, 7) == 7


@pytest.mark.parametrize(("error", "seconds"), [(CloudError("no", 403), 0.0), (CloudError("away"), 60.0)])
def test_a_refusal_is_raised_at_once_and_an_outage_when_the_time_is_over(
    clock: FakeClock, error: CloudError, seconds: float
) -> None:
    def ask() -> None:
        raise error

    with pytest.raises(CloudError):
        Pace(Clock(clock.now, clock.sleep), timeout=60.0).outlast(ask)
    assert seconds <= clock.now() <= seconds + LONGEST_PAUSE
