# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Drain a host: the policy by which all servers leave it that are not to stay.

What it remembers of targets makes it choose better, no more: a run that is killed is followed by one that goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .._errors import CloudError, Refused
from .._migration.concurrency import Room, one_of_each_group, ready
from .._migration.loop import MigrationLoop
from .._migration.move import Move
from .._migration.outcome import MigrationAttempt
from .._migration.pace import Clock
from .._migration.records import RecordsByServer, newest, newest_id
from .._migration.requests import is_ours
from .._migration.rules import is_settling, not_tried
from .._migration.sorting import SortedServers, sort_servers
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .._openstack.nova import service_of
from .._openstack.server import Server
from .._openstack.service import Service
from .._targets.choose import explain_reasons
from .._targets.finder import TargetFinder
from .observe import observe_occupancy
from .occupancy import Arrival
from .options import Options
from .ownership import changed_hands, unusable_hosts


@dataclass(frozen=True, slots=True)
class DrainResult:
    """How a drain ended.

    :ivar failure: why the host is not empty; empty when only servers that may stay are on it.
    :ivar servers: those on the host, and those that broke on their way. :ivar reasons: why, by server.
    :ivar arriving: servers that are still on their way to the host.
    :ivar service: the compute service as it was read last.
    """

    failure: str
    moved: Sequence[MigrationAttempt]
    servers: Sequence[Server]
    reasons: Mapping[str, str]
    arriving: Sequence[Arrival]
    service: Service


