# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Room counted in pieces of the sizes that servers have: tells fast what cannot fit, however it is packed. Pure.

Four hosts with 1 GiB free each have 4 GiB, and no room for a server of 4. So room is counted in whole pieces: a host
with 11 GiB free has two pieces of 4, and a server of 8 takes two. Servers that take more pieces of some size than all
hosts have do not fit. Servers that do not may fit or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._openstack.capacity import Resources

# Of so many sizes of each resource class at most; more tell little and cost as much as the first.
_SIZES = 8

Count = Sequence[int]


class Pieces:
    """The sizes that are counted, the same for all hosts of a pool.

    :param needs: what servers need.
    """

    def __init__(self, needs: Iterable[Resources]) -> None:
        sizes: dict[str, set[int]] = {}
        for resources in needs:
            for name, amount in resources.items():
                sizes.setdefault(name, {1}).add(amount)
        self._sizes = {name: _spread(sizes[name]) for name in sorted(sizes)}

    def count(self, amounts: Mapping[str, int]) -> Count:
        """How many pieces of each size there are in the amounts."""
        count: list[int] = []
        for name, sizes in self._sizes.items():
            amount = max(0, amounts.get(name, 0))
            count += [amount // size for size in sizes]
        return count

    def needed(self, servers: Iterable[Resources]) -> Count:
        """How many pieces of each size these servers take."""
        total = self.count({})
        for needs in servers:
            total = add(total, self.count(needs))
        return total


def add(some: Count, others: Count) -> list[int]:
    return [amount + other for amount, other in zip(some, others, strict=True)]


def subtract(some: Count, others: Count) -> list[int]:
    return [amount - other for amount, other in zip(some, others, strict=True)]


def _spread(sizes: set[int]) -> list[int]:
    """At most as many of the sizes as are counted, from the smallest to the largest."""
    ordered = sorted(size for size in sizes if size > 0)
    if len(ordered) <= _SIZES:
        return ordered
    return sorted({ordered[number * (len(ordered) - 1) // (_SIZES - 1)] for number in range(_SIZES)})
