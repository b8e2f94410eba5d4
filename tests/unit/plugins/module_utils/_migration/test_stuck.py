# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""When a live migration counts as stuck."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.stuck import CopyWatch, patience
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import LiveMigration


@pytest.mark.parametrize(("memory", "seconds"), [(0, 60), (512, 60), (2048, 60), (4096, 120), (65536, 1920)])
def test_a_larger_server_may_go_longer_without_progress(memory: int, seconds: float) -> None:
    assert patience(60.0, memory << 20) == seconds


@pytest.mark.parametrize(
    ("observations", "still"),
    [
        ([(0, "running", 100), (30, "running", 100)], 30),
        ([(0, "running", 100), (30, "running", 99), (50, "running", 99)], 20),
        ([(0, "running", 100), (30, "running", 120), (50, "running", 100)], 50),  # dirtied as fast as it is copied
        ([(0, "queued", None), (900, "queued", None)], 0),
        ([(0, "queued", None), (900, "queued", None), (910, "running", None), (950, "running", None)], 0),
        ([(0, "running", None), (10, "running", 100), (50, "running", 100)], 40),
        ([(0, "running", 0), (50, "post-migrating", 0)], 50),
    ],
)
def test_for_how_long_nothing_was_copied(observations: list[tuple[float, str, int | None]], still: float) -> None:
    watch = CopyWatch()
    migrations = [
        (now, LiveMigration(7, state, left or 0, 0 if left is None else 200)) for now, state, left in observations
    ]
    seconds = [watch.seconds_still("s", migration, now) for now, migration in migrations]
    assert seconds[-1] == still


def test_another_migration_of_the_same_server_begins_anew() -> None:
    watch = CopyWatch()
    watch.seconds_still("s", LiveMigration(7, "running", 100, 200), 0.0)
    assert watch.seconds_still("s", LiveMigration(8, "running", 150, 200), 90.0) == 0