class Drain:
    """One drain.

    :param service: as this run left it: out of service, with its mark or with somebody else's reason.
    :param since: since when records may tell of migrations of this maintenance (ISO 8601).
    :param ours: whether cold migrations since then are ours to confirm.
    :param stale: servers with which Nova has been busy for so long that it is not waited for, and why.
    """

    def __init__(
        self,
        cloud: Cloud,
        options: Options,
        clock: Clock,
        finder: TargetFinder,
        service: Service,
        since: str,
        ours: bool,
        stale: Mapping[str, str],
    ) -> None:
        self._cloud, self._options, self._clock, self._finder = cloud, options, clock, finder
        self._service, self._since, self._ours, self._stale = service, since, ours, stale
        self.title = f"{options.host} drain"
        self.servers: Sequence[Server] = ()
        self._sorted = SortedServers()
        self._records: RecordsByServer = {}
        self._moves: dict[str, Move] = {}  # as targets were found last, by server
        self._asked: dict[str, Move] = {}  # by server; migrations that another run began are not among them
        self._stopping: set[str] = set()  # servers that were asked to stop, as their tags say
        self._stuck: Mapping[str, Mapping[str, str]] = {}
        self._changed = False  # whether a server is not any more as it was observed
        self._tried = False  # whether targets were looked for since the last observation
        self._waits = False  # whether servers are still to be given a target
        self._arriving: Sequence[Arrival] = ()
        self._settling: Sequence[Server] = ()

    def run(self, total: int) -> DrainResult:
        """Drain the host. :param total: how many servers are to leave as far as is known."""
        loop = MigrationLoop(self._cloud, self._options, self._clock, self)
        failure = loop.run(total)
        return self._result(loop.tracker, failure)

    # -- the policy

    def list_records(self) -> Sequence[Migration]:
        return self._cloud.nova.migrations(source_compute=self._options.host, changes_since=self._since)

    def observe(self) -> None:
        nova, host = self._cloud.nova, self._options.host
        with self._cloud.side_by_side() as ask:
            servers = ask(nova.servers, host)
            # A list of all hosts is long: only while servers wait for a target.
            services = ask(nova.services, host=None if self._waits else host)
        listed = services.result()
        service = service_of(listed, host)
        if lost := changed_hands(self._service, service):
            self._service = service
            raise Refused(lost)
        self._service = service
        if self._waits:
            self._finder.learn_services(listed, unusable_hosts([service.host for service in listed], listed))
        self._changed = self._tried = False
        self._sort(servers.result())
        self._stop_tagged()

    def existing(self, records: Sequence[Migration]) -> Iterable[Migration]:
        canaries = {server.id for server in self._sorted.canaries}
        return [record for record in records if record.server not in canaries]

    def is_ours(self, record: Migration) -> bool:
        return self._ours and is_ours(self._cloud, record)

    def next_servers(self, tracker: Tracker, records: RecordsByServer, room: Room) -> Sequence[str]:
        self._records, self._tried = records, True
        self._leave_out(tracker)
        groups = self._finder.groups
        candidates = {server.id for server in ready(self._sorted.movable, tracker, groups, self.servers)}
        if not candidates:
            return []
        # Also for those that have to wait, for their group or their task: so no other takes their room meanwhile.
        waiting = [server for server in self._sorted.movable if server.id not in tracker.under_way]
        arrived = [(attempt.server, attempt.target) for attempt in [*tracker.done, *tracker.under_way.values()]]
        moves, self._stuck = self._finder.find(waiting, tracker.refused, self._unclaimed(tracker), arrived)
        # A server that was refused waits until the others had their turn: each try of one that hangs takes long.
        moves.sort(key=lambda move: len(tracker.refused.get(move.server.id, ())))
        moves = one_of_each_group([move for move in moves if move.server.id in candidates], groups, room)
        self._moves = {move.server.id: move for move in moves}
        return list(self._moves)

    def move(self, key: str, server: Server | None, tracker: Tracker) -> Move | None:
        """Only a server that is as it was when its target was found: one that was started since must not move cold."""
        move = self._moves[key]
        if server is None or _state(server) != _state(move.server):
            self._changed = True
            return None
        self._asked[key] = move
        return move

    def waiting(self, tracker: Tracker) -> int:
        self._leave_out(tracker)
        return sum(server.id not in tracker.under_way for server in self._sorted.movable)

    def is_over(self, tracker: Tracker) -> bool:
        self._leave_out(tracker)
        waiting = [*self._sorted.movable, *self._sorted.to_stop]
        if self._changed or any(server.task_state for server in waiting):
            return False
        if self._sorted.movable and not self._tried:
            return False
        if self._sorted.movable:
            again = [tracker.once_more(server.id) for server in self._sorted.movable]
            return not any(again)
        return self._is_explained()

    # -- its parts

    def _sort(self, servers: Sequence[Server]) -> None:
        options = self._options
        self._finder.learn(servers)
        self.servers = servers
        self._sorted = sort_servers(
            servers,
            self._finder.groups,
            options.leave_stopped,
            options.leave_unmovable,
            options.granted_tags,
            self._stale,
        )

    def _leave_out(self, tracker: Tracker) -> None:
        """Leave out what left the host or was deleted since it was observed, and what no attempt is made for."""
        gone = {attempt.server for attempt in tracker.done} | tracker.deleted
        self.servers = [server for server in self.servers if server.id not in gone]
        ended = gone | tracker.given_up.keys()
        movable = [server for server in self._sorted.movable if server.id not in ended]
        self._sorted = replace(self._sorted, movable=movable)
        self._waits = any(server.id not in tracker.under_way for server in movable)

    def _stop_tagged(self) -> None:
        """Shut down the servers whose tags say so; they stay on the host."""
        for server in self._sorted.to_stop:
            if server.task_state is None and server.id not in self._stopping:
                self._cloud.nova.stop(server.id)
                self._stopping.add(server.id)
                self._changed = True

    def _unclaimed(self, tracker: Tracker) -> list[Move]:
        """Moves that were asked for and of which no record tells yet: Placement does not know of them either."""
        return [
            move
            for key, move in self._asked.items()
            if key in tracker.under_way and newest_id(self._records.get(key, ())) <= tracker.under_way[key].after
        ]

    def _is_explained(self) -> bool:
        """Whether every holder of an allocation on the host is accounted for at this moment, and none is on its way."""
        provider = self._finder.source.id
        occupancy = observe_occupancy(self._cloud, self._options.host, provider, self.servers)
        for arrival in occupancy.arriving:
            if arrival.server.id not in {known.server.id for known in self._arriving}:
                name = arrival.server.name
                self._cloud.show_progress(f"{self.title}: waiting for {name}, which is on its way here: {arrival.how}")
        self._arriving, self._settling = occupancy.arriving, occupancy.settling
        if occupancy.unlisted:
            self._sort([*self.servers, *occupancy.unlisted])
        sorted_ = self._sorted
        awaited = (*self._arriving, *self._settling, *sorted_.movable, *sorted_.to_stop, *sorted_.canaries)
        return not awaited

    # -- how it ended

    def _result(self, tracker: Tracker, failure: str) -> DrainResult:
        reasons = self._reasons(tracker)
        try:
            elsewhere, unconfirmed = self._broken_elsewhere(tracker), self._unconfirmed(tracker)
        except CloudError as error:  # what cannot be seen is no success
            elsewhere, unconfirmed = [], [str(error)]
        may_stay = {*self._sorted.left, *(tracker.unsupported if self._options.leave_unmovable else ())}
        sentences = [failure] if failure else []
        sentences += [
            f"The server {server.name!r} ({server.id}) is still there: {reasons[server.id]}."
            for server in self.servers
            if server.id in reasons and server.id not in may_stay
        ]
        sentences += [
            f"The server {server.name!r} ({server.id}) left and is broken: {reasons[server.id]}."
            for server in elsewhere
        ]
        sentences += self._on_their_way(tracker)
        sentences += unconfirmed
        servers = [*self.servers, *elsewhere]
        return DrainResult(" ".join(sentences), tracker.done, servers, reasons, self._arriving, self._service)

    def _reasons(self, tracker: Tracker) -> dict[str, str]:
        reasons = {**self._sorted.left, **self._sorted.blocking, **tracker.given_up}
        for server in self._sorted.movable:
            refusals = {**self._stuck.get(server.id, {}), **tracker.refused.get(server.id, {})}
            reasons[server.id] = explain_reasons(refusals) if refusals else not_tried(server)
        for server in self._sorted.to_stop:
            reasons[server.id] = "it was asked to stop, and runs still"
        for server in self._sorted.canaries:
            reasons[server.id] = f"it is a canary of the roll {server.canary}, which deletes it"
        for key, attempt in tracker.under_way.items():
            reasons[key] = f"its move to {attempt.target or 'another host'} is under way"
        return reasons

    def _broken_elsewhere(self, tracker: Tracker) -> list[Server]:
        """Servers that are given up and not on the host any more, as Nova has them now."""
        on_host = {server.id for server in self.servers}
        keys = [key for key in tracker.given_up if key not in on_host]
        return [server for key in keys if (server := self._cloud.nova.server(key))]

    def _on_their_way(self, tracker: Tracker) -> list[str]:
        on_host = {server.id for server in self.servers}
        sentences = [
            f"The server {attempt.name!r} ({key}) is on its way to {attempt.target or 'another host'}."
            for key, attempt in tracker.under_way.items()
            if key not in on_host
        ]
        sentences += [
            f"The server {server.name!r} ({server.id}) left, and Nova is not done with its old disk on this host."
            for server in self._settling
        ]
        return sentences + [
            f"The server {arrival.server.name!r} ({arrival.server.id}) is on its way to this host: {arrival.how}."
            for arrival in self._arriving
        ]

    def _unconfirmed(self, tracker: Tracker) -> list[str]:
        """Servers that their owners resized away meanwhile, whose old disks an upgrade of this host could lose."""
        if self._options.leave_unmovable:
            return []
        last = [newest(records) for key, records in self._records.items() if key not in tracker.given_up]
        finished = [record.server for record in last if record and record.status == "finished"]
        servers = [self._cloud.nova.server(key) for key in finished if key not in tracker.under_way]
        return [
            f"The server {server.name!r} ({server.id}) was resized or migrated away meanwhile, and its old disk stays "
            "on this host until that is confirmed or reverted."
            for server in servers
            if server and is_settling(server)
        ]


def _state(server: Server) -> tuple[object, ...]:
    """What decides whether and how it moves."""
    return server.host, server.vm_state, server.power, server.task_state, server.tags
