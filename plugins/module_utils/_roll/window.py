# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""When work may begin: windows of the week such as ``Mon-Fri 22:00-05:00``, in a time zone. Pure.

A window is read on the clock of the wall. In the night in which clocks are put forward one from 22:00 to 05:00 lasts
six hours, and when they are put back eight: what is asked is always whether the wall's clock is within it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from .._errors import Refused

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(DAYS)
_WINDOW = re.compile(rf"(?:({_DAY})(?:-({_DAY}))?\s+)?(\d\d?):(\d\d)-(\d\d?):(\d\d)", re.IGNORECASE)
_MIDNIGHT = 24 * 60
# Seconds that are looked ahead: a week, and the hours by which clocks may be put back in it.
_WEEK = 7 * 24 * 3600
_AHEAD = _WEEK + 3 * 3600
# Clocks are put forward and back at a full or half hour, in minutes.
_CLOCK_CHANGES = 30


@dataclass(frozen=True, slots=True)
class Window:
    """A time of some days of the week. A window that ends before it begins lasts into the next day.

    :ivar days: 0 is Monday.
    :ivar begin: in minutes since midnight, as ``end`` is.
    """

    days: frozenset[int]
    begin: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Window:
        """:raises Refused: if the text is no window."""
        match = _WINDOW.fullmatch(text.strip())
        begin, end = (int(match[at]) * 60 + int(match[at + 1]) for at in (3, 5)) if match else (-1, -1)
        minutes_fit = match and int(match[4]) < 60 and int(match[6]) < 60
        if not match or not minutes_fit or begin >= _MIDNIGHT or end > _MIDNIGHT or begin == end:
            raise Refused(f"{text!r} is no window of time: write one as '22:00-05:00' or 'Mon-Fri 22:00-05:00'.")
        first = DAYS.index(match[1].lower()) if match[1] else 0
        last = DAYS.index(match[2].lower()) if match[2] else first if match[1] else 6
        return cls(frozenset((first + step) % 7 for step in range((last - first) % 7 + 1)), begin, end)

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in the window; its end does not."""
        minute, today = moment.hour * 60 + moment.minute, moment.weekday()
        if self.begin < self.end:
            return today in self.days and self.begin <= minute < self.end
        return (today in self.days and minute >= self.begin) or ((today - 1) % 7 in self.days and minute < self.end)


def zone_of(name: str | None) -> tzinfo | None:
    """Return a time zone; None, the zone of this machine, for no name.

    :param name: such as ``Europe/Berlin``.
    :raises Refused: if there is no such zone.
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, or a folder of them
        raise Refused(
            f"{name!r} is no time zone: give one of the IANA database such as 'Europe/Berlin', and see that tzdata is "
            "installed on the controller."
        ) from None


@dataclass(slots=True)
class Windows:
    """The windows in which hosts may begin. Moments are seconds since 1970.

    :ivar windows: without any, hosts may begin at any time.
    :ivar zone: whose clock is meant; None for that of this machine.
    :ivar _since: the first moment that was asked about, and ``_known`` when they open and shut from there on, as far as
        somebody asked.
    """

    windows: Sequence[Window] = ()
    zone: tzinfo | None = None
    _since: float = field(default=math.inf, repr=False, compare=False)
    _known: list[tuple[float, float]] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def parse(cls, texts: Sequence[str], zone: str | None) -> Windows:
        """:raises Refused: if a text is no window, or there is no such zone."""
        return cls(tuple(Window.parse(text) for text in texts), zone_of(zone))

    def clock(self, moment: float) -> datetime:
        """Return what the clock of the wall shows."""
        return datetime.fromtimestamp(moment, self.zone)

    def is_open(self, moment: float) -> bool:
        return not self.windows or self._holds(self.clock(moment))

    def opens(self, moment: float) -> float:
        """Return when hosts may begin, from a moment on; that moment, if they may then."""
        return next((at for at in self._steps(moment) if self.is_open(at)), math.inf)

    def shuts(self, moment: float) -> float:
        """Return when they may begin no more, from a moment on."""
        if not self.windows:
            return math.inf
        return next((at for at in self._steps(moment) if not self.is_open(at)), math.inf)

    def begin(self, moment: float, seconds: float) -> float:
        """Return when work may begin that lasts so many seconds and has to be over before the window shuts.

        :return: infinite, if no window of the coming week is as long as that, or the moment is.
        """
        for opens, shuts in self._openings(moment) if math.isfinite(moment) else ():
            if max(opens, moment) + seconds <= shuts:
                return max(opens, moment)
            if opens > moment + _AHEAD:
                break
        return math.inf

    def longest(self, moment: float) -> float:
        """Return how many seconds the longest window of the coming week is open, or is open still."""
        openings = takewhile(lambda opening: opening[0] <= moment + _AHEAD, self._openings(moment))
        return max((shuts - max(opens, moment) for opens, shuts in openings), default=0.0)

    def text(self, moment: float, now: float) -> str:
        """Return a moment for a person, such as ``05:00``, or ``Sat 05:00`` if it is on another day than now."""
        at = self.clock(moment)
        day = "" if at.date() == self.clock(now).date() else f"{at:%a} " if moment - now < _WEEK else f"{at:%d %b} "
        zone = f" {at:%Z}" if self.zone else ""
        return f"{day}{at:%H:%M}{zone}"

    def _holds(self, clock: datetime) -> bool:
        return any(window.holds(clock) for window in self.windows)

    def _openings(self, moment: float) -> Iterator[tuple[float, float]]:
        """Yield when the windows open and shut that are not over at a moment, one after the other."""
        if moment < self._since:
            self._since, self._known = moment, []
        yield from (known for known in self._known if known[1] > moment)
        while (opens := self.opens(self._known[-1][1] if self._known else self._since)) < math.inf:
            self._known.append((opens, self.shuts(opens)))
            if self._known[-1][1] > moment:
                yield self._known[-1]

    def _steps(self, moment: float) -> Iterator[float]:
        """Yield a moment, and of the coming week all at which a window may open or shut."""
        end = moment + _AHEAD
        while moment < end:
            yield moment
            clock = self.clock(moment)
            minute = clock.hour * 60 + clock.minute
            edges = [edge - minute for window in self.windows for edge in (window.begin, window.end) if edge > minute]
            step = min([_CLOCK_CHANGES - minute % _CLOCK_CHANGES, *edges])
            moment = round(moment + step * 60 - clock.second - clock.microsecond / 1e6)


def windows_of(options: Mapping[str, Any]) -> Windows:
    """Return the windows of a roll from its options."""
    return Windows.parse(options["windows"], options["time_zone"])
