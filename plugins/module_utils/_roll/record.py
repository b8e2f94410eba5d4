# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The record of a rolling upgrade: what its events, in the order in which they were written, add up to. Pure.

An event is a dictionary with ``event``, what happened, and ``at``, seconds since 1970 on the controller's clock:

* ``opened``: ``roll``, ``pool``, ``owner``, ``hosts``, ``bring_back``, ``upgrade``, ``session``, ``process``, ``ahead``
* ``resumed``: ``hosts``, ``session``, ``process``: another run goes on with it
* ``batch``: ``hosts``, ``moves`` (server, name, source, target), ``limited_by``: they are touched from now on
* ``drained``, ``upgraded``, ``verified``, ``returned``: ``host``; drained and returned with ``left``. Where there is
  nothing to verify, ``verified`` ends the upgrade
* ``failed``: ``host``, ``reason``
* ``stopped``: ``reason``: this run begins no further host
* ``closed``
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Event = Mapping[str, Any]
# What a host goes through, and the event that ends it.
PHASES = ("drain", "upgrade", "verify", "return")
ENDED_BY = {"drained": "drain", "upgraded": "upgrade", "verified": "verify", "returned": "return"}


@dataclass(slots=True)
class Span:
    """A phase of a host, in seconds since 1970. ``outcome``: under way, done, failed, or interrupted by a kill."""

    phase: str
    begin: float
    end: float | None = None
    outcome: str = "under way"


@dataclass(slots=True)
class Lane:
    """What one host went through, a resumed host through some of it twice."""

    host: str
    spans: list[Span] = field(default_factory=list)
    verified: bool = False
    returned: bool = False
    failure: str | None = None
    left: list[dict[str, Any]] = field(default_factory=list)  # aboard after the drain
    away: list[dict[str, Any]] = field(default_factory=list)  # not home after the return

    def took(self, event: str) -> float | None:
        """How many seconds the phase lasted that an event ended; None when it ends none."""
        ended = [span for span in self.spans if span.end is not None]
        last = ended[-1] if ended else None
        return last.end - last.begin if last and last.end is not None and event in (*ENDED_BY, "failed") else None

    def begin(self, phase: str, at: float) -> None:
        self.spans.append(Span(phase, at))

    def end(self, outcome: str, at: float) -> None:
        if self.spans and self.spans[-1].end is None:
            self.spans[-1].end, self.spans[-1].outcome = at, outcome


@dataclass(frozen=True, slots=True)
class Batch:
    """Hosts that were touched together, and the moves that their drains were told to make."""

    at: float
    hosts: tuple[str, ...]
    moves: tuple[Mapping[str, Any], ...]
    limited_by: str


@dataclass(slots=True)
class Roll:
    """A roll so far. ``ahead`` is by how many seconds the cloud's clock was ahead of the controller's."""

    id: str
    pool: str
    owner: str
    hosts: tuple[str, ...]
    bring_back: bool
    upgrade: str
    opened: float
    ahead: float
    session: str
    process: Mapping[str, Any]
    last: float = 0.0
    batches: list[Batch] = field(default_factory=list)
    lanes: dict[str, Lane] = field(default_factory=dict)
    resumed: list[float] = field(default_factory=list)
    stopped: str | None = None
    closed: float | None = None

    @property
    def done(self) -> list[str]:
        """Hosts that are upgraded and back in service, in the order in which they were begun."""
        return [one.host for one in self.lanes.values() if one.returned]

    @property
    def unfinished(self) -> list[str]:
        """Hosts that were touched and are not done."""
        return [one.host for one in self.lanes.values() if not one.returned]

    @property
    def verified(self) -> list[str]:
        """Hosts that are upgraded and have only to be put back."""
        return [one.host for one in self.lanes.values() if one.verified and not one.returned]

    @property
    def at_work(self) -> list[str]:
        """Hosts that are in the middle of a phase."""
        return [one.host for one in self.lanes.values() if one.spans and one.spans[-1].end is None]

    @property
    def failed(self) -> dict[str, str]:
        """Why each host failed that did, since the last run began."""
        return {one.host: one.failure for one in self.lanes.values() if one.failure is not None}


def read_record(events: Iterable[Event]) -> Roll | None:
    """The roll that the events tell of; None when there are none."""
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
    """Let the roll know of its next event."""
    what, at = event["event"], event["at"]
    if what == "resumed":
        _resume(roll, event)
    elif what == "batch":
        roll.batches.append(Batch(at, tuple(event["hosts"]), tuple(event["moves"]), event["limited_by"]))
        for host in event["hosts"]:
            lane = roll.lanes.setdefault(host, Lane(host))
            lane.begin("return" if lane.verified else "drain", at)
    elif what == "stopped":
        roll.stopped = event["reason"]
    elif what == "closed":
        roll.closed = at
    else:
        _go_on(roll.lanes[event["host"]], event)
    roll.last = at


def _resume(roll: Roll, event: Event) -> None:
    """What the run before was at when it ended is not known to have ended; it is done again."""
    roll.resumed.append(event["at"])
    roll.hosts, roll.stopped = tuple(event["hosts"]), None
    roll.session, roll.process = event["session"], event["process"]
    for lane in roll.lanes.values():
        lane.end("interrupted", roll.last)
        lane.failure = None


def _go_on(lane: Lane, event: Event) -> None:
    what, at = event["event"], event["at"]
    if what == "failed":
        lane.end("failed", at)
        lane.failure = event["reason"]
        return
    lane.end("done", at)
    phase = ENDED_BY[what]
    if phase == "return":
        lane.returned, lane.away = True, event["left"]
        return
    if phase == "drain":
        lane.left = event["left"]
    lane.verified = lane.verified or phase == "verify"
    lane.begin(PHASES[PHASES.index(phase) + 1], at)
