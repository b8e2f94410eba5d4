# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Make room before a drain: the policy that moves a few servers of other hosts, as a plan says.

Only live, and only to the host that the plan has for each: another one would take the room of others. They stay there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._migration.concurrency import Room, one_of_each_group, ready
from .._migration.loop import MigrationLoop
from .._migration.move import LIVE, Move
from .._migration.outcome import MigrationAttempt
from .._migration.pace import Clock
from .._migration.records import RecordsByServer
from .._migration.rules import kind_of_move, unmovable
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .._openstack.server import Server
from .._targets.choose import explain_reasons
from .options import Options


def room_ahead(cloud: Cloud, options: Options) -> list[Move]:
    """Return the moves that are still to be made to make room; each has the server as it is now, on the host it leaves.

    A server that left that host already, or was deleted, made its room.
    """
    with cloud.side_by_side() as ask:
        answers = [(move, ask(cloud.nova.server, move.server)) for move in options.room]
    servers = [(move, answer.result()) for move, answer in answers]
    return [Move(server, LIVE, move.target) for move, server in servers if server and server.host == move.source]


def why_it_stays(server: Server) -> str | None:
    """Why a server cannot be moved to make room, whatever its target."""
    return unmovable(server) or (
        None if kind_of_move(server) == LIVE else "it does not run, and it would be moved cold"
    )


class MakeRoom:
    """One time that room is made.

    :param since: since when migration records may tell of it (ISO 8601).
    """

    def __init__(self, cloud: Cloud, options: Options, clock: Clock, since: str) -> None:
        self._cloud, self._options, self._clock, self._since = cloud, options, clock, since
        self.title = f"{options.host} room"
        self._groups = cloud.nova.groups()
        self._moves: dict[str, Move] = {}
        self.servers: Sequence[Server] = ()
        self.moved: Sequence[MigrationAttempt] = ()

    def run(self) -> str:
        """Make the moves. Returns why some were not made; empty if all were."""
        loop = MigrationLoop(self._cloud, self._options, self._clock, self)
        failure = loop.run(len(self._options.room))
        self.moved = loop.tracker.done
        stay = [f"{self._moves[key].server.name!r} ({key}): {self._why(key, loop.tracker)}" for key in self._moves]
        return " ".join([failure, f"No room was made by moving {'; '.join(stay)}." if stay else ""]).strip()

    def _why(self, key: str, tracker: Tracker) -> str:
        refused = tracker.refused.get(key)
        why = tracker.given_up.get(key) or (explain_reasons(refused) if refused else None)
        return why or why_it_stays(self._moves[key].server) or "its turn did not come"

    # -- the policy

    def list_records(self) -> Sequence[Migration]:
        return self._cloud.nova.migrations(changes_since=self._since)

    def observe(self) -> None:
        self._moves = {move.server.id: move for move in room_ahead(self._cloud, self._options)}
        self.servers = [move.server for move in self._moves.values()]

    def existing(self, records: Sequence[Migration]) -> Iterable[Migration]:
        sources = {move.server: move.source for move in self._options.room}
        return [record for record in records if record.source and sources.get(record.server) == record.source]

    def is_ours(self, record: Migration) -> bool:
        return False

    def next_servers(self, tracker: Tracker, records: RecordsByServer, room: Room) -> Sequence[str]:
        waiting = ready(self._ahead(tracker), tracker, self._groups, self.servers)
        moves = [self._moves[server.id] for server in waiting]
        able = [move for move in moves if move.target not in tracker.refused.get(move.server.id, ())]
        return [move.server.id for move in one_of_each_group(able, self._groups, room)]

    def move(self, key: str, server: Server | None, tracker: Tracker) -> Move | None:
        """Only a server that still is where it is to leave, and that moves live at this moment."""
        move = self._moves[key]
        if server is None or server.host != move.server.host or server.task_state or why_it_stays(server):
            return None
        return move

    def waiting(self, tracker: Tracker) -> int:
        return sum(server.id not in tracker.under_way for server in self._ahead(tracker))

    def is_over(self, tracker: Tracker) -> bool:
        ahead = self._ahead(tracker)
        if any(server.task_state for server in ahead):
            return False
        able = [server.id for server in ahead if not why_it_stays(server)]
        again = [tracker.once_more(key) for key in able]
        return not any(again) and all(tracker.refused.get(key) for key in able)

    def _ahead(self, tracker: Tracker) -> list[Server]:
        """The servers that are still to be moved, as they were observed last."""
        gone = {attempt.server for attempt in tracker.done} | tracker.deleted | tracker.given_up.keys()
        self._moves = {key: move for key, move in self._moves.items() if key not in gone or key in tracker.given_up}
        return [server for server in self.servers if server.id not in gone]
