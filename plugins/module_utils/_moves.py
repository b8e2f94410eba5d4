# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Moves of servers from host to host: how each kind of server moves, and what became of a move. Pure.

A 202 from Nova proves nothing. A move is done when the server's host, its task state and the migration record
agree; until then it is under way, and when they contradict each other a person has to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Group, Migration, Server

LIVE, COLD = "live-migration", "migration"  # as the type of a migration record
# Seconds in which the record of an accepted move has to appear.
RECORD_GRACE = 60.0
# Seconds in which a settled record and the server have to agree.
AGREEMENT_GRACE = 120.0
# Seconds without a task after which a server is not moving, whatever its record says: a compute service that is killed
# forgets the migrations in its queue, and their records stay as they were for ever.
LOST_GRACE = 30.0

# The share of the time that the quickest move took after which the next one may be over.
EARLY = 0.7

_UNMOVABLE = {
    "suspended": "it is suspended: its owner has to resume it",
    "rescued": "it is in rescue mode: its owner has to unrescue it",
    "error": "it is in ERROR: find out whether its guest runs, and mend it",
    "shelved": "it is shelved and not yet offloaded: offload it",
    "soft-delete": "it is deleted and can still be restored: delete it for good or restore it",
    "resized": "its resize waits for its owner to confirm or revert it",
    "building": "it is being built",
}
# States in which no guest runs.
_QUIET = frozenset({"stopped", "suspended", "shelved", "shelved_offloaded", "soft-delete", "deleted"})


def kind_of_move(server: Server) -> str | None:
    """How this server can move; None when it cannot. A running guest only ever moves live."""
    return {"active": LIVE, "paused": LIVE, "stopped": COLD}.get(server.vm_state)


def unmovable(server: Server, groups: Iterable[Group] = (), cold: bool = False) -> str | None:
    """Why a server cannot be moved, or None. A task under way is no reason: it ends.

    :param cold: whether it may be moved cold although it runs.
    """
    if kind_of_move(server) is None and server.task_state is None:
        return _UNMOVABLE.get(server.vm_state, f"nobody knows how to move it in the state {server.vm_state}")
    if server.bound and not cold and kind_of_move(server) == LIVE:
        return f"its flavor demands {server.bound}, and Nova does not live-migrate that: its owner has to stop it"
    for group in groups:
        if group.policy == "affinity" and server.id in group.members:
            return (
                f"it is in the affinity group {group.name!r}, and Nova's scheduler refuses to move a member of one: "
                "its owner has to stop it or take it out of the group"
            )
    return None


def runs(server: Server) -> bool:
    """Whether a guest runs, or may run for all that Nova says."""
    return server.vm_state not in _QUIET


def on_its_way(server: Server) -> bool:
    """Whether Nova is at work on a move of it, also one whose record no list shows yet."""
    task = server.task_state or ""
    return task == "migrating" or task.startswith("resize_")


def not_tried(server: Server | None) -> str:
    """Why a server was not moved before the time was over; None was never looked at."""
    busy = server.task_state if server else None
    return f"Nova is busy with it ({busy})" if busy else "its turn did not come"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One move that was asked for. ``seen`` is the newest record of the server before that; records after it count."""

    server: str
    name: str
    kind: str
    source: str
    target: str
    seen: int
    since: float  # monotonic seconds


class State(Enum):
    UNDER_WAY = "under way"
    TO_CONFIRM = "to confirm"
    DONE = "done"
    REFUSED = "refused"
    GONE = "gone"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    why: str = ""


def judge(attempt: Attempt, records: Sequence[Migration], server: Server | None, now: float) -> Verdict:
    """What became of an attempt, from its server (None: deleted) and the server's migration records."""
    if server is None:
        return Verdict(State.GONE, "it was deleted meanwhile")
    mine = [one for one in records if one.id > attempt.seen and one.type == attempt.kind]
    record = max(mine, key=lambda one: one.id, default=None)
    waited = now - attempt.since
    if record is None:
        if waited > RECORD_GRACE and server.task_state is None:
            return Verdict(State.REFUSED, "Nova accepted the move and then nothing came of it")
        return Verdict(State.UNDER_WAY, "accepted")
    if not record.settled or server.task_state is not None:
        return Verdict(State.UNDER_WAY, record.status)
    if server.vm_state == "error":
        return Verdict(
            State.BROKEN,
            f"it is in ERROR after its move to {attempt.target} ended as {record.status!r}; its guest may still run: "
            "find it on the hypervisors before anything is reset",
        )
    return _judge_settled(attempt, record, server, waited)


def _judge_settled(attempt: Attempt, record: Migration, server: Server, waited: float) -> Verdict:
    away = server.host != attempt.source
    if record.status == "finished":
        return Verdict(State.TO_CONFIRM if server.vm_state == "resized" else State.UNDER_WAY, record.status)
    if record.status in ("completed", "confirmed") and away:
        return Verdict(State.DONE)
    if record.status in ("error", "failed", "cancelled", "reverted") and not away:
        return Verdict(State.REFUSED, f"Nova's migration record says {record.status!r}")
    if waited > AGREEMENT_GRACE:
        return Verdict(
            State.BROKEN,
            f"its migration record says {record.status!r}, yet Nova has it on {server.host}: "
            "find its guest on the hypervisors before anything is reset",
        )
    return Verdict(State.UNDER_WAY, record.status)


