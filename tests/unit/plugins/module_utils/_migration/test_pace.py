# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How often the cloud is looked at."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.pace import (
    FIRST_PAUSE,
    FRESH,
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
            pace.look()
            pace.wait()
        else:
            pace.doze()
    between = [later - earlier for earlier, later in zip(looks, looks[1:], strict=False)]
    assert len(looks) > 30 and max(between) <= 2 * LONGEST_PAUSE


def test_nobody_looks_before_a_move_can_be_over_and_then_often(clock: FakeClock, pace: Pace) -> None:
    pace.look()
    pace.doze(expected=3.0)
    assert clock.now() == 3.0
    pace.doze(expected=3.0)
    assert clock.now() == 3.0 + SHORT_PAUSE
    clock.sleep(60.0)
    pace.look()
    before = clock.now()
    pace.doze(expected=3.0)  # one that takes longer than the others
    assert clock.now() - before == pytest.approx(LONGEST_PAUSE)


def test_a_look_is_of_this_moment_until_somebody_waits(clock: FakeClock, pace: Pace) -> None:
    """Or until it took long: what is done by it must not meet a server that changed since."""
    seen = []
    pace.look()
    clock.sleep(FRESH)
    seen.append(pace.fresh)
    clock.sleep(0.01)
    seen.append(pace.fresh)
    pace.look()
    pace.doze(expected=clock.now() + 0.1)
    seen.append(pace.fresh)
    pace.look()
    seen.append(pace.fresh)
    assert seen == [True, False, False, True]
