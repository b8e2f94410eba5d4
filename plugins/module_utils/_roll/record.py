# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The record of a rolling upgrade: what its events, in the order in which they were written, add up to. Pure.

An event is a dictionary with ``event``, what happened, and ``at``, seconds since 1970 on the controller's clock:

* ``opened``: ``roll``, ``pool``, ``owner``, ``upgrade``, ``ahead``, ``inherited``, and what each run says of itself:
  ``hosts``, ``places``, ``upgraded``, ``kept_back``, ``versions`` (of each host that of its hypervisor, and the one
  that its tasks told), ``options``, ``pace``, ``foreseen``, ``over``, ``session``, ``process``
* ``resumed``, with what each run says of itself: another run goes on with the roll
* ``begun``: ``host``, ``moves`` (as os_upgrade_plan returns them), ``steps``, ``forecast`` (how many seconds each step
  will last): the turn of a host has come
* ``drained``, ``upgraded``, ``verified``, ``returned``: ``host``; drained and returned with ``left``, the servers that
  stayed; upgraded and verified with ``version``, where the host's tasks told what it runs now. Where there is nothing
  to verify, ``verified`` ends the upgrade
* ``canary``: ``host``: a throw-away server is about to try it
* ``built``: ``host``, ``server``: this server
* ``tried``: ``host``, ``stops``, ``failure``: it is gone again. A host that it found wanting is not verified
  any more
* ``failed``: ``host``, ``reason``, and mostly ``evidence``, the file beside the record with what Nova says of that
* ``handed_back``: ``host``: one that failed is in service again
* ``probing``: ``interval``, ``process``: all guests were checked once, and this process goes on with that
* ``lost``: ``server``, ``name``, ``host``, ``since``: a guest is silent since then, and was not before
* ``aborted``: ``server``: the live migration of a guest that was lost was aborted
* ``held``: ``what``, ``reason``: no host begins for now, or for another reason
* ``released``: hosts may begin again
* ``gate``: ``host``, ``outcome``: its gate does not hold (``waits``, with ``before`` and ``reason``), holds again
  (``holds``), has lost its host (``lost``), or is not asked any more (``over``, with ``reason``), which stops this run
* ``not_told``: ``reason``: others could not be told of something
* ``control``: ``action``, ``who``, ``reason``: what a person asked of it
* ``skipped``: ``host``, ``reason``, ``kind``: the turn of a host came, and it cannot be upgraded
* ``stopped``: ``reason``, ``until``: this run begins no further host
* ``closed``
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._upgrade_plan.pace import Pace, TurnLoad
from .host_progress import ENDED_BY, PHASES, HostProgress
from .roll import APPROVE, STOP, Control, Foreseen, GateWait, Hold, Loss, Probing, Roll, Skipped, Turn, Versions

Event = Mapping[str, Any]
# What begins a hold, or ends the last one.
_HOLDS = ("held", "released", "stopped")


def read_record(events: Iterable[Event], roll: Roll | None = None) -> Roll | None:
    """Return the roll that the events add up to; None when there are none.

    :param roll: that earlier events added up to; it is changed.
    """
    for event in events:
        if roll is None:
            roll = _opened(event)
        else:
            add_event(roll, event)
    return roll


def _opened(event: Event) -> Roll:
    roll = Roll(
        id=event["roll"],
        pool=event["pool"],
        owner=event["owner"],
        upgrade=event["upgrade"],
        opened=event["at"],
        ahead=event["ahead"],
        inherited=tuple(event["inherited"]),
        last=event["at"],
    )
    _begin_run(roll, event)
    return roll


def _begin_run(roll: Roll, event: Event) -> None:
    roll.hosts, roll.places = tuple(event["hosts"]), event["places"]
    roll.upgraded, roll.options = tuple(event["upgraded"]), event["options"]
    roll.kept_back = event["kept_back"]
    roll.before = {host: Versions(*found) for host, found in event["versions"].items()} | roll.before
    roll.pace, roll.over = Pace.read(event["pace"]), event["over"]
    roll.foreseen |= {
        host: Foreseen(TurnLoad.read(load), after, soak) for host, (load, after, soak) in event["foreseen"].items()
    }
    roll.session, roll.process = event["session"], event["process"]


