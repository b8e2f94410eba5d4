# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How far a roll is."""

from __future__ import annotations

from datetime import datetime

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.progress import how_far

from tests.unit.plugins.module_utils._roll.events import all_phases, begun, resumed, roll_of

NOON = datetime(2026, 11, 21, 12, 0)
BEGUN = begun(100, "a", "0", "1", "2", "3")


def test_before_a_host_is_done_no_end_is_known() -> None:
    assert how_far(roll_of(BEGUN), 120, NOON) == "0 of 3 hosts done, 0 servers moved"


def test_the_end_is_estimated_from_the_pace_so_far() -> None:
    roll = roll_of(BEGUN, *all_phases(100, "a"))
    assert how_far(roll, 150, NOON) == "1 of 3 hosts done, 4 servers moved, about 2 min left, until 12:01"
    assert how_far(roll, 104.3, NOON).endswith("about 9 s left, until 12:00")


def test_only_the_servers_of_hosts_that_are_done_count_as_moved() -> None:
    roll = roll_of(BEGUN, begun(100, "b", "4", "5"), *all_phases(100, "b"))
    assert how_far(roll, 150, NOON).startswith("1 of 3 hosts done, 2 servers moved, ")


def test_only_the_pace_of_this_run_counts() -> None:
    roll = roll_of(BEGUN, *all_phases(100, "a"), resumed(900, "a", "b", "c"))
    assert how_far(roll, 901, NOON) == "1 of 3 hosts done, 4 servers moved"
