# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The requests of a drain of two hundred servers, counted by what they are for, and a budget for each kind."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD
from fake.cloud import FakeCloud
from fake.moves import Behaviour, Outcome
from fake.operator import Operator
from fake.wire import Request

SERVERS, STOPPED, HANGING, REFUSED = 200, 30, 5, 5
AT_ONCE = 10
# Beside those in the budget of each tick: hypervisors, traits of hosts that bring servers back, aggregates, groups,
# what servers hold, and the newest record before the maintenance.
FIRST_OBSERVATION = 5
# All services at first, and that of the host before and after it bears the mark.
SERVICES = 3
# At the end: who else holds an allocation on the host.
LAST_OBSERVATION = 1

KINDS = {
    "tick: records": r"GET compute /v2\.1/os-migrations",
    "tick: servers": r"GET compute /v2\.1/servers/detail",
    "tick: service": r"GET compute /v2\.1/os-services",
    "tick: capacity": r"GET placement /allocation_candidates",
    "progress": r"GET compute /v2\.1/servers/[^/]+/migrations",
    "one server": r"GET compute /v2\.1/servers/[^/]+",
    "abort": r"DELETE compute /v2\.1/servers/[^/]+/migrations/\d+",
    "action": r"POST compute /v2\.1/servers/[^/]+/action",
    "mark": r"PUT compute /v2\.1/os-services/[^/]+",
}


@dataclass(frozen=True)
class DrainCost:
    """What a drain achieved, and the requests that it took.

    :ivar moved: how many servers moved, by kind of migration. :ivar left_behind: how many are still on the host.
    :ivar spent: how many requests it took, by kind of request.
    :ivar most_moving: the most live migrations whose progress was asked for in one tick.
    """

    moved: Counter[str]
    left_behind: int
    spent: Counter[str]
    most_moving: int

    @property
    def budget(self) -> dict[str, int]:
        """Return the most requests of each kind that so many ticks, moves and attempts may take."""
        ticks = self.spent["tick: records"] - 2  # and once for old disks, once for the newest
        return {
            "tick: records": ticks + 2,
            "tick: servers": ticks + 1,
            "tick: service": ticks + SERVICES,
            "tick: capacity": ticks + 1,
            "progress": ticks * AT_ONCE,
            "action": SERVERS + HANGING + REFUSED,
            # For each attempt before it and when it ended, and for each cold move again when it was confirmed.
            "one server": 2 * (SERVERS + HANGING + REFUSED) + self.moved[COLD],
            "confirm": self.moved[COLD],
            "abort": HANGING,
            "mark": 1,
            "first and last observation": FIRST_OBSERVATION + LAST_OBSERVATION,
        }


def kind(request: Request) -> str:
    """Return what a request is for: one of ``KINDS``, a confirmation, or else the first or the last observation."""
    if request.method == "POST" and "confirmResize" in request.body:
        return "confirm"
    return next(
        (name for name, form in KINDS.items() if re.fullmatch(form, str(request))), "first and last observation"
    )


def drain() -> DrainCost:
    """Drain a host of two hundred servers, some of which hang or are refused at first."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "cmp04", vcpus=SERVERS)
    cloud.aggregate("nvme", *cloud.world.hosts)
    cloud.moves.live_at_once = AT_ONCE
    for number in range(SERVERS):
        cloud.boot(f"web{number:03}", "cmp01", "stopped" if number < STOPPED else "active")
    for number in range(HANGING):
        cloud.moves.behave(f"web{100 + number}", Behaviour(Outcome.HANGS, times=1))
    for number in range(REFUSED):
        cloud.moves.behave(f"web{150 + number}", Behaviour(Outcome.ERROR, times=1))
    moving = Counter[float]()  # live migrations whose progress was asked for, by the time of the tick
    cloud.watchers.append(lambda request: moving.update([cloud.clock.now()] * (kind(request) == "progress")))
    result = Operator(cloud, max_concurrent=AT_ONCE, migration_timeout=20.0).start("cmp01")
    moved = Counter(move["kind"] for move in result["moved"])
    return DrainCost(moved, len(cloud.names_on("cmp01")), Counter(map(kind, cloud.asked())), max(moving.values()))
