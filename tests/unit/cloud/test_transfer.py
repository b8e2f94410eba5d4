# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a live migration reports of its progress."""

from __future__ import annotations

import pytest

from tests.cloud.embedded.transfer import Progress

DISK, MEMORY = 4000, 1000


def after(took: float, disk_seconds: float = 4.0, memory_seconds: float = 2.0, hangs: bool = False) -> Progress:
    return Progress.after(
        took, disk=DISK, disk_seconds=disk_seconds, memory=MEMORY, memory_seconds=memory_seconds, hangs=hangs
    )


@pytest.mark.parametrize(
    ("took", "expected"),
    [
        (0.0, Progress(0, 0, DISK, DISK)),
        (1.0, Progress(0, 0, DISK, 3000)),
        (3.0, Progress(0, 0, DISK, 1000)),
        (4.0, Progress(MEMORY, MEMORY, DISK, 0)),
        (5.0, Progress(MEMORY, 500, DISK, 0)),
        (6.0, Progress(MEMORY, 0, DISK, 0, done=True)),
    ],
)
def test_disks_come_first_and_memory_is_nothing_of_nothing_meanwhile(took: float, expected: Progress) -> None:
    assert after(took) == expected


def test_one_that_hangs_stops_half_way_through_the_memory() -> None:
    assert after(4.5, hangs=True) == Progress(MEMORY, 750, DISK, 0)
    assert after(3600.0, hangs=True) == Progress(MEMORY, 500, DISK, 0)


def test_one_that_takes_no_time_is_done_at_once() -> None:
    assert after(0.0, disk_seconds=0.0, memory_seconds=0.0).done


def test_one_that_is_forced_still_copies_its_disks() -> None:
    assert not after(3.9, memory_seconds=0.0).done and after(4.0, memory_seconds=0.0).done


def test_the_percentage_is_that_of_the_memory() -> None:
    assert [after(took).percent for took in (3.0, 4.0, 5.0, 6.0)] == [0, 0, 50, 100]
