# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A record is closed once every host is done, and otherwise left for the next run."""

from __future__ import annotations

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, Runs


def test_a_roll_is_closed_once_its_last_host_is_back(runs: Runs) -> None:
    runs.open(hosts=("a",))
    runs.next_batch()
    runs.record("a", *ALL_EVENTS[:-1])
    assert not runs.close()["closed"]
    runs.record("a", *ALL_EVENTS[-1:])
    assert runs.close()["closed"]
    assert runs.lines[-1] == "nvme roll: finished, 1 of 1 hosts done"
