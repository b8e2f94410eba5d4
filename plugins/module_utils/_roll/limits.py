# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a roll may begin another host: failures, lost guests, windows of time. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .._errors import Refused
from .._text import duration, listed
from .._upgrade_plan.options import count_of
from .forecast import learnt_pace, seconds_of
from .roll import Roll
from .window import Window, Windows, windows_of, zone_of


@dataclass(frozen=True, slots=True)
class Stop:
    """Why no further host may begin.

    :ivar until: when the same command can go on by itself, in seconds since 1970; None if somebody has to do something.
    """

    reason: str
    until: float | None = None


def problems_of_limits(max_failures: str, windows: Sequence[str], time_zone: str | None, strict: bool) -> list[str]:
    """Return what is wrong with these options, a sentence each."""
    problems = list(_refusals(lambda: count_of(max_failures, 1, "max_failures"), lambda: zone_of(time_zone)))
    problems += _refusals(*(lambda window=window: Window.parse(window) for window in windows))
    if strict and not windows:
        problems.append(
            "rolling_upgrade_windows_strict is set, and there are no windows: give rolling_upgrade_windows."
        )
    return problems


def _refusals(*reads: Callable[[], object]) -> Iterator[str]:
    for read in reads:
        try:
            read()
        except Refused as error:
            yield str(error)


def reason_to_stop(roll: Roll, now: float) -> Stop | None:
    """Return why no further host may begin; None while one may."""
    max_failures, windows = roll.options["max_failures"], windows_of(roll.options)
    if len(roll.failed) > count_of(max_failures, len(roll.hosts), "max_failures"):
        return Stop(f"{listed(roll.failed)} failed, and max_failures is {max_failures}")
    if len(roll.lost_now) > roll.options["max_lost_guests"]:
        return Stop(_lost(roll, windows))
    if windows.is_open(now):
        return None
    opens = windows.opens(now)
    return Stop(
        f"it is {windows.clock(now):%a %H:%M}, which is in none of the windows {', '.join(roll.options['windows'])}; "
        f"the window opens at {windows.text(opens, now)}",
        opens,
    )


def _lost(roll: Roll, windows: Windows) -> str:
    losses = roll.lost_now.values()
    guests = listed(
        f"{loss.name!r} ({loss.server}) on {loss.host} since {windows.clock(loss.since):%H:%M:%S}" for loss in losses
    )
    return (
        f"guests that answered before are silent for more than {duration(roll.options['max_silence'])}, {guests}, and "
        f"max_lost_guests is {roll.options['max_lost_guests']}"
    )


def too_late(roll: Roll, now: float) -> dict[str, Stop]:
    """Return the hosts that wait and would not be over before the window shuts, each with when it can begin."""
    if not roll.options["windows_strict"]:
        return {}
    windows, pace = windows_of(roll.options), learnt_pace(roll, now)
    shuts = windows.shuts(now)
    seconds = {host: sum(seconds_of(roll, host, pace).values()) for host in roll.waiting}
    return {host: _too_late(windows, now, shuts, lasts) for host, lasts in seconds.items() if now + lasts > shuts}


def _too_late(windows: Windows, now: float, shuts: float, seconds: float) -> Stop:
    begins = windows.begin(shuts, seconds)
    if math.isinf(begins):
        return Stop(f"it takes about {duration(seconds)}, and no window of the coming week is that long")
    return Stop(
        f"it would be over at about {windows.text(now + seconds, now)}, and the window shuts at "
        f"{windows.text(shuts, now)}; the window opens again at {windows.text(begins, now)}",
        begins,
    )
