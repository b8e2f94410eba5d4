# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A host whose capacity is changed by one server after the other, which has to be fast. Pure."""

from __future__ import annotations

from dataclasses import replace

from .._openstack.capacity import Resources
from .choose import Target
from .pieces import Count

# A host in its tier: what orders it there (its load or its rank), and its name.
Entry = tuple[float, str]
# What a server needs, as a key: servers of one flavor have the same.
Size = tuple[tuple[str, int], ...]


class IndexedHost:
    """A host and its place in a tier.

    :ivar free: its free capacity beside the margin, by resource class.
    :ivar tier: None while it takes no servers.
    :ivar rank: orders it in its tier instead of its load.
    :ivar counted: its room in pieces as it is counted in the tier ``counted_in``.
    """

    __slots__ = ("_stale", "_used", "counted", "counted_in", "entry", "free", "rank", "target", "tier")

    def __init__(self, target: Target, margin: float) -> None:
        self.target = target
        capacity = target.capacity
        self.free = {name: capacity.free(name, margin) for name in capacity.total} if capacity else {}
        self._used = dict(capacity.used) if capacity else {}
        self._stale = False
        self.tier: int | None = None
        self.rank: float | None = None
        self.entry: Entry = (0.0, "")
        self.counted: Count = ()
        self.counted_in: int | None = None

    def change(self, size: Size, sign: int) -> None:
        """Let it hold so much more, or with the sign -1 less."""
        free, used = self.free, self._used
        for name, amount in size:
            free[name] = free.get(name, 0) - sign * amount
            used[name] = used.get(name, 0) + sign * amount
        self._stale = True

    def current(self) -> Target:
        """The host with the capacity that it has now, which costs much more than to change it."""
        if self._stale and self.target.capacity:
            self.target.capacity = replace(self.target.capacity, used=dict(self._used))
            self._stale = False
        return self.target

    def order(self) -> float:
        """What orders it in its tier."""
        if self.rank is not None or self.target.capacity is None:
            return self.rank or 0.0
        return _load(self._used, self.target.capacity.total)

    def load(self, needs: Resources) -> float:
        """The used share of its fullest resource class once it holds these needs too."""
        used = {name: amount + needs.get(name, 0) for name, amount in self._used.items()}
        return _load({**needs, **used}, self.target.capacity.total) if self.target.capacity else 0.0

    def fits(self, size: Size) -> bool:
        free = self.free
        for name, amount in size:  # noqa: SIM110 - a million times in a plan, and all() takes twice as long
            if free.get(name, 0) < amount:
                return False
        return True

    def lacks(self, needs: Resources) -> dict[str, int]:
        """What it lacks for these needs, by resource class."""
        free = self.free
        return {name: amount - free.get(name, 0) for name, amount in needs.items() if amount > free.get(name, 0)}

    def lacks_share(self, needs: Resources) -> float:
        """What it lacks for these needs as a share of its capacity, in the class that it lacks most of."""
        total = self.target.capacity.total if self.target.capacity else {}
        return max((amount / (total.get(name) or 1) for name, amount in self.lacks(needs).items()), default=0.0)


def _load(used: Resources, totals: Resources) -> float:
    load = 0.0
    for name, total in totals.items():
        if total:
            load = max(load, used.get(name, 0) / total)
    return load
