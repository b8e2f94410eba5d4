# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a roll that goes on has to wait before its next host: the ramp, pauses, gates, approvals. Pure."""

from __future__ import annotations

from typing import NamedTuple

from .._upgrade_plan.ramp import Ramp
from .roll import Roll
from .window import windows_of


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
    """Why no host begins for now. ``what``: pause, gate, soak, approval or probe."""

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
