# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A rolling upgrade, as far as it has come. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._upgrade_plan.pace import ASSUMED, Pace, TurnLoad
from .host_progress import HostProgress


@dataclass(frozen=True, slots=True)
class Turn:
    """A host that was begun, with the moves that were planned for its drain; their targets are reserved for them.

    :ivar steps: the phases that it has ahead.
    :ivar forecast: how many seconds each of them was taken to last when the turn began.
    """

    at: float
    host: str
    moves: tuple[Mapping[str, Any], ...]
    steps: tuple[str, ...]
    forecast: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the plan foresaw of a host.

    :ivar load: what is to be done in its turn.
    :ivar after: how many turns of the run are over when it begins, and ``soak`` how many seconds they are so by then.
    """

    load: TurnLoad
    after: int = 0
    soak: float = 0.0


@dataclass(frozen=True, slots=True)
class Versions:
    """What a host runs: the version of its hypervisor as Nova has it, and what its own tasks say; None if not known."""

    hypervisor: int | None
    told: str | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why a host was left out when its turn came, and the kind of that, which other hosts may share."""

    reason: str
    kind: str


# What a person may ask of a roll.
PAUSE, RESUME, STOP, APPROVE = ACTIONS = ("pause", "resume", "stop", "approve")


@dataclass(frozen=True, slots=True)
class Control:
    """What a person asked of a roll, and why, in seconds since 1970."""

    at: float
    action: str
    who: str
    reason: str

    @property
    def because(self) -> str:
        """For the end of a sentence."""
        return f"{self.who} ({self.reason})" if self.reason else self.who


# What a gate stands before: another step of the ramp, while this one soaks; the drain and the return of a host.
GATE_PLACES = ("soak", "drain", "return")


@dataclass(slots=True)
class GateWait:
    """A time in which the gate of a host did not hold, in seconds since 1970.

    :ivar before: what it stands before, one of ``GATE_PLACES``.
    :ivar outcome: waits, holds, lost with its host, or over: its time is, or the roll was stopped meanwhile.
    """

    host: str
    before: str
    begin: float
    reason: str
    end: float | None = None
    outcome: str = "waits"

    @property
    def text(self) -> str:
        """Which gate it is, for a person."""
        return "the gate after a step" if self.before == "soak" else f"the gate before the {self.before} of {self.host}"


@dataclass(slots=True)
class Hold:
    """A time in which no host began although the roll went on, in seconds since 1970.

    :ivar what: pause, gate, soak, approval or probe.
    """

    begin: float
    what: str
    reason: str
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Probing:
    """The probe of guests of a run.

    :ivar at: when it had checked all guests once, in seconds since 1970.
    :ivar interval: seconds from the start of one round to the next. :ivar process: that makes the rounds.
    """

    at: float
    interval: float
    process: Mapping[str, Any]


@dataclass(slots=True)
class Loss:
    """A guest that answered before and is silent, as it was found out; all times in seconds since 1970.

    :ivar host: where Nova had it then. :ivar since: when it answered last.
    :ivar aborted: when its live migration was aborted; None if none ran.
    """

    at: float
    server: str
    name: str
    host: str
    since: float
    aborted: float | None = None


