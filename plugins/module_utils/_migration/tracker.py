# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is known of all migrations of one job, such as a drain. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._openstack.migration import Migration
from .._openstack.server import Server
from .move import COLD, LIVE
from .outcome import Ending, MigrationAttempt, Outcome, outcome_of
from .records import RecordsByServer, newest
from .rules import is_unsupported

# Seconds without a task after which a server is not migrating, whatever its record says: a compute service that is
# killed forgets the migrations in its queue, and their records stay as they were for ever.
LOST_GRACE = 30.0
# The share of the time that the quickest migration took after which the next one may be over.
EARLY = 0.7


@dataclass(slots=True)
class Tracker:
    """The migrations of one job, by server: under way, done, refused by targets, given up.

    :ivar retries: how many more times all targets of a server are tried.
    :ivar refused: server -> target -> why. :ivar rounds: server -> how many times all its targets were tried.
    :ivar given_up: server -> why no further attempt is made. :ivar broken: those of them that broke on their way.
    :ivar unsupported: those of them that Nova moves to no target.
    :ivar deleted: servers that were deleted meanwhile.
    :ivar notes: server -> why we ended its migration, which no record tells.
    :ivar idle_since: server -> since when its record is open while Nova has no task for it (monotonic seconds).
    :ivar forgotten: numbers of records that stay open for ever, for Nova forgot their migrations.
    """

    retries: int
    under_way: dict[str, MigrationAttempt] = field(default_factory=dict)
    done: list[MigrationAttempt] = field(default_factory=list)
    refused: dict[str, dict[str, str]] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)
    given_up: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    unsupported: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)
    idle_since: dict[str, float] = field(default_factory=dict)
    forgotten: set[int] = field(default_factory=set)

    def open_records(self, records: Iterable[Migration]) -> list[Migration]:
        """Return the newest record of each server that is not tracked yet, if its migration is not over.

        Another run began them: they are facts, not failures. A cold one that waits for its confirmation is not over.
        """
        last = {record.server: record for record in sorted(records, key=lambda record: record.id)}
        known = {*self.under_way, *self.given_up, *self.deleted}
        return [
            record
            for record in last.values()
            if record.server not in known
            and record.id not in self.forgotten
            and (not record.ended or (record.type, record.status) == (COLD, "finished"))
            and record.type in (LIVE, COLD)
        ]

    def track(self, record: Migration, name: str, now: float, ours: bool) -> None:
        """Track the migration of an open record.

        :param name: that of its server. :param ours: whether it is ours to confirm, if it is cold.
        """
        source, target = record.source or "", record.destination or ""
        attempt = MigrationAttempt(record.server, name, record.type, source, target, record.id - 1, now, ours)
        self.under_way[record.server] = attempt

    def ended(self, records: RecordsByServer) -> set[str]:
        """Return the servers under way whose migrations are over by their records."""
        servers = set()
        for server, attempt in self.under_way.items():
            record = newest(record for record in records.get(server, ()) if record.id > attempt.after)
            if record and record.ended:
                servers.add(server)
        return servers

    def awaits(self, records: RecordsByServer) -> bool:
        """Return whether migrations are under way, and no record says that one of them ended."""
        return bool(self.under_way) and not self.ended(records)

    def first_end(self, records: RecordsByServer) -> float | None:
        """Return when the first migration under way may be over (monotonic seconds), by the quickest before it.

        None while no migration of these records is over.
        """
        lasted = [record.lasted for several in records.values() for record in several if record.status == "completed"]
        if not lasted or not self.under_way:
            return None
        return min(attempt.since for attempt in self.under_way.values()) + EARLY * min(lasted)

    def update(
        self, servers: Mapping[str, Server | None], records: RecordsByServer, now: float
    ) -> list[MigrationAttempt]:
        """Find out what became of the migrations under way. Returns the cold ones that are to be confirmed.

        :param servers: those that were just observed; None for one that was deleted. The others stay under way.
        """
        to_confirm = []
        for key, attempt in list(self.under_way.items()):
            if key not in servers:
                continue
            server = servers[key]
            outcome = outcome_of(attempt, records.get(key, ()), server, now)
            if outcome.ending is Ending.UNDER_WAY and server:
                outcome = self._unless_forgotten(outcome, attempt, records.get(key, ()), server, now)
            if outcome.ending is Ending.TO_CONFIRM:
                to_confirm.append(attempt)
            elif outcome.ending is not Ending.UNDER_WAY:
                self._end(attempt, outcome, server)
        return to_confirm

    def _end(self, attempt: MigrationAttempt, outcome: Outcome, server: Server | None) -> None:
        key = attempt.server
        del self.under_way[key]
        if outcome.ending is Ending.DONE and server:
            # What another run asked for names no target at first: the server tells.
            self.done.append(replace(attempt, name=server.name, target=server.host or attempt.target))
        elif outcome.ending is Ending.REFUSED:
            note = self.notes.pop(key, None)
            self.refused.setdefault(key, {})[attempt.target] = f"{outcome.why}: {note}" if note else outcome.why
        elif outcome.ending is Ending.GONE:
            self.deleted.add(key)
        else:
            self.given_up[key] = outcome.why
            self.broken.add(key)

    def _unless_forgotten(
        self, outcome: Outcome, attempt: MigrationAttempt, records: Sequence[Migration], server: Server, now: float
    ) -> Outcome:
        """Return the outcome, unless Nova has had no task for the server for so long that its record tells nothing."""
        record = newest(record for record in records if record.id > attempt.after)
        if record is None or (record.ended and record.status != "finished") or server.task_state is not None:
            self.idle_since.pop(server.id, None)
            return outcome
        if now - self.idle_since.setdefault(server.id, now) <= LOST_GRACE:
            return outcome
        del self.idle_since[server.id]
        self.forgotten.add(record.id)
        if server.host != attempt.source:
            return Outcome(Ending.DONE)
        return Outcome(Ending.REFUSED, f"Nova forgot the move, whose record says {record.status!r} for ever")

    def refuse(self, server: str, target: str, why: str) -> None:
        """Take in that Nova refused a move at once, by what it says."""
        if is_unsupported(why):
            self.given_up[server] = f"Nova moves it to no host, until its owner detaches what it names. {why}"
            self.unsupported.add(server)
        else:
            self.refused.setdefault(server, {})[target] = why

    def once_more(self, server: str) -> bool:
        """Let all targets that refused a server be tried again, for room that was taken may be free by now.

        Returns whether that was still allowed.
        """
        if not self.refused.get(server) or self.rounds.get(server, 0) >= self.retries:
            return False
        self.rounds[server] = self.rounds.get(server, 0) + 1
        self.refused[server] = {}
        return True
