# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Bring servers home: a loop that observes afresh, decides and acts, in passes while a pass brings somebody home."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .._errors import CloudError
from .._migration.concurrency import grouped
from .._migration.live_progress import LiveProgress
from .._migration.move import LIVE, Move
from .._migration.outcome import MigrationAttempt
from .._migration.pace import Clock, Pace
from .._migration.progress import Progress
from .._migration.records import by_server
from .._migration.requests import start_migrations, update_tracker
from .._migration.rules import kind_of_move, not_tried, on_its_way, unmovable
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.model import Group, Migration, Server
from .mark import Mark
from .options import Options


@dataclass(frozen=True, slots=True)
class BringBackResult:
    """How it ended: who came home, who did not and why. ``failure`` is empty when all passes came to their end."""

    home: Sequence[MigrationAttempt]
    away: Mapping[str, str]
    seen: Mapping[str, Server]
    failure: str


class BringBack:
    """The loop of one return.

    :param leavers: servers to bring home, in the order in which to try. Each is looked at just before its move.
    """

    def __init__(self, cloud: Cloud, options: Options, clock: Clock, mark: Mark, leavers: Sequence[str]) -> None:
        self._cloud, self._options, self._clock, self._mark = cloud, options, clock, mark
        self._tracker = Tracker(retries=0)
        self._waiting = list(leavers)  # to be tried in this pass
        self._transfers = LiveProgress(cloud, options.migration_timeout, options.on_stuck)
        self._progress = Progress(cloud.show_progress, f"{options.host} return", clock.now())
        self._seen: dict[str, Server] = {}  # as each was before its move
        self._groups: list[Group] = []
        self._records: dict[str, list[Migration]] = {}
        self._standing: Sequence[Server] = ()  # at home at the last look
        self._aboard: set[str] = set()  # at home, by our moves or another way

    def run(self) -> BringBackResult:
        try:
            return self._loop()
        except CloudError as error:
            return self._end(str(error))

    def _loop(self) -> BringBackResult:
        pace = Pace(self._clock, self._options.timeout)
        leavers = set(self._waiting)
        self._groups = [group for group in self._cloud.nova.groups() if group.members & leavers] if leavers else []
        for key in self._waiting:
            if any(key in group.members for group in self._groups):
                self._look(key)  # an earlier run may have begun its move, whose record is not listed yet
        came_before_pass = 0
        self._progress.begin(len(leavers))
        while True:
            # Not only those to this host: Nova's record of a move that the scheduler refused names no destination.
            records = self._cloud.nova.migrations(changes_since=self._mark.since_iso) if leavers else []
            if self._tracker.awaits(by_server(records)) and not pace.due:
                pace.doze(self._tracker.first_end(by_server(records)))
                continue
            self._adopt(leavers, records)
            # First the next moves: what becomes of those that ended takes a request for each.
            asked = not self._transfers.blocked and not pace.over and self._move()
            happened = bool(leavers) and self._settle(pace)
            self._transfers.watch(self._tracker, self._seen, self._clock.now())
            self._progress.show(self._tracker, len(self._waiting), self._transfers.percents, self._clock.now())
            if pace.over:
                return self._end(f"{self._options.timeout:g} seconds ('timeout') are over.")
            if self._transfers.blocked and not self._tracker.under_way:
                return self._end(self._transfers.blocked)
            if not self._waiting and not self._tracker.under_way:
                refused = [key for key, why in self._tracker.refused.items() if why]
                if not refused or len(self._tracker.done) == came_before_pass:
                    return self._end("")
                # Somebody came home in this pass: there may be room for others now.
                came_before_pass = len(self._tracker.done)
                self._waiting = refused
                for key in refused:
                    self._tracker.refused[key] = {}
                continue
            pace.wait(happened or asked, self._tracker.first_end(self._records))

    def _adopt(self, leavers: set[str], records: Sequence[Migration]) -> None:
        coming = [one for one in records if one.server in leavers and one.destination == self._options.host]
        for key in {one.server for one in coming} - self._seen.keys():
            self._look(key)
        names = {key: one.name for key, one in self._seen.items()}
        self._tracker.track_existing(coming, names, self._clock.now())
        self._records = by_server(records)
        self._waiting = [key for key in self._waiting if key not in self._tracker.under_way]

    def _settle(self, pace: Pace) -> bool:
        """True when something ended. All servers at home are looked at now and then, and when all moves ended."""
        tracker = self._tracker
        looked = pace.due or tracker.under_way.keys() <= tracker.ended(self._records)
        if looked:
            pace.look()
            self._standing = self._cloud.nova.servers(self._options.host)
        happened = update_tracker(
            self._cloud, tracker, self._records, self._standing if looked else None, self._clock.now()
        )
        # Nova has a server here already while its cold move is to be confirmed: it is under way, and not home.
        self._aboard = {one.id for one in self._standing} - tracker.under_way.keys()
        self._waiting = [key for key in self._waiting if key not in {*tracker.under_way, *self._aboard}]
        return happened

    def _move(self) -> bool:
        """Ask for as many moves as may run side by side, each server looked at just before. True when any was.

        A server waits until it is dealt with: when the cloud fails in the middle, none is forgotten.
        """
        tracker, moves = self._tracker, list[Move]()
        # A run before this one, or another one beside it, may have begun moves whose records are not listed yet.
        seen = {key for key in self._waiting if self._is_on_its_way(key)}
        begun = frozenset(seen)
        while turn := self._next(moves, begun, seen):
            seen.update(turn)
            with self._cloud.side_by_side() as ask:
                looks = [(key, ask(self._look, key)) for key in turn]
            for key, look in looks:
                server = look.result()
                if server is None or server.host == self._options.host:
                    self._waiting.remove(key)  # deleted, or home by another way
                elif server.task_state is None and (why := unmovable(server, self._groups)):
                    tracker.given_up[key] = why
                    self._waiting.remove(key)
                elif server.task_state is None:
                    moves.append(Move(server, kind_of_move(server) or LIVE, self._options.host))
        try:
            start_migrations(self._cloud, tracker, moves, self._records, self._clock.now())
        finally:
            refused = {key for key, why in tracker.refused.items() if why}
            self._waiting = [key for key in self._waiting if key not in {*tracker.under_way, *refused}]
        return bool(moves)

    def _next(self, moves: Sequence[Move], begun: Collection[str], seen: Collection[str]) -> list[str]:
        """Who may be moved beside all that is under way or about to be: one of each group, and never one twice."""
        tracker = self._tracker
        moving = [*tracker.under_way, *(move.server.id for move in moves)]
        free = self._options.max_concurrent - len(moving) + len(tracker.ended(self._records))
        found: list[str] = []
        for key in self._waiting:
            if len(found) < free and key not in seen and not grouped(key, self._groups, [*moving, *begun, *found]):
                found.append(key)
        return found

    def _is_on_its_way(self, key: str) -> bool:
        """Whether it still is, if it was when it was looked at last."""
        if key not in self._seen or not on_its_way(self._seen[key]):
            return False
        server = self._look(key)
        return server is not None and on_its_way(server)

    def _look(self, key: str) -> Server | None:
        server = self._cloud.nova.server(key)
        if server:
            self._seen[key] = server
        return server

    def _end(self, failure: str) -> BringBackResult:
        tracker = self._tracker
        away = {key: why for key, found in tracker.refused.items() for why in found.values() if key not in self._aboard}
        away |= tracker.given_up
        if failure:
            with contextlib.suppress(CloudError):  # for their names, which nobody may be able to tell now
                for key in [one for one in self._waiting if one not in self._seen]:
                    self._look(key)
            away |= {key: not_tried(self._seen.get(key)) for key in self._waiting}
            away |= {key: "its move is still under way" for key in tracker.under_way}
        home = {one.server for one in tracker.done}
        return BringBackResult(
            tracker.done, {key: why for key, why in away.items() if key not in home}, self._seen, failure
        )
