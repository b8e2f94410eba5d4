# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How servers move in the fake cloud: Nova's scheduler, its queues, and hypervisors that can refuse, fail or hang."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from fake.clock import FakeClock
from fake.model import Guest, Record, World, iso

LIVE, COLD = "live-migration", "migration"
SWITCHING = 1.0  # seconds that it takes to start a server or to shut it down


class Outcome(Enum):
    """How a move that was accepted ends."""

    COMPLETED = "completed"
    ERROR = "error"  # refused before anything moved
    FAILED = "failed"  # rolled back
    CANCELLED = "cancelled"
    BROKEN = "broken"  # the record says error, and so does the server
    LOST = "lost"  # accepted, and nothing ever comes of it
    LIE = "lie"  # the record says completed, and the server stands where it stood
    HANGS = "hangs"


@dataclass(frozen=True)
class Behaviour:
    """How moves of a server go; times in seconds.

    :param times: only that many moves go so; those after them go well.
    :param unfit: targets that the scheduler refuses for reasons which no list shows, such as CPU flags.
    :param record_after: how long the record takes to appear.
    """

    outcome: Outcome = Outcome.COMPLETED
    seconds: float = 2.0
    times: int | None = None
    unfit: frozenset[str] = frozenset()
    record_after: float = 0.0


@dataclass
class Move:
    guest: Guest
    kind: str
    target: str
    behaviour: Behaviour
    posted: float
    record: Record | None = None
    running_since: float | None = None
    total: int = 1 << 30  # bytes of memory

    def remaining(self, now: float) -> int | None:
        """Bytes that are still to be copied; a hanging move stops half-way."""
        if self.running_since is None:
            return None
        part = min(1.0, (now - self.running_since) / self.behaviour.seconds) if self.behaviour.seconds else 1.0
        if self.behaviour.outcome is Outcome.HANGS:
            part = min(0.5, part)
        return int(self.total * (1 - part))


