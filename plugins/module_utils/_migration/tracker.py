# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is known of all migrations of one drain or bring-back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._openstack.model import Migration, Server
from .move import COLD, LIVE
from .outcome import Ending, MigrationAttempt, Outcome, outcome_of

# Seconds without a task after which a server is not moving, whatever its record says: a compute service that is killed
# forgets the migrations in its queue, and their records stay as they were for ever.
LOST_GRACE = 30.0
# The share of the time that the quickest move took after which the next one may be over.
EARLY = 0.7


@dataclass(slots=True)
class Tracker:
    """What is known of all moves of one drain or return: under way, done, refused, given up."""

    retries: int
    under_way: dict[str, MigrationAttempt] = field(default_factory=dict)
    done: list[MigrationAttempt] = field(default_factory=list)
    refused: dict[str, dict[str, str]] = field(default_factory=dict)  # server -> target -> why
    rounds: dict[str, int] = field(default_factory=dict)  # server -> times all its targets were tried
    given_up: dict[str, str] = field(default_factory=dict)  # server -> why
    gone: set[str] = field(default_factory=set)  # deleted; a record of theirs may stay open for ever
    notes: dict[str, str] = field(default_factory=dict)  # server -> why we end its move, which the record will not tell
    idle: dict[str, float] = field(default_factory=dict)  # server -> since when its record moves it and Nova does not
    lost: set[int] = field(default_factory=set)  # migrations that Nova forgot, though their records are open

    def track_existing(
        self, records: Iterable[Migration], names: Mapping[str, str], now: float, confirming: bool = True
    ) -> None:
        """Take up moves that an earlier run started, or another one beside us: they are facts, not failures.

        :param confirming: whether cold moves that wait for their confirmation are ours to confirm.
        """
        newest = {record.server: record for record in sorted(records, key=lambda one: one.id)}
        for record in newest.values():
            open_cold = confirming and record.type == COLD and record.status == "finished"
            known = record.server in {*self.under_way, *self.given_up, *self.gone} or record.id in self.lost
            if known or record.type not in (LIVE, COLD) or (record.ended and not open_cold):
                continue
            self.under_way[record.server] = MigrationAttempt(
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
            if later and max(later, key=lambda one: one.id).ended:
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

    def update(
        self, servers: Mapping[str, Server | None], records: Mapping[str, Sequence[Migration]], now: float
    ) -> list[MigrationAttempt]:
        """Judge what is under way, for the servers that were looked at. Returns the cold moves to confirm."""
        confirm = []
        for server, attempt in list(self.under_way.items()):
            if server not in servers:
                continue
            view = servers[server]
            outcome = outcome_of(attempt, records.get(server, ()), view, now)
            if outcome.state is Ending.UNDER_WAY and view:
                outcome = self._unless_lost(outcome, attempt, records.get(server, ()), view, now)
            if outcome.state is Ending.TO_CONFIRM:
                confirm.append(attempt)
            if outcome.state in (Ending.UNDER_WAY, Ending.TO_CONFIRM):
                continue
            del self.under_way[server]
            if outcome.state is Ending.DONE:
                # An adopted move knows no more than its record, which first names no target: the server tells.
                arrived = replace(attempt, name=view.name, target=view.host or attempt.target) if view else attempt
                self.done.append(arrived)
            elif outcome.state is Ending.REFUSED:
                note = self.notes.pop(server, None)
                self.refused.setdefault(server, {})[attempt.target] = f"{outcome.why}: {note}" if note else outcome.why
            elif outcome.state is Ending.GONE:
                self.gone.add(server)
            elif outcome.state is Ending.BROKEN:
                self.given_up[server] = outcome.why
        return confirm

    def _unless_lost(
        self, outcome: Outcome, attempt: MigrationAttempt, records: Sequence[Migration], server: Server, now: float
    ) -> Outcome:
        """The verdict, or that the move is over because Nova has had no task for it for a while."""
        newest = max((one for one in records if one.id > attempt.seen), key=lambda one: one.id, default=None)
        if newest is None or newest.ended or server.task_state is not None or server.host != attempt.source:
            self.idle.pop(server.id, None)
            return outcome
        if now - self.idle.setdefault(server.id, now) <= LOST_GRACE:
            return outcome
        del self.idle[server.id]
        self.lost.add(newest.id)
        return Outcome(Ending.REFUSED, f"Nova forgot the move, whose record says {newest.status!r} for ever")

    def once_more(self, server: str) -> bool:
        """When every target was tried: whether all may be tried again, for room that was taken may be free by now."""
        if not self.refused.get(server) or self.rounds.get(server, 0) >= self.retries:
            return False
        self.rounds[server] = self.rounds.get(server, 0) + 1
        self.refused[server] = {}
        return True
