# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Look after the live migrations under way: how far each is, and what to do with one that is stuck."""

from __future__ import annotations

from collections.abc import Callable

from .._errors import CloudError
from .._openstack.cloud import Cloud
from .._openstack.migration import LiveMigration
from .limits import MigrationLimits
from .move import LIVE
from .stuck import CopyWatch, patience
from .tracker import Tracker

EVERY = 5.0  # seconds, also before the first look: most migrations of small servers are over by then


class LiveProgress:
    """Asks for each live migration under way, for only there Nova shows what it has copied.

    :ivar percents: how much is copied, by server.
    :ivar blocked: why no other server can leave: Nova migrates one at a time out of a host, and that one hangs.
    """

    def __init__(self, cloud: Cloud, limits: MigrationLimits, tracker: Tracker) -> None:
        self._cloud, self._limits, self._tracker = cloud, limits, tracker
        self._copies = CopyWatch()
        self._next = 0.0  # when to look again
        self._ended: set[int] = set()  # migrations that we asked Nova to end
        self.percents: dict[str, int | None] = {}
        self.blocked = ""

    def watch(self, now: float) -> None:
        """Look at each now and then, and deal with those that are stuck.

        :param now: monotonic seconds.
        """
        if now < self._next:
            return
        migrations = self._migrations(now)
        if migrations:
            self._next = now + EVERY
        self.percents = {server: migration.percent for server, migration in migrations.items()}
        for server, migration in migrations.items():
            still = self._copies.seconds_still(server, migration, now)
            if still > patience(self._limits.migration_timeout, migration.total) and migration.id not in self._ended:
                self._ended.add(migration.id)
                self._deal_with(server, migration, f"nothing was copied for {still:.0f} seconds", now)
        for server, migration in migrations.items() if self.blocked else ():
            waits = migration.status == "queued" and server in self._tracker.under_way
            if waits and migration.id not in self._ended:
                self._ended.add(migration.id)
                self._abort(server, migration, self.blocked)

    def _migrations(self, now: float) -> dict[str, LiveMigration]:
        migrations = {}
        for server, attempt in self._tracker.under_way.items():
            if attempt.kind == LIVE and now - attempt.since >= EVERY:
                # The newest: one that Nova forgot stands in the list for ever.
                listed = self._cloud.nova.live_migrations(server)
                newest = max(listed, key=lambda migration: migration.id, default=None)
                migrations.update({server: newest} if newest else {})
        return migrations

    def _deal_with(self, server: str, migration: LiveMigration, why: str, now: float) -> None:
        """Once for each migration; what comes of it, the next looks tell."""
        if self._limits.on_stuck == "fail":
            name = self._tracker.under_way.pop(server).name
            self._tracker.given_up[server] = f"{why}; its migration still runs, for 'on_stuck: fail' leaves it alone"
            self.blocked = f"The migration of {name!r} is stuck ({why}) and blocks the others."
        elif self._limits.on_stuck == "force_complete" and migration.status == "running":
            self._force(server, migration, why, now)
        else:
            self._abort(server, migration, why)

    def _force(self, server: str, migration: LiveMigration, why: str, now: float) -> None:
        """Have it completed, which pauses the guest for the rest of the copy; abort it where that is too long."""
        pause, limit = self._copies.seconds_left(server, now), self._limits.max_pause
        told = f"about {pause:.0f} seconds" if pause is not None else "nobody knows how long"
        if limit is not None and (pause is None or pause > limit):
            self._abort(server, migration, f"{why}; completing it would pause the guest for {told}")
            return
        self._show(server, f"is completed by force, which pauses its guest for {told}")
        self._ask(self._cloud.nova.force_complete, server, migration, why)

    def _abort(self, server: str, migration: LiveMigration, why: str) -> None:
        self._ask(self._cloud.nova.abort_live_migration, server, migration, why)

    def _ask(self, end: Callable[[str, int], object], server: str, migration: LiveMigration, why: str) -> None:
        try:
            end(server, migration.id)
        except CloudError as error:
            # Over in the meantime (404, 409), or not in a state or with a driver that can (400): the record tells.
            if error.status not in (400, 404, 409):
                raise
            self._show(server, str(error))
            return
        self._tracker.notes[server] = why

    def _show(self, server: str, line: str) -> None:
        self._cloud.show_progress(f"{self._tracker.under_way[server].name}: {line}")
