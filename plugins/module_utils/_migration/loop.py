# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The loop that carries out migrations: it looks, asks for the next ones and finds out what became of the others.

What may migrate next, where to, and when it is over is the matter of a policy: the drain of a host, the end of a drain
that another run began, and bringing servers back are three policies of this one loop. Each pass looks afresh, so a run
that is killed at any moment loses nothing: the next one goes on from what stands in the cloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from .._errors import CloudError, Refused
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .._openstack.server import Server
from .beside import Beside
from .concurrency import Room
from .limits import MigrationLimits
from .live_progress import LiveProgress
from .move import Move
from .pace import Clock, Pace
from .progress import Progress
from .records import RecordsByServer, by_server
from .requests import start_migrations, update_tracker
from .tracker import Tracker


class Policy(Protocol):
    """What one job decides.

    :ivar title: what goes on, for its lines of progress, such as ``cmp01 drain``.
    :ivar servers: those on the host, as they were observed last.
    """

    title: str
    servers: Sequence[Server]

    def list_records(self) -> Sequence[Migration]:
        """Ask for the migration records that the job is about."""

    def observe(self) -> None:
        """Observe the servers on the host. :raises Refused: if the job must not go on."""

    def existing(self, records: Sequence[Migration]) -> Iterable[Migration]:
        """Return those of these records whose migrations the job waits for if another run began them."""

    def is_ours(self, record: Migration) -> bool:
        """Return whether a cold migration that another run began is ours to confirm."""

    def next_servers(self, tracker: Tracker, records: RecordsByServer, room: Room) -> Sequence[str]:
        """Return the servers that may migrate now, for which there is room."""

    def move(self, key: str, server: Server | None, tracker: Tracker) -> Move | None:
        """Return the move of one of these; None if it is not to migrate now.

        :param server: as it is this very moment; None if it was deleted.
        """

    def waiting(self, tracker: Tracker) -> int:
        """Return how many servers are still to migrate, beside those under way."""

    def is_over(self, tracker: Tracker) -> bool:
        """Return whether nothing is left to do, now that no migration is under way."""


class MigrationLoop:
    """One run of a policy.

    :ivar tracker: what is known of its migrations, also after the run.
    """

    def __init__(self, cloud: Cloud, limits: MigrationLimits, clock: Clock, policy: Policy) -> None:
        self._cloud, self._limits, self._clock, self._policy = cloud, limits, clock, policy
        self.tracker = Tracker(limits.retries)
        self._pace = Pace(clock, limits.timeout)
        self._live = LiveProgress(cloud, limits, self.tracker)
        self._beside = Beside(cloud, limits)
        self._lacks_room = False  # whether servers waited for room in the last pass
        self._progress = Progress(cloud.show_progress, policy.title, clock.now())
        self._outage = ""  # what the last pass failed by

    def run(self, total: int) -> str:
        """Go on until the policy is satisfied.

        :param total: how many servers are to migrate as far as is known, for the first line of progress.
        :returns: why it ended before that; empty if it did not.
        """
        self._progress.begin(total)
        while True:
            try:
                end = self._pass()
            except Refused as error:
                return str(error)
            except CloudError as error:
                if not error.passing or self._pace.over:
                    return str(error)
                self._outage = str(error)
                self._progress.outage(self._outage)
                self._pace.expire()
                self._pace.wait()
                continue
            if end is not None:
                return end

    def _pass(self) -> str | None:
        """Look, and do what follows. Returns why the loop ends, empty if it is over; None if it goes on."""
        tracker, pace = self.tracker, self._pace
        listed = self._policy.list_records()
        records = by_server(listed)
        if tracker.awaits(records) and not pace.due:
            pace.doze(tracker.first_end(records))
            return None
        observed = pace.due
        if observed:
            self._observe()
        self._track_existing(listed)
        # First the next migrations: what became of those that ended takes a request for each.
        asked = self._request_next(records)
        servers = self._policy.servers if observed else None
        ended = update_tracker(self._cloud, tracker, records, servers, self._clock.now())
        if not observed and not tracker.under_way:  # only a look at everything tells what is left
            self._observe()
        self._live.watch(self._clock.now())
        self._progress.show(tracker, self._policy.waiting(tracker), self._live.percents, self._clock.now())
        if not tracker.under_way:
            if self._live.blocked:
                return self._live.blocked
            if not (asked or ended or self._lacks_room):
                if self._policy.is_over(tracker):
                    return ""
                pace.expire()  # only a look at everything, and then for targets, tells that nothing can be done
        if pace.over:
            return f"{self._limits.timeout:g} seconds ('timeout') are over. {self._outage}".rstrip()
        self._outage = ""
        pace.wait(asked or ended, tracker.first_end(records))
        return None

    def _observe(self) -> None:
        self._policy.observe()
        self._pace.observed()

    def _track_existing(self, listed: Sequence[Migration]) -> None:
        """Wait for migrations that another run began as for our own."""
        known = {server.id: server.name for server in self._policy.servers}
        for record in self.tracker.open_records(self._policy.existing(listed)):
            name = known.get(record.server) or self._name(record.server)
            self.tracker.track(record, name, self._clock.now(), self._policy.is_ours(record))

    def _name(self, key: str) -> str:
        server = self._cloud.nova.server(key)
        return server.name if server else key

    def _request_next(self, records: RecordsByServer) -> bool:
        """Ask for as many migrations as may be under way, each server observed just before.

        Returns whether any was asked for. One that is refused at once has other targets.
        """
        tracker, ended = self.tracker, self.tracker.ended(records)
        own = {key: attempt.target for key, attempt in tracker.under_way.items() if key not in ended}
        free = self._limits.max_concurrent - len(own)
        self._lacks_room = False
        if free <= 0 or self._live.blocked or self._pace.over:
            return False
        with self._beside.room(own, free, self._policy.waiting(tracker)) as room:
            self._lacks_room = room.free <= 0
            moves = [] if self._lacks_room else self._next_moves(records, room)
            self._beside.note(moves)
            start_migrations(self._cloud, tracker, moves, records, self._clock.now())
        return bool(moves)

    def _next_moves(self, records: RecordsByServer, room: Room) -> list[Move]:
        tracker, policy = self.tracker, self._policy
        keys = policy.next_servers(tracker, records, room)
        self._lacks_room = room.refused and not keys
        with self._cloud.side_by_side() as ask:
            answers = [(key, ask(self._cloud.nova.server, key)) for key in keys]
        return [move for key, answer in answers if (move := policy.move(key, answer.result(), tracker)) is not None]
