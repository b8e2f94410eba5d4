# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Live migrations that copy disks: one that is forced, and one that gets stuck at them."""

from __future__ import annotations

import math

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import Behaviour
from tests.unit.fake.progress import Progress

DISK = 4096 << 20  # bytes


@pytest.fixture
def guest(cloud: FakeCloud) -> Guest:
    return cloud.boot("web", "cmp01")


def progress(cloud: FakeCloud, guest: Guest) -> Progress:
    (move,) = cloud.moves.live_migrations(guest)
    return move.progress(cloud.clock.now())


def test_one_that_is_forced_copies_the_rest_of_its_disks(cloud: FakeCloud, guest: Guest) -> None:
    cloud.moves.behave("web", Behaviour(disk_mb=4096, disk_seconds=60.0, seconds=60.0))
    cloud.move(guest, "cmp02")
    cloud.clock.sleep(10.0)
    (move,) = cloud.moves.live_migrations(guest)
    cloud.moves.force(move)
    cloud.clock.sleep(45.0)
    shown = progress(cloud, guest)
    assert guest.host == "cmp01" and (shown.memory_total, shown.disk_total) == (0, DISK)
    cloud.clock.sleep(10.0)
    assert guest.host == "cmp02"


def test_one_that_is_stuck_at_its_disks(cloud: FakeCloud, guest: Guest) -> None:
    cloud.moves.behave("web", Behaviour(disk_mb=4096, disk_seconds=math.inf))
    cloud.move(guest, "cmp02")
    cloud.clock.sleep(3600.0)
    assert progress(cloud, guest) == Progress(0, 0, DISK, DISK) and guest.host == "cmp01"
