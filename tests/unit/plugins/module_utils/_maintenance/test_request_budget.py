# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The requests of a drain of two hundred servers: each is in a budget that names what it is for."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD, LIVE
from fake.request_budget import AT_ONCE, SERVERS, STOPPED, drain

# These are as many as the budget says, whatever else happens; the others may be fewer.
EXACT = ("action", "confirm", "abort", "mark", "first and last observation")


def test_every_request_of_a_drain_is_in_the_budget() -> None:
    cost = drain()
    assert cost.moved == {LIVE: SERVERS - STOPPED, COLD: STOPPED} and cost.left_behind == 0
    assert cost.most_moving <= AT_ONCE
    assert set(cost.spent) == set(cost.budget)
    assert all(cost.spent[kind] <= most for kind, most in cost.budget.items()), cost
    assert all(cost.spent[kind] == cost.budget[kind] for kind in EXACT), cost
    # Most ticks ask for the records alone.
    assert 2 * cost.spent["tick: servers"] < cost.spent["tick: records"], cost
