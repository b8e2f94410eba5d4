# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a plan takes in moves, which host begins when, and what keeps hosts out of it, in small pools."""

from __future__ import annotations

import pytest

from tests.unit.fake.fleets import PoolBuilder, blocked_in, planned, targets_of, turns_of


def test_each_server_moves_twice_where_it_is_brought_back(pool: PoolBuilder) -> None:
    pool.hosts(4, 5)
    plan = planned(pool)
    assert (plan.servers, plan.moves, plan.lower_bound, len(plan.turns)) == (20, 40, 40, 4)
    assert plan.seconds == plan.seconds_bound == 4 * (5 + 100 + 5)


def test_a_spare_is_upgraded_first_and_then_each_server_moves_once(pool: PoolBuilder) -> None:
    pool.hosts(4, 8)
    pool.host("spare")
    plan = planned(pool, bring_back=False)
    assert turns_of(plan)[0] == ["spare"]
    assert (plan.moves, plan.lower_bound) == (32, 32)


def test_without_a_spare_the_smallest_host_parks_its_servers(pool: PoolBuilder) -> None:
    pool.hosts(4, 6)
    pool.host("small")
    pool.server("lonely", "small")
    plan = planned(pool, bring_back=False)
    assert turns_of(plan)[0] == ["small"]
    assert (plan.servers, plan.moves, plan.lower_bound) == (25, 26, 26)


def test_where_servers_stay_hosts_go_at_once_only_while_no_server_has_to_be_parked(pool: PoolBuilder) -> None:
    pool.hosts(6, 4)
    pool.host("spare")
    plan = planned(pool, bring_back=False, max_unavailable=3)
    assert [len(hosts) for hosts in turns_of(plan)] == [1, 2, 3, 1]
    assert plan.turns[1].waits_for == (
        "one of its servers would have to be parked on a host that is still to be upgraded before a turn is over "
        "(spare)"
    )
    assert plan.moves == plan.lower_bound == 24


def test_turns_slide(pool: PoolBuilder) -> None:
    """The next host begins as soon as one is over, whatever the others are doing."""
    for name, servers in (("long", 6), ("short1", 2), ("short2", 2), ("short3", 2)):
        pool.host(name, 12)
        for number in range(servers):
            pool.server(f"{name}-{number}", name)
    for name in ("spare1", "spare2"):
        pool.host(name, 12)
    plan = planned(pool, max_unavailable=2, order=["long", "short1", "short2", "short3"])
    assert [(turn.host, turn.begin, turn.end) for turn in plan.turns] == [
        ("long", 0, 112),
        ("short1", 0, 104),
        ("short2", 104, 208),
        ("short3", 112, 216),
    ]


def test_an_unfinished_host_that_is_upgraded_is_only_put_back(pool: PoolBuilder) -> None:
    pool.hosts(2, 1)
    pool.host("x", unusable="its servers are being brought back", unfinished=True, to_bring_back=("away",))
    pool.server("away", "c0")
    pool.server("new", "x")
    plan = planned(pool, done=frozenset({"x"}), order=["x"])
    assert [(turn.host, list(turn.moves), list(turn.brought_back)) for turn in plan.turns] == [("x", [], ["away"])]
    assert (plan.moves, plan.seconds) == (1, 1)


def test_a_server_that_was_brought_back_no_longer_counts_where_it_was_parked(pool: PoolBuilder) -> None:
    pool.hosts(2, 1)
    pool.host("x", unusable="it is in maintenance", unfinished=True, to_bring_back=("away",))
    pool.server("away", "c0")
    pool.group("anti-affinity", "away", "s1-0")
    pool.host("y")
    plan = planned(pool, max_unavailable=2, order=["x", "c0", "c1"])
    assert turns_of(plan) == [["x"], ["c0", "c1"]]
    assert sorted(targets_of(plan)) == ["s0-0", "s1-0"]


@pytest.mark.parametrize(("margin", "possible"), [(0, True), (25, True), (26, False)])
def test_the_margin_stays_free(pool: PoolBuilder, margin: float, possible: bool) -> None:
    pool.hosts(2, 3)
    assert (planned(pool, capacity_margin=margin).blockers == []) == possible


def test_too_little_free_capacity_anywhere_is_told_with_what_is_missing(pool: PoolBuilder) -> None:
    pool.hosts(3, 6)
    pool.host("large", 10, memory=20)
    pool.server("fat", "large", 6)
    plan = planned(pool, make_room=False)
    (blocker,) = plan.blockers
    assert (blocker.host, blocker.server, blocker.name) == ("large", "fat", "fat")
    assert (
        blocker.reason == "no host has enough free capacity for it; c0, which lacks least, lacks 4096 MEMORY_MB, 4 VCPU"
    )
    assert blocker.help == "Free that on c0, or add a host to the pool."
    assert turns_of(plan) == [["c0"], ["c1"], ["c2"]]


def test_a_host_that_cannot_begin_is_tried_again_after_each_turn(pool: PoolBuilder) -> None:
    """The server of the newer host can go nowhere until an older host is upgraded."""
    pool.hosts(2, 2)
    pool.host("newer", version=2)
    pool.server("web", "newer")
    plan = planned(pool, order=["newer", "c0", "c1"])
    assert turns_of(plan) == [["c0"], ["newer"], ["c1"]]


def test_no_server_goes_to_an_older_hypervisor(pool: PoolBuilder) -> None:
    pool.host("new", version=2)
    pool.host("old")
    pool.server("web", "new")
    (blocker,) = planned(pool, order=["new"]).blockers
    assert blocker.reason == "no host can take it (old: its hypervisor is older (1 < 2))"
    assert planned(pool, order=["new"], done=frozenset({"old"})).blockers == []


def test_a_member_of_an_affinity_group_cannot_move(pool: PoolBuilder) -> None:
    pool.hosts(3, 1)
    pool.group("affinity", "s0-0")
    plan = planned(pool)
    assert blocked_in(plan) == {"c0": "s0-0"} and turns_of(plan) == [["c1"], ["c2"]]
    assert planned(pool, leave_unmovable=True).blockers == []


def test_nothing_to_do(pool: PoolBuilder) -> None:
    pool.hosts(2, 1)
    plan = planned(pool, done=frozenset({"c0", "c1"}))
    assert (plan.turns, plan.blockers, plan.moves, plan.lower_bound) == ([], [], 0, 0)
    assert plan.lines() == ["total: 0 hosts, 0 servers, 0 moves (at least 0 needed), about 0 s (at least 0 s)"]
