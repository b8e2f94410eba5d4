# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The metadata and hosts that an aggregate shall have."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.desired import merged, with_hosts
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate

NVME = Aggregate("nvme", 1, "uuid-1", hosts=("a", "b"), metadata={"ssd": "true"})


@pytest.mark.parametrize(
    ("wanted", "purge", "becomes"),
    [
        ({"x": "1"}, False, {"ssd": "true", "x": "1"}),
        ({"x": "1"}, True, {"x": "1"}),
        ({"ssd": None}, False, {}),
        ({"ssd": None, "x": "1"}, True, {"x": "1"}),
        ({}, True, {}),
        ({}, False, {"ssd": "true"}),
    ],
)
def test_merged(wanted: dict[str, str | None], purge: bool, becomes: dict[str, str]) -> None:
    assert merged({"ssd": "true"}, wanted, purge) == becomes


def test_hosts_added_and_removed() -> None:
    assert with_hosts(NVME, ["b", "c"], present=True).after == replace(NVME, hosts=("a", "b", "c"))
    assert with_hosts(NVME, ["b", "c"], present=False).after == replace(NVME, hosts=("a",))
