# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""An operator who starts and stops the maintenance of hosts in the fake cloud, each time as a new process would."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.options import Options
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.ownership import Keeper
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.start import Start
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.stop import Stop
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.pace import Clock

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Act, Killed


class Operator:
    """:param clock: that of the cloud by default.
    :param defaults: options of every maintenance, beside the host and the owner ``me``; ``roll`` for that of a roll.

    :ivar lines: the lines of progress that were shown.
    """

    def __init__(self, cloud: FakeCloud, clock: Clock | None = None, **defaults: Any) -> None:
        self._cloud, self._defaults = cloud, {"owner": "me", **defaults}
        self._clock = clock or Clock(cloud.clock.now, cloud.clock.sleep)
        self.lines: list[str] = []

    def _options(self, host: str, options: dict[str, Any]) -> Options:
        given = {**self._defaults, **options}
        keeper = Keeper(given.pop("owner"), given.pop("roll", ""), given.pop("takeover", False))
        return Options(host=host, keeper=keeper, **given)

    def look_to_start(self, host: str, **options: Any) -> Start:
        return Start(self._cloud.connect_directly(self.lines.append), self._options(host, options), self._clock)

    def look_to_stop(self, host: str, **options: Any) -> Stop:
        return Stop(self._cloud.connect_directly(self.lines.append), self._options(host, options), self._clock)

    def start(self, host: str, **options: Any) -> dict[str, Any]:
        work = self.look_to_start(host, **options)
        return work.apply() if work.changed else work.predict()

    def stop(self, host: str, **options: Any) -> dict[str, Any]:
        work = self.look_to_stop(host, **options)
        return work.apply() if work.changed else work.predict()

    def dies_at(self, number: int, act: Act, after: bool, job: str, host: str) -> bool:
        """Start or stop a maintenance, and be killed at a request.

        :param number: of the request, from 1. :param after: whether the cloud does what it asks for first.
        :param job: ``start`` or ``stop``.
        :returns: whether it was killed; False if it ended before that request.
        """
        self._cloud.faults.plant(act, at=number, after=after)
        try:
            getattr(self, job)(host)
        except Killed:
            return True
        finally:
            self._cloud.faults.clear()
        return False
