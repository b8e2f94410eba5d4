# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Where the throw-away server goes by which a host is tried."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._canary.route import (
    BUILT,
    MOVED,
    REBUILT,
    Stop,
    route,
)

THERE = [(MOVED, "a"), (REBUILT, "a")]


@pytest.mark.parametrize(
    ("older", "newer", "stops"),
    [
        (["c", "d"], ["b", "e"], [(BUILT, "c"), *THERE, (MOVED, "b")]),
        (["c"], [], [(BUILT, "c"), *THERE]),
        ([], ["b"], [(BUILT, "b"), *THERE, (MOVED, "b")]),
        ([], [], []),
    ],
)
def test_a_host_is_migrated_to_and_builds_while_it_is_closed(
    older: list[str], newer: list[str], stops: list[tuple[str, str]]
) -> None:
    assert route("a", older, newer) == tuple(Stop(*stop) for stop in stops)
