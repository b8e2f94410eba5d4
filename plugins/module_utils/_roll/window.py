# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""When work may begin: windows of the week such as ``Mon-Fri 22:00-05:00``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from .._errors import Refused

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(DAYS)
_WINDOW = re.compile(rf"(?:({_DAY})(?:-({_DAY}))?\s+)?(\d\d?):(\d\d)-(\d\d?):(\d\d)", re.IGNORECASE)
_MIDNIGHT = 24 * 60


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
