# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""See a drain to its end that another run began: the policy that only waits for what is on its way out of a host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._migration.concurrency import Room
from .._migration.loop import MigrationLoop
from .._migration.move import Move
from .._migration.pace import Clock
from .._migration.records import RecordsByServer
from .._migration.requests import is_ours
from .._migration.rules import is_migrating
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .._openstack.server import Server
from .mark import Mark
from .options import Options


class UnfinishedDrain:
    """The migrations out of a host that a drain began and did not see to their end: it was killed, or out of time.

    :ivar records: of all migrations since its mark, as they were listed last.
    :ivar forgotten: numbers of records that stay open for ever though their migrations are over.
    """

    def __init__(self, cloud: Cloud, options: Options, clock: Clock, mark: Mark) -> None:
        self._cloud, self._options, self._clock, self._mark = cloud, options, clock, mark
        self.title = f"{options.host} drain"
        self.servers: Sequence[Server] = ()
        self.records: Sequence[Migration] = ()
        self.forgotten: frozenset[int] = frozenset()

    def is_going_on(self, records: Sequence[Migration], servers: Iterable[Server]) -> bool:
        """Return whether anything is on its way out.

        :param servers: those on the host, observed after the records: the record of a migration may be missing yet.
        """
        open_records = Tracker(retries=0).open_records(self.existing(records))
        return bool(open_records) or any(is_migrating(server) for server in servers)

    def finish(self) -> str:
        """Wait until nothing is, confirm cold migrations, and deal with those that are stuck.

        :returns: why they do not end; empty if they did.
        """
        loop = MigrationLoop(self._cloud, self._options, self._clock, self)
        failure = loop.run(0)
        self.forgotten = frozenset(loop.tracker.forgotten)
        return failure

    # -- the policy

    def list_records(self) -> Sequence[Migration]:
        self.records = self._cloud.nova.migrations(changes_since=self._mark.records_since)
        return self.records

    def observe(self) -> None:
        self.servers = self._cloud.nova.servers(self._options.host)

    def existing(self, records: Sequence[Migration]) -> Iterable[Migration]:
        return [record for record in records if record.source == self._options.host]

    def is_ours(self, record: Migration) -> bool:
        return is_ours(self._cloud, record)

    def next_servers(self, tracker: Tracker, records: RecordsByServer, room: Room) -> Sequence[str]:
        return ()

    def move(self, key: str, server: Server | None, tracker: Tracker) -> Move | None:
        return None

    def waiting(self, tracker: Tracker) -> int:
        return 0

    def is_over(self, tracker: Tracker) -> bool:
        return not any(is_migrating(server) for server in self.servers)