def add_event(roll: Roll, event: Event) -> None:
    """Add the roll's next event to it."""
    kind, at = event["event"], event["at"]
    if kind == "resumed":
        _resume(roll, event)
    elif kind == "begun":
        _begin_turn(roll, event)
    elif kind in _HOLDS:
        _end_hold(roll, at)
        _hold(roll, event)
    elif kind == "gate":
        _gate(roll, event)
    elif kind == "not_told":
        roll.not_told.append((at, event["reason"]))
    elif kind == "skipped":
        roll.skipped[event["host"]] = Skipped(event["reason"], event["kind"])
    elif kind == "control":
        _control(roll, event)
    elif kind == "probing":
        roll.probing = Probing(at, event["interval"], event["process"])
    elif kind == "lost":
        roll.lost.append(Loss(at, event["server"], event["name"], event["host"], event["since"]))
    elif kind == "aborted":
        next(loss for loss in reversed(roll.lost) if loss.server == event["server"]).aborted = at
    elif kind == "closed":
        roll.closed = at
    else:
        _add_host_event(roll.progress[event["host"]], event)
        if wait := roll.gate_of(event["host"]):  # it failed there
            wait.end, wait.outcome = at, "lost"
    roll.last = at


def _hold(roll: Roll, event: Event) -> None:
    if event["event"] == "held":
        roll.holds.append(Hold(event["at"], event["what"], event["reason"]))
    elif event["event"] == "stopped":
        roll.stopped, roll.until = event["reason"], event["until"]


def _gate(roll: Roll, event: Event) -> None:
    host, at, outcome = event["host"], event["at"], event["outcome"]
    wait = roll.gate_of(host)
    if wait is None:
        roll.gates.append(GateWait(host, event["before"], at, event["reason"]))
        return
    wait.end, wait.outcome = at, outcome
    progress = roll.progress.get(host)
    if outcome == "over":
        roll.stopped = roll.stopped or event["reason"]
        _leave(roll, wait)
    elif progress and progress.under_way:
        progress.phases[-1].begin = at  # the phase behind the gate begins only now


def _leave(roll: Roll, wait: GateWait) -> None:
    """End the turn of a host at its gate. Before its drain nothing was touched, so it had none."""
    if wait.before == "return":
        roll.progress[wait.host].end("interrupted", wait.end or wait.begin)
    elif wait.before == "drain":
        roll.turns.remove([turn for turn in roll.turns if turn.host == wait.host][-1])
        roll.progress[wait.host].phases.pop()
        if not roll.progress[wait.host].phases:
            del roll.progress[wait.host]


def _control(roll: Roll, event: Event) -> None:
    control = Control(event["at"], event["action"], event["who"], event["reason"])
    roll.controls.append(control)
    if control.action == APPROVE:
        roll.approved = len(roll.turns)
    if control.action == STOP and roll.stopped is None:
        _end_hold(roll, control.at)
        roll.stopped = f"it was stopped by {control.because}"


def _end_hold(roll: Roll, at: float) -> None:
    if hold := roll.hold:
        hold.end = at


def _resume(roll: Roll, event: Event) -> None:
    """Begin another run. The phases under way when the last run ended are not known to have ended: they begin again."""
    _end_hold(roll, roll.last)
    for wait in roll.open_gates:
        wait.end = roll.last
    roll.resumed.append(event["at"])
    roll.stopped = roll.until = roll.probing = None
    roll.skipped.clear()
    roll.earlier, roll.lost_earlier = len(roll.turns), len(roll.lost)
    _begin_run(roll, event)
    for progress in roll.progress.values():
        progress.end("interrupted", roll.last)
        progress.failure = None


def _begin_turn(roll: Roll, event: Event) -> None:
    host = event["host"]
    if host in roll.progress:
        roll.progress[host].handed_back = False
    roll.turns.append(Turn(event["at"], host, tuple(event["moves"]), tuple(event["steps"]), event["forecast"]))
    roll.progress.setdefault(host, HostProgress(host)).begin(event["steps"][0], event["at"])


def _add_host_event(progress: HostProgress, event: Event) -> None:
    kind, at = event["event"], event["at"]
    if kind == "failed":
        progress.end("failed", at)
        progress.failure, progress.evidence = event["reason"], event.get("evidence")
        return
    if kind == "handed_back":
        progress.handed_back = True
        return
    if kind in ("canary", "built", "tried"):
        _add_canary(progress, event)
        return
    progress.end("done", at)
    progress.version = event.get("version", progress.version)
    phase = ENDED_BY[kind]
    if phase == "return":
        progress.returned, progress.away = True, event["left"]
        return
    if phase == "drain":
        progress.left = event["left"]
    progress.verified = progress.verified or phase == "verify"
    progress.begin(PHASES[PHASES.index(phase) + 1], at)


def _add_canary(progress: HostProgress, event: Event) -> None:
    if event["event"] == "canary":
        progress.canaries.append({"begin": event["at"], "end": None, "stops": [], "servers": [], "failure": None})
        return
    if event["event"] == "built":
        progress.canaries[-1]["servers"].append(event["server"])
        return
    progress.canaries[-1] |= {"end": event["at"], "stops": event["stops"], "failure": event["failure"]}
    progress.verified = progress.verified and not event["failure"]
