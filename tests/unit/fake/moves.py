# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How servers move in the fake cloud: Nova's scheduler, its queues, and hypervisors that can refuse, fail or hang."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from tests.unit.fake.actions import Actions
from tests.unit.fake.clock import FakeClock
from tests.unit.fake.confirmations import Confirmations
from tests.unit.fake.model import Amounts, Guest, Record, World
from tests.unit.fake.progress import Progress, copying_disks, copying_memory
from tests.unit.fake.records import Records

LIVE, COLD, RESIZE = "live-migration", "migration", "resize"
SWITCHING = 1.0  # seconds that it takes to start a server or to shut it down


class Outcome(Enum):
    """How a move that was accepted ends."""

    COMPLETED = "completed"
    ERROR = "error"  # refused before anything moved
    FAILED = "failed"  # rolled back
    CANCELLED = "cancelled"
    BROKEN = "broken"  # the record says error, and so does the server
    BROKEN_AT_TARGET = "broken at the target"  # the same, but the server has arrived
    RUNS_AT_TARGET = "runs at the target"  # the record says error, and the server has arrived and runs
    STAYS_OPEN = "stays open"  # the server has arrived, and the record says post-migrating for ever
    LOST = "lost"  # accepted, and nothing ever comes of it
    LIE = "lie"  # the record says completed, and the server is still on its host
    HANGS = "hangs"


# The server has arrived, and something is wrong.
AT_TARGET = {Outcome.BROKEN_AT_TARGET, Outcome.RUNS_AT_TARGET, Outcome.STAYS_OPEN}


@dataclass(frozen=True)
class Behaviour:
    """How moves of a server go; times in seconds.

    :param seconds: how long memory is copied, or the disk of a cold move.
    :param disk_mb: MiB of disks that a live migration copies before the memory.
    :param disk_seconds: how long that takes; for ever if it is infinite.
    :param times: only that many moves go so; those after them go well.
    :param unfit: targets that the scheduler refuses for reasons which no list shows, such as CPU flags.
    :param record_after: how long the record takes to appear.
    """

    outcome: Outcome = Outcome.COMPLETED
    seconds: float = 2.0
    times: int | None = None
    unfit: frozenset[str] = frozenset()
    record_after: float = 0.0
    disk_mb: int = 0
    disk_seconds: float = 0.0


@dataclass
class Move:
    """:ivar needs: what the server takes at the target; with another flavor than before when it is resized."""

    guest: Guest
    kind: str
    target: str
    behaviour: Behaviour
    posted: float
    needs: Amounts
    user: str
    forced: bool = False  # past the scheduler
    record: Record | None = None
    running_since: float | None = None
    copied: bool = False  # the disk of a cold move

    @property
    def seconds(self) -> float:
        return self.behaviour.disk_seconds + self.behaviour.seconds

    def progress(self, now: float) -> Progress:
        """Return how much is copied. A hanging move stops half-way through the memory."""
        if self.running_since is None:
            return Progress()
        disks, took = self.behaviour.disk_mb << 20, now - self.running_since
        if took < self.behaviour.disk_seconds:
            return copying_disks(disks, took / self.behaviour.disk_seconds)
        part = _part(took - self.behaviour.disk_seconds, self.behaviour.seconds)
        part = min(0.5, part) if self.behaviour.outcome is Outcome.HANGS else part
        return copying_memory(self.guest.memory << 20, disks, part)


def _part(took: float, seconds: float) -> float:
    return min(1.0, took / seconds) if seconds else 1.0


