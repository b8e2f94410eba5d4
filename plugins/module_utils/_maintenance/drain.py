# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Empty a host: a loop that observes afresh, decides and acts until nothing stands there that is not to stay.

What it remembers of targets makes it choose better, no more: whoever is killed in it runs again and goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._errors import CloudError, Refused
from .._migration.concurrency import one_of_each_group, ready
from .._migration.live_progress import LiveProgress
from .._migration.move import Move
from .._migration.outcome import MigrationAttempt
from .._migration.pace import Clock, Pace
from .._migration.progress import Progress
from .._migration.records import by_server, newest_record
from .._migration.requests import start_migrations, update_tracker
from .._migration.rules import not_tried
from .._migration.sorting import SortedServers, sort_servers
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.model import Migration, Server
from .._targets.choose import explain_reasons
from .._targets.finder import TargetFinder
from .mark import Mark
from .options import Options

# A host is empty when Placement knows of nothing else there, or when this many looks in a row say so: what is being
# built holds its room before Nova lists it there, and room that nobody gave back is held for ever.
LOOKS = 2


@dataclass(frozen=True, slots=True)
class DrainResult:
    """How it ended. ``failure`` is empty when only servers that may stay are ``standing``."""

    moved: Sequence[MigrationAttempt]
    standing: Sequence[Server]
    reasons: Mapping[str, str]
    failure: str


def records_of_exit(cloud: Cloud, host: str, mark: Mark | None) -> list[Migration]:
    """Records of moves out of the host since its mark; without one (``foreign: drain``) all that Nova still lists."""
    since = {"changes_since": mark.since_iso} if mark else {}
    return cloud.nova.migrations(source_compute=host, **since)


