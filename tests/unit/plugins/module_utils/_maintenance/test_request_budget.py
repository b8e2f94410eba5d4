# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a drain of two hundred servers costs: every request is in a budget that names what it is for."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD, LIVE
from fake.toll import AT_ONCE, SERVERS, STOPPED, drain

# These are as many as the budget says, whatever else happens; the others may be fewer.
EXACT = ("action", "confirm", "abort", "mark", "first and last look")


def test_every_request_of_a_drain_is_in_the_budget() -> None:
    toll = drain()
    assert toll.moved == {LIVE: SERVERS - STOPPED, COLD: STOPPED} and toll.left_behind == 0
    assert toll.most_moving <= AT_ONCE
    assert set(toll.spent) == set(toll.budget)
    assert all(toll.spent[kind] <= most for kind, most in toll.budget.items()), toll
    assert all(toll.spent[kind] == toll.budget[kind] for kind in EXACT), toll
    # Most ticks look at the records alone.
    assert 2 * toll.spent["tick: servers"] < toll.spent["tick: records"], toll
