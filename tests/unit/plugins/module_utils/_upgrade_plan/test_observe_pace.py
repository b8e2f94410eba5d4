# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What Nova's records tell of how long moves take."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.observe_pace import observe_pace
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import ASSUMED, Pace
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pool import ObservedPool, PoolMember

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.operator import Operator


def pool(*hosts: str, **gib: float) -> ObservedPool:
    """:param gib: memory of servers by uuid."""
    needs = {server.replace("_", "-"): {"MEMORY_MB": round(size * 1024)} for server, size in gib.items()}
    return ObservedPool([PoolMember(host, None, 1, None) for host in hosts], needs=needs)


def moved() -> FakeCloud:
    """A cloud in which cmp01 was drained of five servers, and cmp03 of one."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03")
    for number in range(5):
        cloud.boot(f"web{number}", "cmp01")
    cloud.boot("other", "cmp03")
    for host in ("cmp01", "cmp03"):
        Operator(cloud).start(host)
    cloud.forget_requests()
    return cloud


def test_the_newest_records_of_the_pool_are_one_request() -> None:
    cloud = moved()
    pace = observe_pace(cloud.connect(), pool("cmp01", "cmp02"), ASSUMED)
    (request,) = cloud.asked(path="/os-migrations")
    assert request.query == {"migration_type": "live-migration", "status": "completed", "limit": "1000"}
    records = [record for record in cloud.world.records if record.source == "cmp01"]
    lasted = {(record.updated - record.created).total_seconds() for record in records if record.updated}
    assert pace.moves_seen == 5 and min(lasted) <= pace.seconds_per_move <= max(lasted)


def test_servers_whose_memory_is_known_count_alone_if_there_are_any() -> None:
    cloud = moved()
    keys = [record.server for record in cloud.world.records][:3]
    pace = observe_pace(cloud.connect(), pool("cmp01", "cmp02", **dict.fromkeys(keys, 4.0)), ASSUMED)
    assert pace.moves_seen == 3


def test_where_there_are_no_records_the_assumption_stands() -> None:
    cloud = FakeCloud("cmp01")
    assert observe_pace(cloud.connect(), pool("cmp01"), Pace(moves_at_once=7)) == Pace(moves_at_once=7)
