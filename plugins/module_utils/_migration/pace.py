# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How long to wait between two looks at the cloud, and how long to outlast its outages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from .._errors import CloudError

# Seconds between two looks at the cloud: short while things change, then this share of the time that nothing did.
FIRST_PAUSE, LONGEST_PAUSE, SHARE = 0.5, 5.0, 0.1
# The same when a migration is expected to end any moment.
SHORT_PAUSE = 0.15

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as an argument: monotonic seconds, and how to wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """When to look at the cloud again within a limit of time; sooner after something happened.

    While migrations are under way a look at their records will do, and now and then one at everything.
    """

    def __init__(self, clock: Clock, timeout: float) -> None:
        """:param timeout: seconds from now in which all has to be over."""
        self._clock = clock
        self._deadline = clock.now() + timeout
        self._happened = clock.now()
        self._observed: float | None = None  # when everything was observed last

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self._clock.now() >= self._deadline

    @property
    def due(self) -> bool:
        """Whether it is time to observe everything."""
        return self._observed is None or self.over or self._clock.now() - self._observed >= LONGEST_PAUSE

    def observed(self) -> None:
        """Everything was observed now."""
        self._observed = self._clock.now()

    def expire(self) -> None:
        """Something contradicts the last observation: let the next look be at everything."""
        self._observed = None

    def wait(self, happened: bool = False, expected: float | None = None) -> None:
        """Wait for the next look.

        :param happened: whether anything did since the last one.
        :param expected: when a migration may be over (monotonic seconds), if that can be told.
        """
        if happened:
            self._happened = self._clock.now()
        self._sleep(expected, LONGEST_PAUSE)

    def doze(self, expected: float | None = None) -> None:
        """Wait for the next look at the records alone."""
        since = self._clock.now() - (self._observed or 0.0)
        self._sleep(expected, max(FIRST_PAUSE, LONGEST_PAUSE - since))

    def outlast(self, request: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return the answer to a request, which is repeated while the cloud is away and the time is not over.

        Only for requests that do no harm when they are sent twice.

        :raises CloudError: the cloud refused it, or the time is over.
        """
        while True:
            try:
                return request(*args, **kwargs)
            except CloudError as error:
                if not error.passing or self.over:
                    raise
            self.wait()

    def _sleep(self, expected: float | None, most: float) -> None:
        now = self._clock.now()
        if expected is None:
            pause = max(FIRST_PAUSE, SHARE * (now - self._happened))
        else:
            pause = expected - now if expected > now else max(SHORT_PAUSE, SHARE * (now - expected))
        self._clock.sleep(min(pause, most))