class Moves:
    """All moves under way. Every tick takes each of them at most one phase further."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        self._world, self._clock = world, clock
        self._under_way: list[Move] = []
        self.records = Records(world, clock)
        self.actions = Actions(clock)
        self.confirmations = Confirmations(world, clock, self.records)
        self._behaviours: dict[str, Behaviour] = {}
        self.live_at_once = 1  # out of one host (max_concurrent_live_migrations)
        self.started: list[tuple[str, str]] = []  # (server's name, target), in the order in which they were asked for
        clock.on_tick(self._tick)

    def behave(self, server: str, behaviour: Behaviour) -> None:
        """:param server: name of a server, or ``*``."""
        self._behaviours[server] = behaviour

    def ask(
        self,
        guest: Guest,
        kind: str,
        target: str,
        needs: Amounts | None = None,
        user: str = "id-of-demo",
        forced: bool = False,
    ) -> None:
        """Accept a move, which goes on with each tick.

        :param needs: of the new flavor, when the server is resized. :param forced: the scheduler is not asked.
        """
        behaviour = self._behaviour(guest)
        self.started.append((guest.name, target))
        if behaviour.outcome is Outcome.LOST:
            return
        guest.task_state = "migrating" if kind == LIVE else "resize_prep"
        self._under_way.append(
            Move(guest, kind, target, behaviour, self._clock.now(), dict(needs or guest.needs), user, forced)
        )
        if not behaviour.record_after:
            self._open_record(self._under_way[-1])

    def confirm(self, guest: Guest) -> None:
        self.confirmations.confirm(guest)

    def switch(self, guest: Guest, on: bool, user: str) -> None:
        """Let somebody start a server or shut it down."""
        guest.task_state = "powering-on" if on else "powering-off"
        self.actions.add(guest, "start" if on else "stop", user)

        def switched() -> None:
            guest.vm_state, guest.task_state = "active" if on else "stopped", None

        self._clock.after(SWITCHING, switched)

    def now(self) -> float:
        return self._clock.now()

    def live_migrations(self, guest: Guest) -> list[Move]:
        """Return the live migrations of a server that are not over and have a record."""
        return [move for move in self._under_way if move.guest is guest and move.kind == LIVE and move.record]

    @property
    def under_way(self) -> tuple[Move, ...]:
        return tuple(self._under_way)

    def abort(self, move: Move) -> None:
        move.guest.task_state = None
        self._end(move, "cancelled")

    def force(self, move: Move) -> None:
        """What is left of the disks is copied all the same, while the guest is paused."""
        move.behaviour = replace(move.behaviour, outcome=Outcome.COMPLETED, seconds=0)

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
        for move in list(self._under_way):
            if move.guest.id not in self._world.guests:
                self._end(move, "error")
            elif self._world.answers(move.guest.host):
                self._advance(move)

    def _advance(self, move: Move) -> None:
        now = self._clock.now()
        if move.record is None:
            if now - move.posted >= move.behaviour.record_after:
                self._open_record(move)
        elif move.record.destination is None:
            self._schedule(move, move.record)
        elif move.running_since is None:
            self._start(move, move.record)
        elif now - move.running_since >= move.seconds:
            self._finish(move, move.record)

    def _open_record(self, move: Move) -> None:
        status = "accepted" if move.kind == LIVE else "pre-migrating"
        move.record = self.records.open(move.guest, None, status, move.kind, move.user)

    def _schedule(self, move: Move, record: Record) -> None:
        refused = move.behaviour.outcome is Outcome.ERROR
        if refused or not (move.forced or self.fits(move.guest, move.target, move.behaviour.unfit, move.needs)):
            move.guest.task_state = None
            self._end(move, "error")
            return
        holdings = self._world.allocations
        holdings[record.uuid] = holdings[move.guest.id]
        holdings[move.guest.id] = self._world.shares(move.needs, move.target)
        record.destination = move.target
        self.records.set(record, "queued" if move.kind == LIVE else "migrating")
        if move.kind != LIVE:
            move.guest.task_state = "resize_migrating"

    def fits(
        self, guest: Guest, target: str, unfit: frozenset[str] = frozenset(), needs: Amounts | None = None
    ) -> bool:
        """Return whether the scheduler lets the server go there."""
        world, host = self._world, self._world.hosts[target]
        source = world.hosts[guest.host]
        if (
            not (host.offered and host.enabled and host.alive and source.alive)
            or target in unfit
            or target == guest.host
        ):
            return False
        if host.version < source.version or (guest.zone and not world.zone_offers(guest.zone, target)):
            return False
        for group in world.groups:
            if guest.id in group.members:
                members = sum(world.guests[key].host == target for key in group.members if key in world.guests)
                full = group.policy == "anti-affinity" and members >= (group.max_server_per_host or 1)
                if full or group.policy == "affinity":
                    return False
        return world.fits(needs or guest.needs, target)

    def _start(self, move: Move, record: Record) -> None:
        running = [other for other in self._under_way if other.running_since is not None and other.kind == LIVE]
        if move.kind == LIVE and sum(other.guest.host == record.source for other in running) >= self.live_at_once:
            return
        move.running_since = self._clock.now()
        if move.kind == LIVE:
            self.records.set(record, "running")

    def _finish(self, move: Move, record: Record) -> None:
        outcome = move.behaviour.outcome
        if outcome is Outcome.HANGS:
            return
        if outcome is Outcome.COMPLETED and move.kind != LIVE:
            self._arrive_cold(move, record)
            return
        move.guest.task_state = None
        if outcome is Outcome.COMPLETED or outcome in AT_TARGET:
            move.guest.host = move.target
        if outcome in (Outcome.BROKEN, Outcome.BROKEN_AT_TARGET):
            move.guest.vm_state = "error"
        status = _STATUS.get(outcome, outcome.value)
        if outcome in AT_TARGET or (outcome is Outcome.BROKEN and move.kind == LIVE):
            self._under_way.remove(move)  # both hosts' allocations stay, for nothing is left that would free them
            self.records.set(record, status)
        else:
            self._end(move, status)

    def _arrive_cold(self, move: Move, record: Record) -> None:
        """The server is at the target as soon as its disk is; both hosts hold an allocation until that is confirmed."""
        guest = move.guest
        if not move.copied:
            move.copied, guest.host, guest.task_state = True, move.target, "resize_migrated"
            self.records.set(record, "post-migrating")
            return
        # An active server is shut down for the move and starts at the target.
        guest.vm_state_after_move = guest.vm_state
        guest.needs_before, guest.needs = guest.needs, move.needs
        guest.vm_state, guest.task_state = "resized", None
        self._under_way.remove(move)
        self.records.set(record, "finished")

    def _end(self, move: Move, status: str) -> None:
        self._under_way.remove(move)
        if move.record is None:
            return
        held = self._world.allocations.pop(move.record.uuid, None)
        if held is not None and move.guest.host == move.record.source and move.guest.id in self._world.guests:
            self._world.allocations[move.guest.id] = held
        self.records.set(move.record, status)


_STATUS = {
    Outcome.LIE: "completed",
    Outcome.BROKEN: "error",
    Outcome.BROKEN_AT_TARGET: "error",
    Outcome.RUNS_AT_TARGET: "error",
    Outcome.STAYS_OPEN: "post-migrating",
}
