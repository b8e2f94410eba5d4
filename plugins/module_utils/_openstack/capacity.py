# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a host can take, as Placement counts it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .fields import Fields

# Amounts by resource class (VCPU, MEMORY_MB in MiB, DISK_GB in GiB, ...), as Placement counts them.
Resources = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Provider:
    """A resource provider.

    :ivar most: the most of each resource class that one consumer gets of it, where Placement tells.
    """

    total: Resources
    used: Resources
    traits: frozenset[str] = frozenset()
    most: Resources = field(default_factory=dict)

    @classmethod
    def read(cls, raw: Fields) -> Provider:
        """Read a provider as ``provider_summaries`` has it."""
        resources = raw.object("resources")
        classes = {name: resources.object(name) for name in resources}
        total = {name: amounts.number("capacity") for name, amounts in classes.items()}
        used = {name: amounts.number("used") for name, amounts in classes.items()}
        return cls(total, used, frozenset(raw.texts("traits", ())))


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
    def of_tree(cls, root: str, tree: Mapping[str, Provider]) -> HostCapacity:
        """Add up the providers of a host, by uuid. :param root: the one that is the host."""
        total, used, most = Counter[str](), Counter[str](), dict[str, int]()
        for provider in tree.values():
            total.update(provider.total)
            used.update(provider.used)
            for name, amount in provider.total.items():
                most[name] = max(most.get(name, 0), min(amount, provider.most.get(name, amount)))
        nested = (provider.traits for uuid, provider in tree.items() if uuid != root)
        traits = tree[root].traits if root in tree else frozenset()
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
