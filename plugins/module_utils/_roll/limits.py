# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a roll may begin another host: failures, windows of time, the ramp. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .._errors import Refused
from .._text import duration, listed
from .._upgrade_plan.options import count_of
from .._upgrade_plan.ramp import Ramp
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
    """Why no host begins for now. ``what``: pause, gate, soak or approval."""

    what: str
    reason: str


def reason_to_wait(roll: Roll, now: float) -> Wait | None:
    """Return why no host may begin now, in a roll that goes on later; None if one may.

    :param now: seconds since 1970.
    """
    return _paused(roll) or _at_gate(roll) or _soaking(roll, now) or _awaits_approval(roll)


def _paused(roll: Roll) -> Wait | None:
    if roll.paused is None:
        return None
    since = f"{windows_of(roll.options).clock(roll.paused.at):%a %H:%M}"
    return Wait("pause", f"it is paused since {since} by {roll.paused.because}, until stackops.aggregates.resume_roll")


def _at_gate(roll: Roll) -> Wait | None:
    return next((Wait("gate", f"{wait.text} does not hold: {wait.reason}") for wait in roll.open_gates), None)


def _awaits_approval(roll: Roll) -> Wait | None:
    if not approval_is_due(roll):
        return None
    return Wait("approval", "the next host needs an approval, by stackops.aggregates.approve_roll")


def _soaking(roll: Roll, now: float) -> Wait | None:
    ramp, done = ramp_of(roll), len(roll.done)
    if not ramp.soaks(done):
        return None
    # A step soaks only while the gates hold.
    since = max([roll.last_return, *(wait.end for wait in roll.gates if wait.end and wait.before == "soak")])
    if 0 <= now - since < ramp.soak:
        return Wait("soak", ramp.soak_text(done))
    return None
