# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a roll may begin another host: failures, windows of time, the ramp. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from .._errors import Refused
from .._text import listed
from .._upgrade_plan.options import count_of
from .._upgrade_plan.ramp import Ramp
from .roll import Roll
from .window import Window


def problems_of_limits(max_failures: str, windows: Sequence[str]) -> list[str]:
    """Return what is wrong with these options, a sentence each."""
    problems = []
    try:
        count_of(max_failures, 1, "max_failures")
    except Refused as error:
        problems.append(str(error))
    for window in windows:
        try:
            Window.parse(window)
        except Refused as error:
            problems.append(str(error))
    return problems


def reason_to_stop(roll: Roll, now: datetime) -> str | None:
    """Return why no further host may begin; None while it may.

    :param now: this moment on the operator's clock.
    """
    max_failures, windows = roll.options["max_failures"], roll.options["windows"]
    if len(roll.failed) > count_of(max_failures, len(roll.hosts), "max_failures"):
        return f"{listed(roll.failed)} failed, and max_failures is {max_failures}"
    if windows and not any(Window.parse(window).holds(now) for window in windows):
        return f"it is {now:%a %H:%M}, which is in none of the windows {', '.join(windows)}"
    return None


def ramp_of(roll: Roll) -> Ramp:
    return Ramp(tuple(roll.options["ramp"]), roll.options["soak"])


def has_place(roll: Roll) -> bool:
    """Return whether fewer hosts are under way than may be."""
    places = ramp_of(roll).places(len(roll.done))
    most = roll.options["max_unavailable"]
    return len(roll.under_way) < (most if places is None else min(most, places))


class Wait(NamedTuple):
    """Why no host begins for now. ``what``: soak."""

    what: str
    reason: str


def reason_to_wait(roll: Roll, now: float) -> Wait | None:
    """Return why no host may begin now, in a roll that goes on later; None if one may.

    :param now: seconds since 1970.
    """
    return _soaking(roll, now)


def _soaking(roll: Roll, now: float) -> Wait | None:
    ramp, done = ramp_of(roll), len(roll.done)
    if ramp.soaks(done) and 0 <= now - roll.last_return < ramp.soak:
        return Wait("soak", ramp.soak_text(done))
    return None
