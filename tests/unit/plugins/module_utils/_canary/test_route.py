# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Where the throw-away servers go by which a host is tried."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._canary.route import Stop, route


@pytest.mark.parametrize(
    ("older", "newer", "stops"),
    [
        (["c", "d"], ["b", "e"], [(1, "a"), (2, "c"), (2, "a"), (2, "b")]),
        (["c"], [], [(1, "a"), (2, "c"), (2, "a")]),
        ([], ["b"], [(1, "a"), (1, "b"), (1, "a")]),
        ([], [], [(1, "a")]),
    ],
)
def test_a_host_is_built_on_and_migrated_to(older: list[str], newer: list[str], stops: list[tuple[int, str]]) -> None:
    assert route("a", older, newer) == tuple(Stop(*stop) for stop in stops)
