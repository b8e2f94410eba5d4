# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll knows which of its hosts are done, unfinished, verified, under way, failed, and waiting."""

from __future__ import annotations

from tests.unit.plugins.module_utils._roll.events import all_phases, begun, event, resumed, roll_of

HOSTS = ["a", "b", "c", "d", "e"]


def test_each_host_is_where_its_last_event_left_it() -> None:
    roll = roll_of(
        *(begun(100, host) for host in "bac"),
        *all_phases(100, "b"),
        *all_phases(100, "a")[:3],
        event(140, "failed", host="c", reason="no boot"),
        hosts=HOSTS,
    )
    assert (roll.done, roll.unfinished) == (["b"], ["a", "c"])
    assert (roll.verified, roll.under_way, roll.failed) == (["a"], ["a"], {"c": "no boot"})
    assert (roll.remaining, roll.waiting) == (["a", "d", "e"], ["d", "e"])


def test_hosts_remain_in_the_order_of_the_plan() -> None:
    assert roll_of(begun(100, "b"), hosts=["c", "b", "a"]).remaining == ["c", "b", "a"]


def test_a_turn_lasts_until_its_host_is_done_or_failed() -> None:
    turn, (*phases, returned) = begun(100, "a", "1"), all_phases(100, "a")
    assert roll_of().turn_of("a") is None
    for more in ([], phases):
        under_way = roll_of(turn, *more).turn_of("a")
        assert under_way and [move["server"] for move in under_way.moves] == ["1"]
    assert roll_of(turn, *phases, returned).turn_of("a") is None
    assert roll_of(turn, event(110, "failed", host="a", reason="no boot")).turn_of("a") is None


def test_a_turn_of_an_earlier_run_has_not_come_in_this_one() -> None:
    roll = roll_of(begun(100, "a", "1"), resumed(200, "a"))
    assert (roll.turn_of("a"), roll.waiting, roll.under_way) == (None, ["a"], [])
    again = roll_of(begun(100, "a", "1"), resumed(200, "a"), begun(210, "a", "2")).turn_of("a")
    assert again and [move["server"] for move in again.moves] == ["2"]


def test_a_turn_has_come_also_when_the_clock_was_put_back() -> None:
    assert roll_of(resumed(200, "a"), begun(150, "a", "1")).turn_of("a")
