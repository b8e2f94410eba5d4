# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The plan as a person reads it."""

from __future__ import annotations

from tests.unit.fake.fleets import PACE, PoolBuilder, planned


def test_servers_that_stay_on_a_host_are_told(pool: PoolBuilder) -> None:
    pool.hosts(2, 1)
    pool.server("off", "c0", state="stopped")
    pool.server("odd", "c0", state="suspended")
    plan = planned(pool, leave_stopped=True, leave_unmovable=True)
    (turn,) = [turn for turn in plan.turns if turn.host == "c0"]
    assert {server.id for server, _why in turn.left} == {"off", "odd"}


def test_lines(pool: PoolBuilder) -> None:
    pool.host("c0")
    pool.host("c1")
    pool.host("c2", obstacle=("somebody keeps it", "Ask them."), unusable="it is disabled")
    pool.server("web", "c0")
    pool.server("db", "c0", state="stopped")
    pool.server("odd\x1b", "c1", state="suspended")
    assert planned(pool, order=["c0"], max_unavailable=2, bring_back=False).lines() == [
        "0:00:00 c0 in az1 (hypervisor 1): 2 servers to move",
        "  cold db -> c1",
        "  live web -> c1",
        "BLOCKED c2: somebody keeps it. Ask them.",
        "total: 1 host, 2 servers, 2 moves (at least 2 needed), about 1 min 42 s (at least 1 min 42 s), 1 blocker",
        PACE.basis,
    ]
    assert planned(pool, order=["c1"], max_unavailable=2).lines()[0] == (
        "BLOCKED c1: server odd\x1b (odd\x1b): it is suspended: its owner has to resume it. "
        "Do that, or set unmovable_servers to leave it where it is, or leave the host out."
    )


def test_a_line_says_when_a_turn_begins_and_why_not_sooner(pool: PoolBuilder) -> None:
    pool.hosts(2, 1)
    lines = planned(pool).lines()
    assert lines[2] == "0:01:42 c1 in az1 (hypervisor 1): 1 server to move; not sooner: max_unavailable is 1"
    assert lines[-1] == PACE.basis
    assert lines[-2] == "total: 2 hosts, 2 servers, 4 moves (at least 4 needed), about 3 min 24 s (at least 3 min 24 s)"
