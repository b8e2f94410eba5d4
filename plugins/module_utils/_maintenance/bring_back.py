# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Bring servers back to a host: the policy that goes on in passes while a pass brings any of them back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._errors import CloudError, Refused
from .._migration.concurrency import Room, next_in_turn
from .._migration.loop import MigrationLoop
from .._migration.move import LIVE, Move
from .._migration.outcome import MigrationAttempt
from .._migration.pace import Clock
from .._migration.records import RecordsByServer
from .._migration.requests import is_ours
from .._migration.rules import is_migrating, kind_of_move, not_tried, unmovable
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.group import Group
from .._openstack.migration import Migration
from .._openstack.server import Server
from .._openstack.service import Service
from .mark import Mark
from .options import Options
from .ownership import changed_hands


@dataclass(frozen=True, slots=True)
class BringBackResult:
    """How it ended.

    :ivar away: servers that are not back, and why. :ivar seen: servers as each was before its migration.
    :ivar failure: why it ended before everything was tried; empty if it was.
    :ivar service: the compute service as it was read last.
    """

    brought_back: Sequence[MigrationAttempt]
    away: Mapping[str, str]
    seen: Mapping[str, Server]
    failure: str
    service: Service


class BringBack:
    """Bringing the servers of one host back.

    :param service: as this run left it, enabled.
    :param departed: servers to bring back, in the order in which to try. Each is observed just before its migration.
    """

    def __init__(
        self, cloud: Cloud, options: Options, clock: Clock, mark: Mark, service: Service, departed: Sequence[str]
    ) -> None:
        self._cloud, self._options, self._clock, self._mark = cloud, options, clock, mark
        self._service = service
        self.title = f"{options.host} return"
        self.servers: Sequence[Server] = ()
        self._departed = frozenset(departed)
        self._queue = list(departed)  # to be tried in this pass
        self._seen: dict[str, Server] = {}
        self._groups: list[Group] = []
        self._back_before = 0  # how many were brought back before this pass

    def run(self) -> BringBackResult:
        """Bring them back."""
        if not self._departed:
            return BringBackResult([], {}, {}, "", self._service)
        loop = MigrationLoop(self._cloud, self._options, self._clock, self)
        failure = loop.run(len(self._queue))
        return self._result(loop.tracker, failure)

    # -- the policy

    def list_records(self) -> Sequence[Migration]:
        """Not only of migrations to this host: a record that the scheduler refused names no destination."""
        return self._cloud.nova.migrations(changes_since=self._mark.records_since)

    def observe(self) -> None:
        with self._cloud.side_by_side() as ask:
            servers = ask(self._cloud.nova.servers, self._options.host)
            service = ask(self._cloud.nova.service, self._options.host)
            groups = None if self._groups else ask(self._cloud.nova.groups)
        before, self._service = self._service, service.result()
        if lost := changed_hands(before, self._service):
            raise Refused(lost)
        self.servers = servers.result()
        if groups:
            self._groups = [group for group in groups.result() if group.members & self._departed]
            self._see_members()

    def _see_members(self) -> None:
        """An earlier run may have begun the migration of a member of a group, which no record tells yet."""
        members = [key for key in self._queue if any(key in group.members for group in self._groups)]
        with self._cloud.side_by_side() as ask:
            answers = {key: ask(self._cloud.nova.server, key) for key in members}
        self._seen |= {key: server for key, answer in answers.items() if (server := answer.result())}

    def existing(self, records: Sequence[Migration]) -> Iterable[Migration]:
        return [
            record for record in records if record.server in self._departed and record.destination == self._options.host
        ]

    def is_ours(self, record: Migration) -> bool:
        return is_ours(self._cloud, record)

    def next_servers(self, tracker: Tracker, records: RecordsByServer, room: Room) -> Sequence[str]:
        self._leave_out(tracker)
        busy = [
            *tracker.under_way,
            *(key for key in self._queue if key in self._seen and is_migrating(self._seen[key])),
        ]
        return next_in_turn(self._queue, self._options.host, self._groups, busy, room)

    def move(self, key: str, server: Server | None, tracker: Tracker) -> Move | None:
        """A server waits until it is dealt with: when the cloud fails in the middle, none is forgotten."""
        if server is None or server.host == self._options.host:
            self._queue.remove(key)  # deleted, or brought back another way
            return None
        self._seen[key] = server
        if server.task_state:
            self._queue.append(self._queue.pop(self._queue.index(key)))
            return None
        if why := unmovable(server, self._groups):
            tracker.given_up[key] = why
            self._queue.remove(key)
            return None
        return Move(server, kind_of_move(server) or LIVE, self._options.host)

    def waiting(self, tracker: Tracker) -> int:
        self._leave_out(tracker)
        return len(self._queue)

    def is_over(self, tracker: Tracker) -> bool:
        self._leave_out(tracker)
        if self._queue:
            return False
        refused = [key for key, reasons in tracker.refused.items() if reasons]
        if not refused or len(tracker.done) == self._back_before:
            return True
        # Some were brought back in this pass: there may be room for others now.
        self._back_before = len(tracker.done)
        self._queue = refused
        for key in refused:
            tracker.refused[key] = {}
        return False

    # -- its parts

    def _back(self, tracker: Tracker) -> set[str]:
        """Servers on the host. Nova has one there already while its cold migration is to be confirmed: not back yet."""
        on_host = {server.id for server in self.servers} | {attempt.server for attempt in tracker.done}
        return on_host - tracker.under_way.keys()

    def _leave_out(self, tracker: Tracker) -> None:
        """Leave out of the queue what is under way, back, deleted, refused or given up."""
        refused = {key for key, reasons in tracker.refused.items() if reasons}
        ended = {*tracker.under_way, *tracker.deleted, *tracker.given_up, *refused, *self._back(tracker)}
        self._queue = [key for key in self._queue if key not in ended]

    def _result(self, tracker: Tracker, failure: str) -> BringBackResult:
        back = self._back(tracker)
        away = {key: why for key, reasons in tracker.refused.items() for why in reasons.values()} | tracker.given_up
        unseen = [key for key in self._queue if key not in self._seen] if failure else []
        self._see_again([*unseen, *tracker.broken])
        if failure:
            away |= {key: not_tried(self._seen.get(key)) for key in self._queue}
            away |= {key: "its move is still under way" for key in tracker.under_way}
        away = {key: why for key, why in away.items() if key not in back or key in tracker.broken}
        return BringBackResult(tracker.done, away, self._seen, failure, self._service)

    def _see_again(self, keys: Iterable[str]) -> None:
        """Ask for names and states, which may be out of reach now."""
        with contextlib.suppress(CloudError):
            for key in keys:
                if server := self._cloud.nova.server(key):
                    self._seen[key] = server
