# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers of hosts under way are shared out: on their way back they wait for each other where they are on one host."""

from __future__ import annotations

from collections import Counter

from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import Turn

from tests.unit.fake.fleets import PoolBuilder, planned


def targets(*turns: Turn) -> list[int]:
    """How many of the servers of these hosts each target gets."""
    return sorted(Counter(move.target for turn in turns for move in turn.moves).values())


def test_no_target_gets_more_than_its_share_while_others_have_room(pool: PoolBuilder) -> None:
    pool.hosts(12, 4, vcpus=16)
    first = planned(pool, max_unavailable=3).turns[:3]
    assert [turn.begin for turn in first] == [0, 0, 0]
    assert targets(*first) == [4, 4, 4]
    assert [targets(turn) for turn in first] == [[2, 2]] * 3


def test_hosts_that_have_their_turn_soon_share_nothing(pool: PoolBuilder) -> None:
    """One takes the servers of all four, so the four begin together."""
    pool.hosts(6, 1)
    first = planned(pool, max_unavailable=4).turns[:4]
    assert [turn.begin for turn in first] == [0, 0, 0, 0]
    assert targets(*first) == [4]


def test_a_target_without_room_leaves_its_share_to_the_others(pool: PoolBuilder) -> None:
    pool.hosts(8, 4)
    pool.host("c9", 5)
    for number in range(4):
        pool.server(f"s9-{number}", "c9")
    first = planned(pool, max_unavailable=2).turns[:2]
    assert targets(*first) == [1, 3, 4]
