# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll from its first turn to its last, in one run."""

from __future__ import annotations

import re

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, Runs


def test_a_roll_that_goes_well(runs: Runs) -> None:
    assert runs.open()["done"] == []
    assert [runs.take(host) for host in "ab"] == ["begin", "begin"]
    runs.record("b", *ALL_EVENTS)  # the next begins when one is done, whichever that is
    assert [runs.take(host) for host in "c"] == ["begin"]
    assert runs.now().under_way == ["a", "c"]
    for host in "ca":
        runs.record(host, *ALL_EVENTS)
    assert runs.take("a") == "over"
    assert runs.close()["closed"]
    assert any(line.startswith("nvme roll: a begins, 1 server to move, over at about ") for line in runs.lines)
    assert any(re.match(r"nvme roll: b is back in service after [^[]+ \[1 of 3 hosts", line) for line in runs.lines)
    # The next run has nothing to do, and begins nothing.
    nothing = runs.nothing_to_do()
    assert not nothing.changed and nothing.predict()["roll"]["folder"] is None
