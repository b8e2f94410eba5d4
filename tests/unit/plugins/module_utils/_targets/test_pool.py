# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which hosts are the pool of a host."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.pool import pool_of

NVME = Aggregate("nvme", 1, "u1", hosts=("a", "b", "c"))
SSD = Aggregate("ssd", 2, "u2", hosts=("c", "d"))
ALL = [NVME, SSD]


@pytest.mark.parametrize(
    ("host", "members", "targets", "hosts", "aggregates"),
    [
        ("a", [], None, ("b", "c"), ("u1",)),
        ("a", [NVME], None, ("b", "c"), ("u1",)),
        ("c", [NVME, SSD], None, ("a", "b", "d"), ("u1", "u2")),
        ("a", [NVME], ["b", "z"], ("b",), ("u1",)),
        ("a", [], ["b", "z", "a"], ("b", "z"), ()),
        ("a", [], [], (), ()),
    ],
)
def test_pool(
    host: str,
    members: list[Aggregate],
    targets: Collection[str] | None,
    hosts: tuple[str, ...],
    aggregates: tuple[str, ...],
) -> None:
    pool = pool_of(host, ALL, members, targets)
    assert (pool.hosts, pool.aggregates) == (hosts, aggregates)


@pytest.mark.parametrize(
    ("host", "members", "says"),
    [
        ("c", [], r"in 2 aggregates \('nvme', 'ssd'\)"),
        ("z", [], r"in 0 aggregates \(none\)"),
        ("a", [SSD], "no member of the aggregate 'ssd'"),
    ],
)
def test_no_clear_pool(host: str, members: list[Aggregate], says: str) -> None:
    with pytest.raises(Refused, match=says):
        pool_of(host, ALL, members, None)
