# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Moves out of a host that a drain began and did not see to their end: it was killed, or its time was over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ansible_collections.stackops.aggregates.plugins.module_utils._client import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._cloud import Cloud
from ansible_collections.stackops.aggregates.plugins.module_utils._drain import by_server
from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Migration, Server
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance import Clock, Options, Pace, settle
from ansible_collections.stackops.aggregates.plugins.module_utils._moves import Ledger, on_its_way
from ansible_collections.stackops.aggregates.plugins.module_utils._transfers import Transfers


class Exodus:
    """:ivar records: of all moves since the drain began, when none is under way any more."""

    def __init__(self, cloud: Cloud, options: Options, clock: Clock) -> None:
        self._cloud, self._options, self._clock = cloud, options, clock
        self._ledger = Ledger(retries=0)
        self.records: Sequence[Migration] = ()

    def moving(self, records: Sequence[Migration], standing: Iterable[Server]) -> bool:
        """Whether anything is on its way out, as these tell: records, and servers that were looked at after them."""
        self.records = records
        self._ledger.adopt((one for one in records if one.source == self._options.host), {}, self._clock.now())
        # The record of a move that was asked for just now may be missing yet.
        return bool(self._ledger.under_way) or any(on_its_way(one) for one in standing)

    def end(self, records: Callable[[], Sequence[Migration]]) -> str:
        """Wait for them, confirm cold ones, deal with those that are stuck. Returns why they do not end, or ``''``.

        :param records: asks for them.
        """
        try:
            return self._loop(records)
        except CloudError as error:
            return str(error)

    def _loop(self, records: Callable[[], Sequence[Migration]]) -> str:
        host, options, ledger = self._options.host, self._options, self._ledger
        pace = Pace(self._clock, options.timeout)
        transfers = Transfers(self._cloud, options.migration_timeout, options.on_stuck)
        while True:
            seen = records()
            standing, now = self._cloud.nova.servers(host), self._clock.now()
            moving = self.moving(seen, standing)
            happened = settle(self._cloud, ledger, by_server(seen), standing, now)
            transfers.watch(ledger, {one.id: one for one in standing}, now)
            if transfers.blocked or not moving:
                return transfers.blocked
            if pace.over:
                return f"{options.timeout:g} seconds ('timeout') are over."
            pace.wait(happened)