@dataclass(slots=True)
class Ledger:
    """What is known of all moves of one drain or return: under way, done, refused, given up."""

    retries: int
    under_way: dict[str, Attempt] = field(default_factory=dict)
    done: list[Attempt] = field(default_factory=list)
    refused: dict[str, dict[str, str]] = field(default_factory=dict)  # server -> target -> why
    rounds: dict[str, int] = field(default_factory=dict)  # server -> times all its targets were tried
    given_up: dict[str, str] = field(default_factory=dict)  # server -> why
    gone: set[str] = field(default_factory=set)  # deleted; a record of theirs may stay open for ever
    notes: dict[str, str] = field(default_factory=dict)  # server -> why we end its move, which the record will not tell
    idle: dict[str, float] = field(default_factory=dict)  # server -> since when its record moves it and Nova does not
    lost: set[int] = field(default_factory=set)  # migrations that Nova forgot, though their records are open

    def adopt(
        self, records: Iterable[Migration], names: Mapping[str, str], now: float, confirming: bool = True
    ) -> None:
        """Take up moves that an earlier run started, or another one beside us: they are facts, not failures.

        :param confirming: whether cold moves that wait for their confirmation are ours to confirm.
        """
        newest = {record.server: record for record in sorted(records, key=lambda one: one.id)}
        for record in newest.values():
            open_cold = confirming and record.type == COLD and record.status == "finished"
            known = record.server in {*self.under_way, *self.given_up, *self.gone} or record.id in self.lost
            if known or record.type not in (LIVE, COLD) or (record.settled and not open_cold):
                continue
            self.under_way[record.server] = Attempt(
                server=record.server,
                name=names.get(record.server, record.server),
                kind=record.type,
                source=record.source or "",
                target=record.destination or "",
                seen=record.id - 1,
                since=now,
            )

    def ended(self, records: Mapping[str, Sequence[Migration]]) -> set[str]:
        """Servers whose moves are over as their records say, and were not judged yet."""
        found = set()
        for server, attempt in self.under_way.items():
            later = [one for one in records.get(server, ()) if one.id > attempt.seen]
            if later and max(later, key=lambda one: one.id).settled:
                found.add(server)
        return found

    def awaits(self, records: Mapping[str, Sequence[Migration]]) -> bool:
        """Whether moves are under way, and no record says that one of them ended."""
        return bool(self.under_way) and not self.ended(records)

    def first_end(self, records: Mapping[str, Sequence[Migration]]) -> float | None:
        """When the first move under way may be over (monotonic seconds), by the quickest before it; moves vary.

        None while nobody knows how long moves take.
        """
        lasted = [one.lasted for found in records.values() for one in found if one.status == "completed"]
        if not lasted or not self.under_way:
            return None
        return min(one.since for one in self.under_way.values()) + EARLY * min(lasted)

    def settle(
        self, servers: Mapping[str, Server | None], records: Mapping[str, Sequence[Migration]], now: float
    ) -> list[Attempt]:
        """Judge what is under way, for the servers that were looked at. Returns the cold moves to confirm."""
        confirm = []
        for server, attempt in list(self.under_way.items()):
            if server not in servers:
                continue
            view = servers[server]
            verdict = judge(attempt, records.get(server, ()), view, now)
            if verdict.state is State.UNDER_WAY and view:
                verdict = self._unless_lost(verdict, attempt, records.get(server, ()), view, now)
            if verdict.state is State.TO_CONFIRM:
                confirm.append(attempt)
            if verdict.state in (State.UNDER_WAY, State.TO_CONFIRM):
                continue
            del self.under_way[server]
            if verdict.state is State.DONE:
                # An adopted move knows no more than its record, which first names no target: the server tells.
                arrived = replace(attempt, name=view.name, target=view.host or attempt.target) if view else attempt
                self.done.append(arrived)
            elif verdict.state is State.REFUSED:
                note = self.notes.pop(server, None)
                self.refused.setdefault(server, {})[attempt.target] = f"{verdict.why}: {note}" if note else verdict.why
            elif verdict.state is State.GONE:
                self.gone.add(server)
            elif verdict.state is State.BROKEN:
                self.given_up[server] = verdict.why
        return confirm

    def _unless_lost(
        self, verdict: Verdict, attempt: Attempt, records: Sequence[Migration], server: Server, now: float
    ) -> Verdict:
        """The verdict, or that the move is over because Nova has had no task for it for a while."""
        newest = max((one for one in records if one.id > attempt.seen), key=lambda one: one.id, default=None)
        if newest is None or newest.settled or server.task_state is not None or server.host != attempt.source:
            self.idle.pop(server.id, None)
            return verdict
        if now - self.idle.setdefault(server.id, now) <= LOST_GRACE:
            return verdict
        del self.idle[server.id]
        self.lost.add(newest.id)
        return Verdict(State.REFUSED, f"Nova forgot the move, whose record says {newest.status!r} for ever")

    def once_more(self, server: str) -> bool:
        """When every target was tried: whether all may be tried again, for room that was taken may be free by now."""
        if not self.refused.get(server) or self.rounds.get(server, 0) >= self.retries:
            return False
        self.rounds[server] = self.rounds.get(server, 0) + 1
        self.refused[server] = {}
        return True


def grouped(server: str, groups: Iterable[Group], others: Iterable[str]) -> bool:
    """Whether one of ``others`` shares a group with the server: members of a group move one at a time."""
    busy = set(others)
    return any(server in group.members and busy & group.members - {server} for group in groups)
