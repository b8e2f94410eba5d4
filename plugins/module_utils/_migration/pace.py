# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How long to wait between two looks at the cloud."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

# Seconds between two looks at the cloud: short while things change, then this share of the time that nothing did.
FIRST_PAUSE, LONGEST_PAUSE, SHARE = 0.5, 5.0, 0.1
# The same when a move is expected to end any moment.
SHORT_PAUSE = 0.15
# Seconds for which a look counts as being of this moment, if nobody waited since: a list of many servers takes as long.
FRESH = 1.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as an argument: monotonic seconds, and how to wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """How long to wait between two looks: less after something happened.

    While moves are under way a look at their records will do (Ledger.awaits), and now and then one at everything.
    """

    def __init__(self, clock: Clock, timeout: float, looked: float | None = None) -> None:
        """:param looked: when everything was looked at before that (monotonic seconds)."""
        self._clock = clock
        self._deadline = clock.now() + timeout
        self._happened = clock.now()
        self._looked = self._happened if looked is None else looked
        self._waited = False  # since then

    @property
    def over(self) -> bool:
        return self._clock.now() >= self._deadline

    @property
    def due(self) -> bool:
        """Whether it is time for a look at everything."""
        return self.over or self._clock.now() - self._looked >= LONGEST_PAUSE

    @property
    def fresh(self) -> bool:
        """Whether the last look is so young that nobody need be looked at again before he is moved."""
        return not self._waited and self._clock.now() - self._looked <= FRESH

    def look(self) -> None:
        """Everything is looked at now."""
        self._looked, self._waited = self._clock.now(), False

    def wait(self, happened: bool = False, expected: float | None = None) -> None:
        """Wait for the next look at everything.

        :param expected: when a move may be over (monotonic seconds), if that can be told.
        """
        if happened:
            self._happened = self._clock.now()
        self._sleep(expected, LONGEST_PAUSE)

    def doze(self, expected: float | None = None) -> None:
        """Wait for the next look at the records."""
        self._sleep(expected, max(FIRST_PAUSE, self._looked + LONGEST_PAUSE - self._clock.now()))

    def _sleep(self, expected: float | None, most: float) -> None:
        now = self._clock.now()
        if expected is None:
            pause = max(FIRST_PAUSE, SHARE * (now - self._happened))
        else:
            pause = expected - now if expected > now else max(SHORT_PAUSE, SHARE * (now - expected))
        self._clock.sleep(min(pause, most))
        self._waited = True