class Drain:
    """The loop of one drain.

    :param standing: the servers of the host. :param looked: when they were looked at (monotonic seconds).
    """

    def __init__(
        self,
        cloud: Cloud,
        options: Options,
        clock: Clock,
        finder: TargetFinder,
        mark: Mark | None,
        standing: Sequence[Server],
        looked: float,
    ) -> None:
        self._cloud, self._options, self._clock, self._finder, self._mark = cloud, options, clock, finder, mark
        self._standing, self._looked = standing, looked
        self._tracker = Tracker(options.retries)
        self._transfers = LiveProgress(cloud, options.migration_timeout, options.on_stuck)
        self._progress = Progress(cloud.show_progress, f"{options.host} drain", clock.now())
        self._asked: dict[str, Move] = {}  # under way, by server; adopted moves are not among them
        self._stopping: set[str] = set()  # asked to stop, as their tags wish
        self._stuck: dict[str, dict[str, str]] = {}
        self._found = SortedServers([], {}, {})

    def run(self) -> DrainResult:
        try:
            return self._loop()
        except (CloudError, Refused) as error:
            return self._end(str(error))

    def _loop(self) -> DrainResult:
        pace = Pace(self._clock, self._options.timeout, self._looked)
        empty = 0
        self._sort()
        self._progress.begin(len(self._found.movable) + len(self._found.to_stop))
        while True:
            records = by_server(records_of_exit(self._cloud, self._options.host, self._mark))
            if self._tracker.awaits(records) and not pace.due:
                pace.doze(self._tracker.first_end(records))
                continue
            looked = not (pace.fresh or self._tracker.ended(records))
            if looked:
                self._look(pace)
            self._adopt(records)
            known = self._todo() if pace.fresh else set[str]()
            # First the next moves: what becomes of those that ended takes a request for each.
            asked = not self._transfers.blocked and (pace.fresh and self._stop() or self._move(records, pace.fresh))
            happened = self._settle(records, looked)
            if not looked and (pace.due or not self._tracker.under_way):  # only a look tells who is left
                self._look(pace)
            self._watch()
            found = self._sort()
            self._show()
            if self._transfers.blocked and not self._tracker.under_way:
                return self._end(self._transfers.blocked)
            busy = self._tracker.under_way or any(one.task_state for one in [*found.movable, *found.to_stop])
            if busy or asked or self._todo() - known or (happened and found.movable) or self._try_again(found):
                empty = 0
            elif found.movable:
                return self._end("")
            else:
                empty += 1
            if empty >= LOOKS or (empty and not self._expected()):
                return self._end(self._old_disks(records))
            if pace.over:
                return self._end(f"{self._options.timeout:g} seconds ('timeout') are over.")
            pace.wait(happened or asked or bool(empty), self._tracker.first_end(records))

    def _todo(self) -> set[str]:
        """Whoever is to be moved or stopped, as far as is known."""
        return {one.id for one in [*self._found.movable, *self._found.to_stop]}

    def _look(self, pace: Pace) -> None:
        """At all servers."""
        pace.look()
        self._standing = self._cloud.nova.servers(self._options.host)
        self._sort()

    def _adopt(self, records: Mapping[str, Sequence[Migration]]) -> None:
        names = {one.id: one.name for one in self._standing}
        every = [record for found in records.values() for record in found]
        # Without a mark nobody knows which cold moves are ours, so none that an earlier run left is confirmed.
        self._tracker.track_existing(every, names, self._clock.now(), confirming=self._mark is not None)

    def _settle(self, records: Mapping[str, Sequence[Migration]], looked: bool) -> bool:
        """True when something ended. Where not all were looked at in this pass, those that ended are asked for."""
        tracker = self._tracker
        happened = update_tracker(self._cloud, tracker, records, self._standing if looked else None, self._clock.now())
        if not looked:
            left = {one.server for one in tracker.done} | tracker.gone
            self._standing = [one for one in self._standing if one.id not in left]
        return happened

    def _watch(self) -> None:
        self._transfers.watch(self._tracker, {one.id: one for one in self._standing}, self._clock.now())

    def _expected(self) -> set[str]:
        """Whoever holds room on the host and does not stand there."""
        return self._finder.holders().keys() - {one.id for one in self._standing}

    def _sort(self) -> SortedServers:
        """What is still to be moved."""
        self._finder.learn(self._standing)
        options = self._options
        rest = [one for one in self._standing if one.id not in self._tracker.given_up]
        groups = self._finder.groups
        self._found = sort_servers(rest, groups, options.leave_stopped, options.leave_unmovable, options.granted_tags)
        return self._found

    def _stop(self) -> bool:
        """Shut down those whose tenants wish it so; they stay aboard."""
        todo = [one for one in self._found.to_stop if one.task_state is None and one.id not in self._stopping]
        for one in todo:
            self._cloud.nova.stop(one.id)
            self._stopping.add(one.id)
        return bool(todo)

    def _unchanged(self, moves: Sequence[Move]) -> list[Move]:
        """Those of servers that are as they were at the last look: one that was started since must not move cold."""
        with self._cloud.side_by_side() as ask:
            looks = [(move, ask(self._cloud.nova.server, move.server.id)) for move in moves]
        return [move for move, look in looks if (seen := look.result()) and _state(seen) == _state(move.server)]

    def _move(self, records: Mapping[str, Sequence[Migration]], fresh: bool) -> bool:
        """Ask for as many moves as may run side by side. True when any was asked for: one refused has other targets.

        :param fresh: whether all were just looked at.
        """
        tracker, groups = self._tracker, self._finder.groups
        slots = self._options.max_concurrent - len(tracker.under_way.keys() - tracker.ended(records))
        candidates = {one.id for one in ready(self._found.movable, tracker, groups, self._standing)}
        if slots <= 0 or not candidates:
            return False
        unclaimed = [
            move
            for key, move in self._asked.items()
            if key in tracker.under_way and newest_record(records.get(key, ())) <= tracker.under_way[key].seen
        ]
        arrived = [(one.server, one.target) for one in [*tracker.done, *tracker.under_way.values()]]
        # Also those that have to wait, for their group or their task: so nobody takes their room meanwhile.
        waiting = [one for one in self._found.movable if one.id not in tracker.under_way]
        placed, self._stuck = self._finder.place(waiting, tracker.refused, unclaimed, arrived)
        moves = [move for move in placed if move.server.id in candidates]
        # Whoever was refused waits until the others had their turn: each try of one that hangs takes long.
        moves.sort(key=lambda move: len(tracker.refused.get(move.server.id, ())))
        asked = one_of_each_group(moves, groups, slots)
        if not fresh:
            asked = self._unchanged(asked)
        try:
            start_migrations(self._cloud, tracker, asked, records, self._clock.now())
        finally:
            self._asked.update({move.server.id: move for move in asked if move.server.id in tracker.under_way})
        return bool(asked)

    def _show(self) -> None:
        waiting = sum(one.id not in self._tracker.under_way for one in self._found.movable)
        self._progress.show(self._tracker, waiting, self._transfers.percents, self._clock.now())

    def _old_disks(self, records: Mapping[str, Sequence[Migration]]) -> str:
        """Servers that their owners resized away meanwhile, whose old disks an upgrade of this host could lose."""
        newest = [max(found, key=lambda one: one.id) for found in records.values()]
        return " ".join(
            f"The server {one.server} was resized or migrated away meanwhile, and its old disk stays on this host "
            "until that is confirmed or reverted."
            for one in newest
            if one.status == "finished" and not self._options.leave_unmovable
        )

    def _try_again(self, found: SortedServers) -> bool:
        """When nothing moves any more: whether a server that all targets refused may ask them once more."""
        again = [self._tracker.once_more(one.id) for one in found.movable]
        return any(again)

    def _end(self, failure: str) -> DrainResult:
        tracker, found = self._tracker, self._found
        reasons = {**found.left, **found.blocking, **tracker.given_up}
        for one in found.movable:
            refusals = {**self._stuck.get(one.id, {}), **tracker.refused.get(one.id, {})}
            reasons[one.id] = explain_reasons(refusals) if refusals else not_tried(one)
        for one in found.to_stop:
            reasons[one.id] = "it was asked to stop, and runs still"
        for key, attempt in tracker.under_way.items():
            reasons[key] = f"its move to {attempt.target or 'another host'} is under way"
        sentences = [failure] if failure else []
        sentences += [
            f"The server {one.name!r} ({one.id}) is still there: {reasons[one.id]}."
            for one in self._standing
            if one.id not in found.left
        ]
        aboard = {one.id for one in self._standing}
        sentences += [
            f"The server {attempt.name!r} ({key}) is on its way to {attempt.target or 'another host'}."
            for key, attempt in tracker.under_way.items()
            if key not in aboard
        ]
        return DrainResult(tracker.done, self._standing, reasons, " ".join(sentences))


def _state(server: Server) -> tuple[object, ...]:
    """What decides whether and how it moves."""
    return server.host, server.vm_state, server.task_state, server.tags
