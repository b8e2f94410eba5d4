# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll from its first batch to its last, in one run."""

from __future__ import annotations

import re

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, Runs


def test_a_roll_that_goes_well(runs: Runs) -> None:
    assert runs.open()["done"] == []
    first = runs.next_batch()
    moves = [(host, move["server"], move["hypervisor"]) for host, moves in first["batch"].items() for move in moves]
    assert moves == [("a", "id-a", "id-spare"), ("b", "id-b", "id-spare")]
    assert (first["over"], first["last"], first["number"], first["reason"]) == (False, False, 1, None)
    for host in "ab":
        runs.record(host, *ALL_EVENTS)
    second = runs.next_batch()
    assert (list(second["batch"]), second["last"]) == (["c"], True)
    assert runs.asked == (["c"], ["a", "b"], [])
    runs.record("c", *ALL_EVENTS)
    last = runs.next_batch()
    assert (last["over"], last["batch"], last["reason"]) == (True, {}, None)
    assert runs.close()["closed"]
    assert "nvme roll: batch 1: a, b (max_unavailable is reached) [0 of 3 hosts done, 0 servers moved]" in runs.lines
    assert any(re.match(r"nvme roll: b is back in service after [\d.]+ s \[2 of 3 hosts", line) for line in runs.lines)
    assert runs.open(hosts=())["folder"] is None  # the next run has nothing to do, and begins nothing
