# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Limits that several jobs keep together: three drains and three returns, side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.beside import NOTE, Beside
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.limits import MigrationLimits
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import LIVE, Move
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator
from tests.unit.fake.together import Together

HOSTS = ("cmp01", "cmp02", "cmp03")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path)


@pytest.fixture
def pool() -> Iterator[FakeCloud]:
    yield pool_of([3, 3, 3])


def pool_of(servers: list[int]) -> FakeCloud:
    """Two empty hosts, and three with so many servers, every fourth of them shut off."""
    cloud = FakeCloud(*HOSTS, "cmp04", "cmp05", vcpus=40)
    cloud.aggregate("nvme", *HOSTS, "cmp04", "cmp05")
    cloud.moves.live_at_once = 10
    for host, count in zip(HOSTS, servers, strict=True):
        for number in range(count):
            cloud.boot(f"{host}-{number}", host, "stopped" if number % 4 == 3 else "active")
    return cloud


class Most:
    """The most that was under way at any moment, in all and into one host."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud, self.in_all, self.into_one = cloud, 0, 0
        cloud.clock.on_tick(self._count)

    def _count(self) -> None:
        targets = Counter(move.target for move in self._cloud.moves.under_way)
        self.in_all = max(self.in_all, targets.total())
        self.into_one = max(self.into_one, *targets.values(), 0)


def maintain(cloud: FakeCloud, job: str, **options: object) -> None:
    """Start or stop the maintenances of the three hosts side by side."""
    targets = {"targets": ("cmp04", "cmp05")} if job == "start" else {}
    Together(cloud.clock).run(
        *(lambda clock, host=host: getattr(Operator(cloud, clock, **targets, **options), job)(host) for host in HOSTS)
    )


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    servers=st.lists(st.integers(0, 6), min_size=3, max_size=3),
    own=st.integers(1, 4),
    target=st.integers(0, 3),
    together=st.integers(0, 5),
)
def test_three_drains_never_have_more_under_way_than_they_may(
    servers: list[int], own: int, target: int, together: int
) -> None:
    cloud = pool_of(servers)
    homes = {guest.id: guest.host for guest in cloud.world.guests.values()}
    most = Most(cloud)
    limits = {"max_concurrent": own, "max_per_target": target, "max_in_pool": together}
    with TemporaryDirectory() as folder:
        for job in ("start", "stop"):
            maintain(cloud, job, folder=folder, **limits)
            assert most.in_all <= min(together or 99, 3 * own)
            assert most.into_one <= (target or 99)
            away = [guest.name for guest in cloud.world.guests.values() if guest.host == homes[guest.id]]
            assert len(away) == (0 if job == "start" else sum(servers))


def test_as_many_are_under_way_as_may_be(pool: FakeCloud, folder: str) -> None:
    most = Most(pool)
    maintain(pool, "start", folder=folder, max_in_pool=3, max_per_target=2)
    assert (most.in_all, most.into_one) == (3, 2)


def test_without_limits_nothing_is_asked_and_nothing_noted(pool: FakeCloud, folder: str) -> None:
    most = Most(pool)
    maintain(pool, "start", folder=folder)
    assert most.in_all == 6 and [*Path(folder).iterdir()] == []
    assert not any("status" in request.query for request in pool.asked("GET", "/servers/detail"))


def test_a_job_of_its_own_keeps_the_limit_into_a_host(pool: FakeCloud) -> None:
    most = Most(pool)
    Operator(pool).start("cmp01", targets=("cmp04",), max_concurrent=3, max_per_target=1)
    assert most.in_all == 1 and pool.names_on("cmp01") == []


def test_what_a_killed_job_left_under_way_counts_until_it_is_over(pool: FakeCloud, folder: str) -> None:
    """Somebody else's move does not."""
    ours, theirs = (pool.world.guests[key] for key in [*pool.world.guests][:2])
    for guest in (ours, theirs):
        pool.move(guest, "cmp05")
    (Path(folder) / NOTE).write_text(json.dumps({ours.id: "cmp05", "gone": "cmp05"}))
    beside = Beside(pool.connect_directly(), MigrationLimits(max_in_pool=4, max_per_target=2, folder=folder))
    with beside.room({}, free=9, waiting=1) as room:
        assert (room.free, room.into) == (3, {"cmp05": 1})
    pool.clock.sleep(60)
    with beside.room({}, free=9, waiting=1) as room:
        assert (room.free, room.into) == (4, {})


def test_one_job_at_a_time_looks_and_asks(pool: FakeCloud, folder: str) -> None:
    limits, seen = MigrationLimits(max_in_pool=1, folder=folder), []
    guest = next(iter(pool.world.guests.values()))

    def other() -> None:
        with Beside(pool.connect_directly(), limits).room({}, free=9, waiting=1) as room:
            seen.append(room.free)

    beside, thread = Beside(pool.connect_directly(), limits), Thread(target=other)
    with beside.room({}, free=9, waiting=1) as room:
        thread.start()
        assert room.free == 1
        beside.note([Move(Server(guest.id, guest.name, "cmp01", "ACTIVE", "active", None), LIVE, "cmp04")])
        pool.move(guest, "cmp04")
    thread.join()
    assert seen == [0]


def test_one_that_waits_for_room_longer_than_it_may_says_what_is_left(pool: FakeCloud, folder: str) -> None:
    pool.moves.behave("cmp01-0", Behaviour(Outcome.HANGS))
    stuck = next(guest for guest in pool.world.guests.values() if guest.name == "cmp01-0")
    pool.move(stuck, "cmp05")
    (Path(folder) / NOTE).write_text(json.dumps({stuck.id: "cmp05"}))
    with pytest.raises(Interrupted, match=r"90 seconds \('timeout'\) are over"):
        Operator(pool, folder=folder, max_in_pool=1).start("cmp02", timeout=90.0)
    assert len(pool.names_on("cmp02")) == 3


def test_a_note_that_cannot_be_read_is_named(pool: FakeCloud, folder: str) -> None:
    (Path(folder) / NOTE).write_text("[]")
    with pytest.raises(Interrupted, match=r"moves\.json does not say where servers are moving .*: delete it"):
        Operator(pool, folder=folder, max_in_pool=1).start("cmp02")