@dataclass(slots=True)
class Roll:
    """A roll so far. All times are seconds since 1970 on the controller's clock.

    :ivar hosts: in the order of the plan.
    :ivar places: their names in the inventory.
    :ivar inherited: hosts that the roll before it began and left out at its end. Their marks name this roll too.
    :ivar upgraded: hosts that an earlier run began and that need the upgrade no more.
    :ivar kept_back: packages that hosts keep back, also hosts that do not need the upgrade.
    :ivar before: the versions of hosts as the roll found them first.
    :ivar options: what the run asks of each turn.
    :ivar pace: how long things were taken to last when the run began.
    :ivar foreseen: what the plans of all runs foresaw of each host.
    :ivar over: when the run was taken to be over when it began; None if that was not known.
    :ivar opened: when its first run began, and ``resumed`` when each further one did.
    :ivar ahead: by how many seconds the cloud's clock was ahead of the controller's.
    :ivar session: of the run that goes on with it now, and ``process`` the process of that run.
    :ivar last: when its last event happened.
    :ivar turns: those of all runs, of which the first ``earlier`` are not of this one.
    :ivar progress: of each host that was begun, in the order in which they were begun.
    :ivar controls: what people asked of it, in all runs.
    :ivar approved: how many turns had begun when it was approved last; None if it never was.
    :ivar gates: when gates did not hold, in all runs.
    :ivar not_told: what others could not be told, in all runs, and when.
    :ivar skipped: hosts that this run left out, for they could not be upgraded.
    :ivar holds: when no host began although the roll went on, in all runs.
    :ivar probing: the probe of guests of this run; None where it has none.
    :ivar lost: guests that became silent in all runs, of which the first ``lost_earlier`` did so before this one.
    :ivar stopped: why this run begins no further host.
    :ivar until: when the same command goes on by itself after that; None if somebody has to do something first.
    """

    id: str
    pool: str
    owner: str
    upgrade: str
    opened: float
    ahead: float
    inherited: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    upgraded: tuple[str, ...] = ()
    kept_back: Mapping[str, Sequence[str]] = field(default_factory=dict)
    before: dict[str, Versions] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    pace: Pace = ASSUMED
    foreseen: dict[str, Foreseen] = field(default_factory=dict)
    over: float | None = None
    session: str = ""
    process: Mapping[str, Any] = field(default_factory=dict)
    last: float = 0.0
    turns: list[Turn] = field(default_factory=list)
    earlier: int = 0
    progress: dict[str, HostProgress] = field(default_factory=dict)
    resumed: list[float] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    approved: int | None = None
    gates: list[GateWait] = field(default_factory=list)
    not_told: list[tuple[float, str]] = field(default_factory=list)
    skipped: dict[str, Skipped] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    probing: Probing | None = None
    lost: list[Loss] = field(default_factory=list)
    lost_earlier: int = 0
    stopped: str | None = None
    until: float | None = None
    closed: float | None = None

    @property
    def bring_back(self) -> bool:
        return bool(self.options["bring_back"])

    @property
    def paused(self) -> Control | None:
        """Return what paused it; None while it is not paused."""
        last = next((control for control in reversed(self.controls) if control.action in (PAUSE, RESUME)), None)
        return last if last and last.action == PAUSE else None

    @property
    def open_gates(self) -> list[GateWait]:
        """The gates that do not hold at this moment."""
        return [wait for wait in self.gates if wait.end is None]

    def gate_of(self, host: str) -> GateWait | None:
        """Return the gate of a host that does not hold at this moment."""
        return next((wait for wait in self.open_gates if wait.host == host), None)

    @property
    def hold(self) -> Hold | None:
        """Return what keeps hosts from beginning for now."""
        return self.holds[-1] if self.holds and self.holds[-1].end is None else None

    @property
    def done(self) -> list[str]:
        """Hosts that are upgraded and back in service, in the order in which they were begun."""
        return [host for host, progress in self.progress.items() if progress.returned]

    @property
    def last_return(self) -> float:
        """When the last host was done; one is."""
        return max(self.progress[host].phases[-1].end or 0.0 for host in self.done)

    @property
    def unfinished(self) -> list[str]:
        """Hosts that were begun and are not done."""
        return [host for host, progress in self.progress.items() if not progress.returned]

    @property
    def left_out(self) -> list[str]:
        """Hosts that were begun, are not done, and are none of this run's."""
        return [host for host in self.unfinished if host not in self.hosts]

    @property
    def kept(self) -> list[str]:
        """Hosts that stay out of service when the roll ends now."""
        return [*dict.fromkeys([*(host for host in self.inherited if host not in self.hosts), *self.left_out])]

    @property
    def complete(self) -> bool:
        """Whether all hosts of this run are done."""
        return not (self.remaining or self.skipped) and len(self.left_out) == len(self.unfinished)

    @property
    def verified(self) -> list[str]:
        """Hosts that are upgraded and have only to be put back into service."""
        return [host for host in self.unfinished if self.progress[host].verified]

    @property
    def under_way(self) -> list[str]:
        """Hosts that are in the middle of a phase."""
        return [host for host, progress in self.progress.items() if progress.under_way]

    @property
    def failed(self) -> dict[str, str]:
        """Why each host failed that did, since this run began."""
        return {host: progress.failure for host, progress in self.progress.items() if progress.failure is not None}

    @property
    def failed_out(self) -> dict[str, str]:
        """Why each host failed that is out of service for it."""
        return {host: why for host, why in self.failed.items() if not self.progress[host].handed_back}

    @property
    def outcome(self) -> str:
        """How a run ends that ends now: ``done``, ``failed``, or ``waiting`` for its next window with no failure."""
        if self.closed is not None:
            return "done"
        return "waiting" if self.until is not None and not self.failed else "failed"

    @property
    def has_canaries(self) -> bool:
        """Whether a canary tried a host, or was about to."""
        return any(progress.canaries for progress in self.progress.values())

    @property
    def lost_now(self) -> dict[str, Loss]:
        """Guests that became silent in this run, by server."""
        return {loss.server: loss for loss in self.lost[self.lost_earlier :]}

    @property
    def remaining(self) -> list[str]:
        """Hosts of this run that are not over, in the order of the plan."""
        over = {*self.done, *self.failed, *self.skipped}
        return [host for host in self.hosts if host not in over]

    @property
    def waiting(self) -> list[str]:
        """Those of them whose turn has not come yet."""
        under_way = set(self.under_way)
        return [host for host in self.remaining if host not in under_way]

    def turn_of(self, host: str) -> Turn | None:
        """Return the turn of a host that has come in this run, and is not over."""
        turns = [turn for turn in self.turns[self.earlier :] if turn.host == host]
        return turns[-1] if turns and host in self.under_way else None
