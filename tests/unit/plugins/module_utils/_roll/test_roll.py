# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll knows which of its hosts are done, unfinished, verified, at work, and failed."""

from __future__ import annotations

from tests.unit.plugins.module_utils._roll.events import all_phases, batch, event, roll_of


def test_each_host_is_where_its_last_event_left_it() -> None:
    roll = roll_of(
        batch(100, "b", "a", "c"),
        *all_phases(100, "b"),
        *all_phases(100, "a")[:3],
        event(140, "failed", host="c", reason="no boot"),
    )
    assert (roll.done, roll.unfinished) == (["b"], ["a", "c"])
    assert (roll.verified, roll.at_work, roll.failed) == (["a"], ["a"], {"c": "no boot"})
