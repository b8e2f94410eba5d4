# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether the loss of any few further hosts could be evacuated into what is left of the pool. Pure.

What is reserved for the hosts under way stays reserved, so their servers count on the hosts that they go to. An
evacuation asks for no version of a hypervisor. Each that was found is remembered, and holds while its targets keep the
room: of the hosts of a large pool few have to be thought of anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from .._openstack.capacity import Resources
from .._targets.capacity import TIERS, CapacityIndex, Strategy

_ANY_VERSION = 0


@dataclass(frozen=True, slots=True)
class _Evacuation:
    """Where the servers of lost hosts find room: what they need there, and the targets of those in server groups."""

    servers: Collection[str]
    needs: Mapping[str, Resources]
    grouped: Sequence[tuple[str, str]]


class SpareHosts:
    """:param count: how many hosts may be lost at once. :param needs: what each server holds."""

    def __init__(self, capacity_index: CapacityIndex, count: int, needs: Mapping[str, Resources]) -> None:
        self._capacity_index, self._count, self._needs = capacity_index, count, needs
        self._found: dict[tuple[str, ...], _Evacuation] = {}

    def lost_for_good(self, hosts: Sequence[str]) -> tuple[str, ...]:
        """Return the first of these hosts whose loss at once could not be evacuated; none if there are none."""
        for lost in combinations(hosts, min(self._count, len(hosts))):
            servers = frozenset(server for host in lost for server in self._capacity_index.target(host).servers)
            found = self._found.get(lost)
            if found and found.servers == servers and self._holds(found):
                continue
            found = self._evacuate(lost, servers)
            if found is None:
                self._found.pop(lost, None)
                return lost
            self._found[lost] = found
        return ()

    def _holds(self, found: _Evacuation) -> bool:
        index = self._capacity_index
        return all(index.has_room(target, needs) for target, needs in found.needs.items()) and all(
            index.takes(server, target, _ANY_VERSION) for server, target in found.grouped
        )

    def _evacuate(self, lost: Sequence[str], servers: Collection[str]) -> _Evacuation | None:
        with self._capacity_index.without(lost):
            tries = (self._targets(servers, strategy) for strategy in (Strategy.SPREAD, Strategy.PACK))
            targets = next((found for found in tries if found is not None), None)
        if targets is None:
            return None
        needs: dict[str, Counter[str]] = {}
        for server, target in targets.items():
            needs.setdefault(target, Counter()).update(self._needs.get(server, {}))
        grouped = [pair for pair in targets.items() if self._capacity_index.groups_of(pair[0])]
        return _Evacuation(servers, needs, grouped)

    def _targets(self, servers: Collection[str], strategy: Strategy) -> dict[str, str] | None:
        """Find room for all servers, the largest first; None if one finds none."""
        targets: dict[str, str] = {}
        for server in sorted(servers, key=lambda key: (-self._needs.get(key, {}).get("MEMORY_MB", 0), key)):
            target = self._capacity_index.find(server, _ANY_VERSION, TIERS, strategy)
            if target is None:
                break
            self._capacity_index.take(server, target)
            targets[server] = target
        for server, target in targets.items():
            self._capacity_index.release(server, target)
        return targets if len(targets) == len(servers) else None
