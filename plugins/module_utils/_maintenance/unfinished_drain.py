# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Moves out of a host that a drain began and did not see to their end: it was killed, or its time was over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .._errors import CloudError
from .._migration.live_progress import LiveProgress
from .._migration.pace import Clock, Pace
from .._migration.records import by_server
from .._migration.requests import update_tracker
from .._migration.rules import on_its_way
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.model import Migration, Server
from .options import Options


class UnfinishedDrain:
    """:ivar records: of all moves since the drain began, when none is under way any more."""

    def __init__(self, cloud: Cloud, options: Options, clock: Clock) -> None:
        self._cloud, self._options, self._clock = cloud, options, clock
        self._tracker = Tracker(retries=0)
        self.records: Sequence[Migration] = ()

    def moving(self, records: Sequence[Migration], standing: Iterable[Server]) -> bool:
        """Whether anything is on its way out, as these tell: records, and servers that were looked at after them."""
        self.records = records
        self._tracker.track_existing(
            (one for one in records if one.source == self._options.host), {}, self._clock.now()
        )
        # The record of a move that was asked for just now may be missing yet.
        return bool(self._tracker.under_way) or any(on_its_way(one) for one in standing)

    def end(self, records: Callable[[], Sequence[Migration]]) -> str:
        """Wait for them, confirm cold ones, deal with those that are stuck. Returns why they do not end, or ``''``.

        :param records: asks for them.
        """
        try:
            return self._loop(records)
        except CloudError as error:
            return str(error)

    def _loop(self, records: Callable[[], Sequence[Migration]]) -> str:
        host, options, tracker = self._options.host, self._options, self._tracker
        pace = Pace(self._clock, options.timeout)
        live_migrations = LiveProgress(self._cloud, options.migration_timeout, options.on_stuck)
        while True:
            seen = records()
            standing, now = self._cloud.nova.servers(host), self._clock.now()
            moving = self.moving(seen, standing)
            happened = update_tracker(self._cloud, tracker, by_server(seen), standing, now)
            live_migrations.watch(tracker, {one.id: one for one in standing}, now)
            if live_migrations.blocked or not moving:
                return live_migrations.blocked
            if pace.over:
                return f"{options.timeout:g} seconds ('timeout') are over."
            pace.wait(happened)
