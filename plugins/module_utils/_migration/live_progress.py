# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Look after the live migrations under way: how far each is, and what to do with one that is stuck."""

from __future__ import annotations

from collections.abc import Mapping

from .._errors import CloudError
from .._openstack.cloud import Cloud
from .._openstack.model import LiveMigration, Server
from .move import LIVE
from .stuck import CopyWatch, patience
from .tracker import Tracker

EVERY = 5.0  # seconds, also before the first look: most moves of small servers are over by then


class LiveProgress:
    """One request for each live migration under way, for only there Nova shows its memory.

    :param timeout: seconds without progress for a small server (_stuck).
    :param on_stuck: ``abort``, ``force_complete`` or ``fail``.
    """

    def __init__(self, cloud: Cloud, timeout: float, on_stuck: str) -> None:
        self._cloud, self._timeout, self._on_stuck = cloud, timeout, on_stuck
        self._watch = CopyWatch()
        self._next = 0.0  # when to look again
        self._dealt_with: set[int] = set()  # migrations
        self.percents: dict[str, int | None] = {}
        self.blocked = ""  # why no other server can leave: Nova moves one at a time out of a host, and that one hangs

    def watch(self, tracker: Tracker, servers: Mapping[str, Server], now: float) -> None:
        """Look at each now and then, and deal with those that are stuck.

        :param servers: those that are still where they were; others have moved.
        """
        if now < self._next:
            return
        found: dict[str, LiveMigration] = {}
        for key, attempt in tracker.under_way.items():
            if attempt.kind == LIVE and key in servers and now - attempt.since >= EVERY:
                # The newest: one that Nova forgot stands in the list for ever.
                newest = max(self._cloud.nova.live_migrations(key), key=lambda one: one.id, default=None)
                found.update({key: newest} if newest else {})
        if found:
            self._next = now + EVERY
        self.percents = {key: transfer.percent for key, transfer in found.items()}
        for key, transfer in found.items():
            still = self._watch.still_for(key, transfer, now)
            if still > patience(self._timeout, servers[key].memory) and transfer.id not in self._dealt_with:
                self._dealt_with.add(transfer.id)
                self._deal_with(tracker, key, transfer, f"nothing was copied for {still:.0f} seconds")
        for key, transfer in found.items() if self.blocked else ():
            if transfer.status == "queued" and key in tracker.under_way and transfer.id not in self._dealt_with:
                self._dealt_with.add(transfer.id)
                self._end(tracker, key, transfer, self.blocked)

    def _deal_with(self, tracker: Tracker, key: str, transfer: LiveMigration, why: str) -> None:
        """Once for each migration; what comes of it, the next looks tell."""
        if self._on_stuck != "fail":
            self._end(tracker, key, transfer, why)
            return
        name = tracker.under_way.pop(key).name
        tracker.given_up[key] = f"{why}; its migration still runs, for 'on_stuck: fail' leaves it alone"
        self.blocked = f"The migration of {name!r} is stuck ({why}) and blocks the others."

    def _end(self, tracker: Tracker, key: str, transfer: LiveMigration, why: str) -> None:
        """Abort it, or have it completed; one that waits in the queue can only be aborted."""
        forcing = self._on_stuck == "force_complete" and transfer.status == "running"
        act = self._cloud.nova.force_complete if forcing else self._cloud.nova.abort_live_migration
        try:
            act(key, transfer.id)
        except CloudError as error:
            # Over in the meantime (404, 409), or not in a state or with a driver that can (400): the record tells.
            if error.status not in (400, 404, 409):
                raise
            self._cloud.show_progress(f"{tracker.under_way[key].name}: {error}")
            return
        tracker.notes[key] = why
