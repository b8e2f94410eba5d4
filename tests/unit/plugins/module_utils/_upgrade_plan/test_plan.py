# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The plan as a person reads it."""

from __future__ import annotations

from fake.fleets import PoolBuilder, planned


def test_servers_that_stay_on_a_host_are_told(pool: PoolBuilder) -> None:
    pool.hosts(2, 1)
    pool.server("off", "c0", state="stopped")
    pool.server("odd", "c0", state="suspended")
    plan = planned(pool, leave_stopped=True, leave_unmovable=True)
    (planned_host,) = [host for batch in plan.batches for host in batch.hosts if host.host == "c0"]
    assert {server.id for server, _why in planned_host.left} == {"off", "odd"}


def test_lines(pool: PoolBuilder) -> None:
    pool.host("c0")
    pool.host("c1")
    pool.host("c2", obstacle=("somebody keeps it", "Ask them."), unusable="it is disabled")
    pool.server("web", "c0")
    pool.server("db", "c0", state="stopped")
    pool.server("odd\x1b", "c1", state="suspended")
    assert planned(pool, order=["c0"], max_unavailable=2, bring_back=False).lines() == [
        "batch 1: 2 moves; not larger: no other host is left to go with it",
        "  c0 in az1 (hypervisor 1): 2 servers to move",
        "    cold db -> c1",
        "    live web -> c1",
        "BLOCKED c2: somebody keeps it. Ask them.",
        "total: 1 host in 1 batch, 2 servers, 2 moves (at least 2 needed), 1 blocker",
    ]
    assert planned(pool, order=["c1"], max_unavailable=2).lines()[0] == (
        "BLOCKED c1: server odd? (odd?): it is suspended: its owner has to resume it. "
        "Do that, or set unmovable_servers to leave it where it is, or leave the host out."
    )
