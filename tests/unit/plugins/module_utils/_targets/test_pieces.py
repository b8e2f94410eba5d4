# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Room counted in pieces."""

from __future__ import annotations

from ansible_collections.stackops.aggregates.plugins.module_utils._targets.pieces import Pieces, add, subtract
from hypothesis import given
from hypothesis import strategies as st

SIZES = st.integers(1, 9)


def test_whole_pieces_of_each_size() -> None:
    pieces = Pieces([{"VCPU": 4, "MEMORY_MB": 8}, {"VCPU": 2, "MEMORY_MB": 8}])
    assert pieces.count({"VCPU": 7, "MEMORY_MB": 20}) == [20, 2, 7, 3, 1]  # memory by 1 and 8, VCPU by 1, 2 and 4
    assert pieces.count({"VCPU": -3}) == [0] * 5
    assert pieces.needed([{"VCPU": 4, "MEMORY_MB": 8}, {"VCPU": 2, "MEMORY_MB": 8}]) == [16, 2, 6, 3, 1]


def test_sums() -> None:
    assert add([1, 2], [3, 4]) == [4, 6] and subtract([3, 4], [1, 2]) == [2, 2]


def test_of_many_sizes_some_are_counted() -> None:
    count = Pieces({"DISK_GB": size} for size in range(1, 100)).count({"DISK_GB": 99})
    assert len(count) == 8 and (count[0], count[-1]) == (99, 1)


@given(
    st.lists(st.lists(SIZES, max_size=4), min_size=1, max_size=4), st.lists(st.integers(0, 3), min_size=4, max_size=4)
)
def test_what_fits_is_never_said_not_to(packed: list[list[int]], spare: list[int]) -> None:
    """Servers that are packed into hosts, each with some room left, need no more pieces than the hosts have."""
    servers = [{"VCPU": size} for sizes in packed for size in sizes]
    pieces = Pieces(servers)
    room = pieces.count({})
    for sizes, more in zip(packed, spare, strict=False):
        room = add(room, pieces.count({"VCPU": sum(sizes) + more}))
    assert all(need <= have for need, have in zip(pieces.needed(servers), room, strict=True))
