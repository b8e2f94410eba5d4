# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The record of a rolling upgrade: what its events, in the order in which they were written, add up to. Pure.

An event is a dictionary with ``event``, what happened, and ``at``, seconds since 1970 on the controller's clock:

* ``opened``: ``roll``, ``pool``, ``owner``, ``hosts``, ``bring_back``, ``upgrade``, ``session``, ``process``, ``ahead``
* ``resumed``: ``hosts``, ``session``, ``process``: another run goes on with the roll
* ``batch``: ``hosts``, ``moves`` (server, name, source, target), ``limited_by``: these hosts are begun
* ``drained``, ``upgraded``, ``verified``, ``returned``: ``host``; drained and returned with ``left``, the servers that
  stayed. Where there is nothing to verify, ``verified`` ends the upgrade
* ``failed``: ``host``, ``reason``
* ``stopped``: ``reason``: this run begins no further host
* ``closed``
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .host_progress import ENDED_BY, PHASES, HostProgress
from .roll import Batch, Roll

Event = Mapping[str, Any]


def read_record(events: Iterable[Event]) -> Roll | None:
    """The roll that the events add up to; None when there are none."""
    roll: Roll | None = None
    for event in events:
        if roll is None:
            roll = _opened(event)
        else:
            add_event(roll, event)
    return roll


def _opened(event: Event) -> Roll:
    return Roll(
        id=event["roll"],
        pool=event["pool"],
        owner=event["owner"],
        hosts=tuple(event["hosts"]),
        bring_back=event["bring_back"],
        upgrade=event["upgrade"],
        opened=event["at"],
        ahead=event["ahead"],
        session=event["session"],
        process=event["process"],
        last=event["at"],
    )


def add_event(roll: Roll, event: Event) -> None:
    """Add the roll's next event to it."""
    kind, at = event["event"], event["at"]
    if kind == "resumed":
        _resume(roll, event)
    elif kind == "batch":
        _begin_batch(roll, event)
    elif kind == "stopped":
        roll.stopped = event["reason"]
    elif kind == "closed":
        roll.closed = at
    else:
        _add_host_event(roll.progress[event["host"]], event)
    roll.last = at


def _resume(roll: Roll, event: Event) -> None:
    """Begin another run. The phases under way when the last run ended are not known to have ended: they begin again."""
    roll.resumed.append(event["at"])
    roll.hosts, roll.stopped = tuple(event["hosts"]), None
    roll.session, roll.process = event["session"], event["process"]
    for progress in roll.progress.values():
        progress.end("interrupted", roll.last)
        progress.failure = None


def _begin_batch(roll: Roll, event: Event) -> None:
    roll.batches.append(Batch(event["at"], tuple(event["hosts"]), tuple(event["moves"]), event["limited_by"]))
    for host in event["hosts"]:
        progress = roll.progress.setdefault(host, HostProgress(host))
        progress.begin("return" if progress.verified else "drain", event["at"])


def _add_host_event(progress: HostProgress, event: Event) -> None:
    kind, at = event["event"], event["at"]
    if kind == "failed":
        progress.end("failed", at)
        progress.failure = event["reason"]
        return
    progress.end("done", at)
    phase = ENDED_BY[kind]
    if phase == "return":
        progress.returned, progress.away = True, event["left"]
        return
    if phase == "drain":
        progress.left = event["left"]
    progress.verified = progress.verified or phase == "verify"
    progress.begin(PHASES[PHASES.index(phase) + 1], at)
