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
    places = (roll.options["max_unavailable"], ramp_of(roll).places(len(roll.done)))
    return len(roll.under_way) < min(most for most in places if most is not None) and not _needs_approval(roll)


def _needs_approval(roll: Roll) -> bool:
    """Return whether the next host may not begin before somebody approves.

    One host begins without an approval, and after it either all (``first``) or with each further approval another one.
    A host that an earlier run did not finish goes on without.
    """
    approve = roll.options["approve"]
    if not approve or approve == "first" and roll.approved is not None:
        return False
    counted = {*roll.done, *roll.failed, *roll.under_way}
    return any(turn.host in counted for turn in roll.turns[roll.approved or 0 :])


def approval_is_due(roll: Roll) -> bool:
    """Return whether somebody has to approve now: what was approved last is over, and hosts are left."""
    return _needs_approval(roll) and bool(roll.waiting) and not roll.under_way and roll.stopped is None


class Wait(NamedTuple):
    """Why no host begins for now. ``what``: pause, soak or approval."""

    what: str
    reason: str


def reason_to_wait(roll: Roll, now: float) -> Wait | None:
    """Return why no host may begin now, in a roll that goes on later; None if one may.

    :param now: seconds since 1970.
    """
    return _paused(roll) or _soaking(roll, now) or _awaits_approval(roll)


def _paused(roll: Roll) -> Wait | None:
    if roll.paused is None:
        return None
    since = f"{datetime.fromtimestamp(roll.paused.at):%a %H:%M}"
    return Wait("pause", f"it is paused since {since} by {roll.paused.because}, until stackops.aggregates.resume_roll")


def _awaits_approval(roll: Roll) -> Wait | None:
    if not approval_is_due(roll):
        return None
    return Wait("approval", "the next host needs an approval, by stackops.aggregates.approve_roll")


def _soaking(roll: Roll, now: float) -> Wait | None:
    ramp, done = ramp_of(roll), len(roll.done)
    if ramp.soaks(done) and 0 <= now - roll.last_return < ramp.soak:
        return Wait("soak", ramp.soak_text(done))
    return None
