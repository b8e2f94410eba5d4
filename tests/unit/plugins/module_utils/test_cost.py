# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a drain of two hundred servers costs: every request is in a budget that names what it is for."""

from __future__ import annotations

import re
from collections import Counter

from ansible_collections.stackops.aggregates.plugins.module_utils._moves import COLD, LIVE
from fake.cloud import FakeCloud
from fake.moves import Behaviour, Outcome
from fake.operator import Operator
from fake.wire import Request

SERVERS, STOPPED, HANGING, REFUSED = 200, 30, 5, 5
AT_ONCE = 10
# Beside those in the budget of each tick: services, hypervisors, traits of returns, aggregates, groups, what servers
# hold, and the service once more when it bears the mark.
FIRST_LOOK = 7

KINDS = {
    "tick: records": r"GET compute /v2\.1/os-migrations",
    "tick: servers": r"GET compute /v2\.1/servers/detail",
    "tick: room": r"GET placement /allocation_candidates",
    "progress": r"GET compute /v2\.1/servers/[^/]+/migrations",
    "one server": r"GET compute /v2\.1/servers/[^/]+",
    "abort": r"DELETE compute /v2\.1/servers/[^/]+/migrations/\d+",
    "action": r"POST compute /v2\.1/servers/[^/]+/action",
    "mark": r"PUT compute /v2\.1/os-services/[^/]+",
}


def kind(request: Request) -> str:
    """What a request is for; whatever is in no list belongs to the first look."""
    if request.method == "POST" and "confirmResize" in request.body:
        return "confirm"
    return next((name for name, form in KINDS.items() if re.fullmatch(form, str(request))), "first look")


def test_every_request_of_a_drain_is_in_the_budget() -> None:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "cmp04", vcpus=SERVERS)
    cloud.aggregate("nvme", *cloud.world.hosts)
    cloud.moves.live_at_once = AT_ONCE
    for number in range(SERVERS):
        cloud.boot(f"web{number:03}", "cmp01", "stopped" if number < STOPPED else "active")
    for number in range(HANGING):
        cloud.moves.behave(f"web{100 + number}", Behaviour(Outcome.HANGS, times=1))
    for number in range(REFUSED):
        cloud.moves.behave(f"web{150 + number}", Behaviour(Outcome.ERROR, times=1))
    moving = Counter[float]()  # moves in flight when it is looked at them, by the time of the tick
    cloud.watchers.append(lambda request: moving.update([cloud.clock.now()] * (kind(request) == "progress")))
    result = Operator(cloud, max_concurrent=AT_ONCE, migration_timeout=20.0).start("cmp01")
    moved = Counter(one["kind"] for one in result["moved"])
    assert moved == {LIVE: SERVERS - STOPPED, COLD: STOPPED} and cloud.names_on("cmp01") == []

    spent = Counter(kind(one) for one in cloud.asked())
    ticks = spent["tick: records"] - 1  # and once for old disks
    assert spent["tick: servers"] == ticks + 1 and spent["tick: room"] <= ticks + 1
    assert max(moving.values()) <= AT_ONCE
    assert spent["action"] == SERVERS + HANGING + REFUSED
    assert spent["one server"] == moved[LIVE] + 2 * moved[COLD]  # a cold one when it arrived, and when it is confirmed
    assert spent["confirm"] == moved[COLD]
    assert spent["abort"] == HANGING
    assert spent["mark"] == 1
    assert spent["first look"] == FIRST_LOOK
