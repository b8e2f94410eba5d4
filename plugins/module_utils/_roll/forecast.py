# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""When the hosts of a roll will be over: from what its plan foresaw, and what the hosts took so far. Pure.

A host begins when as many others are over as the plan foresaw, and a window is open. What the hosts of this roll took
counts more than what was foreseen, from the first one on that is done.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._upgrade_plan.learn import learn_turns
from .._upgrade_plan.pace import Pace, TurnLoad
from .host_progress import PHASES, HostProgress
from .roll import Roll
from .steps import steps_of
from .window import Windows, windows_of

# A phase that lasts longer than was foreseen is taken to last this share longer than it has.
_LONGER = 0.1


@dataclass(frozen=True, slots=True)
class NextHost:
    """A host that waits for its turn.

    :ivar seconds: how long its turn will last.
    :ivar after: how many turns are over when it begins, and ``soak`` how many seconds they are so by then.
    """

    host: str
    seconds: float
    after: int
    soak: float


def schedule(
    waiting: Iterable[NextHost], ends: Iterable[float], now: float, windows: Windows, strict: bool
) -> dict[str, float]:
    """Return when each host that waits will be over, in seconds since 1970; infinite if it fits into no window.

    :param waiting: in the order of the plan.
    :param ends: when the turns that have begun were over, or will be.
    :param strict: whether a host only begins that will be over before the window shuts.
    """
    known = sorted(ends)
    over = {}
    for host in waiting:
        number = min(host.after, len(known))
        begin = max(now, known[number - 1] + host.soak) if number else now
        over[host.host] = windows.begin(begin, host.seconds if strict else 0.0) + host.seconds
        insort(known, over[host.host])
    return over


def ends(roll: Roll, now: float) -> dict[str, float]:
    """Return when each host of a run that is not over will be, in seconds since 1970."""
    pace = learnt_pace(roll, now)
    under_way = {host: _end(roll, host, pace, now) for host in roll.under_way}
    over = [progress.phases[-1].end or now for progress in _begun(roll) if not progress.under_way]
    waiting = [
        NextHost(host, sum(seconds_of(roll, host, pace).values()), foreseen.after, foreseen.soak)
        for host in roll.waiting
        for foreseen in (roll.foreseen[host],)
    ]
    windows = windows_of(roll.options)
    return under_way | schedule(waiting, [*over, *under_way.values()], now, windows, roll.options["windows_strict"])


def learnt_pace(roll: Roll, now: float) -> Pace:
    """Return the pace of a roll with what its hosts took so far.

    A phase under way that lasts longer than was foreseen counts as long as it has.
    """
    turns = experience(roll)
    for host in roll.under_way:
        phase = roll.progress[host].phases[-1]
        if now - phase.begin > seconds_of(roll, host, roll.pace).get(phase.name, 0.0):
            turns.append((roll.foreseen[host].load, {phase.name: now - phase.begin}))
    return learn_turns(roll.pace, turns)


def experience(roll: Roll) -> list[tuple[TurnLoad, Mapping[str, float]]]:
    """Return how long the phases of its hosts took, of all runs: those that ended well, and at the first attempt."""
    return [(roll.foreseen[host].load, _lasted(progress)) for host, progress in roll.progress.items()]


def seconds_of(roll: Roll, host: str, pace: Pace) -> dict[str, float]:
    """Return how long each phase of a host will last that it has ahead when its turn begins."""
    foreseen = dict(zip(PHASES, pace.turn_seconds(roll.foreseen[host].load), strict=True))
    return {phase: foreseen[phase] for phase in steps_of(roll, host)}


def _lasted(progress: HostProgress) -> dict[str, float]:
    names = [phase.name for phase in progress.phases]
    return {
        phase.name: phase.end - phase.begin
        for phase in progress.phases
        if phase.end is not None and phase.outcome == "done" and names.count(phase.name) == 1
    }


def _begun(roll: Roll) -> Sequence[HostProgress]:
    """The hosts that this run began."""
    return [roll.progress[host] for host in dict.fromkeys(turn.host for turn in roll.turns[roll.earlier :])]


def _end(roll: Roll, host: str, pace: Pace, now: float) -> float:
    """When a host under way will be over."""
    phase = roll.progress[host].phases[-1]
    foreseen = dict(zip(PHASES, pace.turn_seconds(roll.foreseen[host].load), strict=True))
    lasted = now - phase.begin
    later = PHASES[PHASES.index(phase.name) + 1 :]
    return now + max(foreseen[phase.name] - lasted, _LONGER * lasted) + sum(foreseen[name] for name in later)
