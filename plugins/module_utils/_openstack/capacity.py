# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a host can take, as Placement counts it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Amounts by resource class (VCPU, MEMORY_MB in MiB, DISK_GB in GiB, ...), as Placement counts them.
Resources = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class HostCapacity:
    """The capacity of one host (``total``, with allocation ratio and reserve counted in) and what is used of it.

    The resource providers below that of the host, such as its GPUs, are counted in: whether what a server asks for can
    come from one of them is left to Nova.

    :ivar traits: those of the host itself. :ivar nested_traits: those of the providers below it.
    :ivar most: the most of each resource class that one server can get, where that is known.
    """

    total: Resources
    used: Resources
    traits: frozenset[str] = frozenset()
    nested_traits: frozenset[str] = frozenset()
    most: Resources = field(default_factory=dict)

    @classmethod
    def read(cls, root: str, tree: Mapping[str, Mapping[str, Any]]) -> HostCapacity:
        """Read the providers of a host, by uuid. :param root: the one that is the host."""
        total, used, most = Counter[str](), Counter[str](), dict[str, int]()
        for raw in tree.values():
            for name, amount in raw["resources"].items():
                total[name] += amount["capacity"]
                used[name] += amount["used"]
                most[name] = max(most.get(name, 0), min(amount["capacity"], amount.get("max_unit", amount["capacity"])))
        nested = (raw.get("traits") or () for provider, raw in tree.items() if provider != root)
        traits = frozenset(tree[root].get("traits") or ())
        return cls(dict(total), dict(used), traits, frozenset().union(*nested), most)

    def free(self, resource: str, margin: float = 0) -> int:
        """Return how much is free of a resource class if ``margin`` percent of its total stay free."""
        usable = int(self.total.get(resource, 0) * (100 - margin) / 100)
        return usable - self.used.get(resource, 0)

    def lacks(self, need: Resources, margin: float = 0) -> dict[str, int]:
        """Return how much is missing of each resource class for ``need``; nothing is if it fits."""
        missing = {
            name: amount - min(self.free(name, margin), self.most.get(name, amount)) for name, amount in need.items()
        }
        return {name: amount for name, amount in missing.items() if amount > 0}

    def holding(self, need: Resources) -> HostCapacity:
        """Return the capacity of the host after it took ``need`` as well."""
        used = {name: self.used.get(name, 0) + need.get(name, 0) for name in {*self.used, *need}}
        return replace(self, used=used)

    def load(self) -> float:
        """Return the used share of the fullest resource class, 0 to 1."""
        return max((self.used.get(name, 0) / total for name, total in self.total.items() if total), default=1.0)
