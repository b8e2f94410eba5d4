# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide whether a roll goes on, and say how far it is. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused, listed
from ansible_collections.stackops.aggregates.plugins.module_utils._record import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._window import Window


def count_of(text: str, whole: int, what: str) -> int:
    """A number such as ``2``, or a share such as ``10%`` of the whole, rounded down.

    :raises Refused: it is neither.
    """
    number, percent = text.strip().removesuffix("%").strip(), text.strip().endswith("%")
    if not number.isdecimal() or percent and int(number) > 100:
        raise Refused(f"{what} is {text!r}: give a count such as 2, or a share such as 10%.")
    return math.floor(whole * int(number) / 100) if percent else int(number)


def remaining(roll: Roll) -> list[str]:
    """Hosts of the roll that are neither done nor failed in this run; those that were touched come first."""
    waiting = [host for host in roll.hosts if host not in roll.lanes]
    return [host for host in roll.unfinished if host not in roll.failed] + waiting


def halted(roll: Roll, max_failures: str, windows: Sequence[str], now: datetime) -> str | None:
    """Why no further host may begin; None while it may.

    :param now: on the operator's clock, in which the windows are told.
    """
    allowed = count_of(max_failures, len(roll.hosts), "max_failures")
    if len(roll.failed) > allowed:
        return f"{listed(roll.failed)} failed, and max_failures is {max_failures}"
    if windows and not any(Window.parse(one).holds(now) for one in windows):
        return f"it is {now:%a %H:%M}, which is in none of the windows {', '.join(windows)}"
    return None


def how_far(roll: Roll, now: float, clock: datetime) -> str:
    """Hosts and servers so far, and when it will be over at this pace.

    :param now: seconds since 1970, as in the record; ``clock`` is the same moment as the operator reads it.
    """
    done = set(roll.done)
    moves = [(one["source"], one["server"]) for batch in roll.batches for one in batch.moves]
    text = f"{len(done)} of {len(roll.hosts)} hosts done, {len({s for h, s in moves if h in done})} servers moved"
    left = len(roll.hosts) - len(done)
    if not done or not left:
        return text
    # Only this run's pace counts: between two runs nobody worked.
    since = roll.resumed[-1] if roll.resumed else roll.opened
    ended = [span.end for lane in roll.lanes.values() if lane.returned and (span := lane.spans[-1]).end]
    lately = sum(1 for end in ended if end > since)
    if not lately:
        return text
    seconds = (now - since) / lately * left
    return f"{text}, about {in_words(seconds)} left, until {clock + timedelta(seconds=seconds):%H:%M}"


def in_words(seconds: float) -> str:
    """Such as ``45 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def other_owners(marks: Iterable[tuple[str, str]], owner: str) -> list[str]:
    """Hosts that somebody else keeps, as ``host by owner``; ``marks`` are pairs of host and owner."""
    return [f"{host} by {other}" for host, other in sorted(marks) if other != owner]