class Moves:
    """All moves under way. Every tick takes each of them at most one phase further."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        self._world, self._clock = world, clock
        self._under_way: list[Move] = []
        self._confirming: list[Record] = []
        self._behaviours: dict[str, Behaviour] = {}
        self.live_at_once = 1  # out of one host (max_concurrent_live_migrations)
        self.started: list[tuple[str, str]] = []  # (server's name, target), in the order in which they were asked for
        clock.on_tick(self._tick)

    def behave(self, server: str, behaviour: Behaviour) -> None:
        """:param server: name of a server, or ``*``."""
        self._behaviours[server] = behaviour

    def ask(self, guest: Guest, kind: str, target: str) -> None:
        """Accept a move; what comes of it, the ticks tell."""
        behaviour = self._behaviour(guest)
        self.started.append((guest.name, target))
        if behaviour.outcome is Outcome.LOST:
            return
        guest.task_state = "migrating" if kind == LIVE else "resize_prep"
        self._under_way.append(Move(guest, kind, target, behaviour, self._clock.now()))
        if not behaviour.record_after:
            self._open_record(self._under_way[-1])

    def confirm(self, guest: Guest) -> None:
        record = next(one for one in reversed(self._world.records) if one.server == guest.id)
        self._set(record, "confirming")
        self._confirming.append(record)

    def switch(self, guest: Guest, on: bool, user: str) -> None:
        """Somebody starts a server or shuts it down."""
        guest.task_state = "powering-on" if on else "powering-off"
        action = {"action": "start" if on else "stop", "user_id": user, "start_time": iso(self._clock.utc())}
        guest.actions.append(action)

        def switched() -> None:
            guest.vm_state, guest.task_state = "active" if on else "stopped", None

        self._clock.after(SWITCHING, switched)

    def now(self) -> float:
        return self._clock.now()

    def live_migrations(self, guest: Guest) -> list[Move]:
        """Live migrations of a server that are not over, as far as they have a record."""
        return [one for one in self._under_way if one.guest is guest and one.kind == LIVE and one.record]

    @property
    def under_way(self) -> tuple[Move, ...]:
        return tuple(self._under_way)

    def abort(self, move: Move) -> None:
        move.guest.task_state = None
        self._end(move, "cancelled")

    def force(self, move: Move) -> None:
        move.behaviour = Behaviour(seconds=0)

    def _behaviour(self, guest: Guest) -> Behaviour:
        key = guest.name if guest.name in self._behaviours else "*"
        behaviour = self._behaviours.get(key, Behaviour())
        if behaviour.times == 0:
            return Behaviour(seconds=behaviour.seconds)
        if behaviour.times:
            self._behaviours[key] = replace(behaviour, times=behaviour.times - 1)
        return behaviour

    # -- phases

    def _tick(self) -> None:
        for record in self._confirming:
            self._confirmed(record)
        self._confirming.clear()
        for move in list(self._under_way):
            if move.guest.id not in self._world.guests:
                self._end(move, "error")
            elif move.record is None:
                if self._clock.now() - move.posted >= move.behaviour.record_after:
                    self._open_record(move)
            elif move.record.destination is None:
                self._schedule(move, move.record)
            elif move.running_since is None:
                self._start(move, move.record)
            elif self._clock.now() - move.running_since >= move.behaviour.seconds:
                self._finish(move, move.record)

    def _open_record(self, move: Move) -> None:
        status = "accepted" if move.kind == LIVE else "pre-migrating"
        number = len(self._world.records) + 1
        now = self._clock.utc()
        move.record = Record(number, move.guest.id, move.guest.host, None, status, move.kind, now)
        self._world.records.append(move.record)

    def _schedule(self, move: Move, record: Record) -> None:
        if move.behaviour.outcome is Outcome.ERROR or not self.fits(move.guest, move.target, move.behaviour.unfit):
            move.guest.task_state = None
            self._end(move, "error")
            return
        holdings = self._world.allocations
        holdings[record.uuid] = holdings[move.guest.id]
        holdings[move.guest.id] = {move.target: dict(move.guest.needs)}
        record.destination = move.target
        self._set(record, "queued" if move.kind == LIVE else "migrating")
        if move.kind == COLD:
            move.guest.task_state = "resize_migrating"

    def fits(self, guest: Guest, target: str, unfit: frozenset[str] = frozenset()) -> bool:
        """Whether the scheduler lets the server go there."""
        world, host = self._world, self._world.hosts[target]
        source = world.hosts[guest.host]
        if not (host.enabled and host.alive and source.alive) or target in unfit or target == guest.host:
            return False
        if host.version < source.version or guest.zone not in (None, world.zone_of(target)):
            return False
        for group in world.groups:
            if guest.id in group.members:
                aboard = sum(world.guests[key].host == target for key in group.members if key in world.guests)
                full = group.policy == "anti-affinity" and aboard >= (group.max_server_per_host or 1)
                if full or group.policy == "affinity":
                    return False
        return world.fits(guest.needs, target)

    def _start(self, move: Move, record: Record) -> None:
        busy = [one for one in self._under_way if one.running_since is not None and one.guest.host == record.source]
        if move.kind == LIVE and len([one for one in busy if one.kind == LIVE]) >= self.live_at_once:
            return
        move.running_since = self._clock.now()
        if move.kind == LIVE:
            self._set(record, "running")

    def _finish(self, move: Move, record: Record) -> None:
        guest, outcome = move.guest, move.behaviour.outcome
        if outcome is Outcome.HANGS:
            return
        guest.task_state = None
        if outcome is Outcome.COMPLETED and move.kind == COLD:
            guest.settles_as = guest.vm_state  # one that ran is shut down for the move and starts at the destination
            guest.host, guest.vm_state = move.target, "resized"
            self._under_way.remove(move)
            self._set(record, "finished")  # both hosts hold its room until it is confirmed
        elif outcome is Outcome.COMPLETED:
            guest.host = move.target
            self._end(move, "completed")
        elif outcome is Outcome.LIE:
            self._end(move, "completed")
        elif outcome is Outcome.BROKEN:
            guest.vm_state = "error"
            self._end(move, "error")
        else:
            self._end(move, outcome.value)

    def _confirmed(self, record: Record) -> None:
        self._set(record, "confirmed")
        self._world.allocations.pop(record.uuid, None)
        guest = self._world.guests.get(record.server)
        if guest:
            guest.vm_state = guest.settles_as

    def _end(self, move: Move, status: str) -> None:
        self._under_way.remove(move)
        if move.record is None:
            return
        locked = self._world.allocations.pop(move.record.uuid, None)
        if locked is not None and move.guest.host == move.record.source and move.guest.id in self._world.guests:
            self._world.allocations[move.guest.id] = locked
        self._set(move.record, status)

    def _set(self, record: Record, status: str) -> None:
        record.status, record.updated = status, self._clock.utc()
