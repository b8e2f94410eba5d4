# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where a server can go, found fast among a thousand hosts: targets in tiers, each in the order of load. Pure.

What can be seen to be in vain is passed over; of the few emptiest that are left ``_targets.choose`` judges, which also
judges for a drain. So a plan and a drain never disagree about a target.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from heapq import merge
from itertools import chain, islice

from .._openstack.model import Group, Resources
from .._text import listed
from .choose import Demand, Target, choose

# Which targets are asked first: those that are upgraded, those that shall not be, those that still have to be emptied
# themselves, and those that are to be emptied next.
UPGRADED, OUTSIDE, AHEAD, NEXT = TIERS = tuple(range(4))
# Of how many targets that have room the best is taken where they are spread.
_AT_ONCE = 4
_Row = tuple[float, str]


class Strategy(Enum):
    """How servers are given targets, in the order in which that is tried.

    Spread over the emptiest; packed into the fullest, which leaves room to large ones; or as a drain does without a
    plan, which knows no tiers.
    """

    SPREAD = "spread"
    PACK = "pack"
    AS_A_DRAIN = "as a drain"


@dataclass(slots=True)
class _IndexedHost:
    """A host and its place on a shelf. ``free`` is its room when the margin stays empty."""

    target: Target
    free: dict[str, int]
    tier: int | None = None
    rank: float | None = None  # instead of the load
    row: _Row = (0.0, "")


class CapacityIndex:
    """Knows what stands where at one moment of a plan, and what is free there.

    :param needs: what each server holds, by resource class.
    :param margin: percent of each resource class that stay empty on a target.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        groups: Iterable[Group],
        needs: Mapping[str, Resources],
        demands: Mapping[str, Demand],
        margin: float,
    ) -> None:
        self._needs, self._demands, self._margin = needs, demands, margin
        self._berths = {one.host: _IndexedHost(one, self._free(one)) for one in targets}
        self._shelves: list[dict[str | None, list[_Row]]] = [{} for tier in TIERS]
        self._groups: dict[str, list[Group]] = {}
        homes = {server: host for host, berth in self._berths.items() for server in berth.target.servers}
        self._holders: dict[str, Counter[str]] = {}  # group -> host -> members there
        for group in groups:
            self._holders[group.id] = Counter(homes[one] for one in group.members if one in homes)
            for server in group.members:
                self._groups.setdefault(server, []).append(group)

    def _free(self, target: Target) -> dict[str, int]:
        capacity = target.capacity
        return {name: capacity.free(name, self._margin) for name in capacity.total} if capacity else {}

    def target(self, host: str) -> Target:
        return self._berths[host].target

    def groups_of(self, server: str) -> Sequence[Group]:
        return self._groups.get(server, ())

    # -- who may be asked

    def offer(self, host: str, tier: int, rank: float | None = None) -> None:
        """From now on the host takes servers, after those of lower tiers; by its load, or by ``rank``."""
        self.withdraw(host)
        berth = self._berths[host]
        if berth.target.capacity is not None:
            berth.tier, berth.rank = tier, rank
            self._shelve(berth)

    def withdraw(self, host: str) -> None:
        """From now on the host takes no servers."""
        berth = self._berths[host]
        self._unshelve(berth)
        berth.tier = None

    def _shelve(self, berth: _IndexedHost) -> None:
        target = berth.target
        if berth.tier is not None and target.capacity is not None:
            berth.row = (target.capacity.load() if berth.rank is None else berth.rank, target.host)
            insort(self._shelves[berth.tier].setdefault(target.zone, []), berth.row)

    def _unshelve(self, berth: _IndexedHost) -> None:
        if berth.tier is not None:
            shelf = self._shelves[berth.tier][berth.target.zone]
            del shelf[bisect_left(shelf, berth.row)]

    def offered(self, tiers: Iterable[int]) -> bool:
        """Whether any host takes servers in these tiers."""
        return any(shelf for tier in tiers for shelf in self._shelves[tier].values())

    # -- what stands there

    def take(self, server: str, host: str) -> None:
        self._change(server, host, 1)

    def release(self, server: str, host: str) -> None:
        self._change(server, host, -1)

    def _change(self, server: str, host: str, sign: int) -> None:
        berth, need = self._berths[host], self._needs.get(server, {})
        self._unshelve(berth)
        target = berth.target
        (target.servers.add if sign > 0 else target.servers.discard)(server)
        for group in self.groups_of(server):
            self._holders[group.id][host] += sign
        if target.capacity is not None:
            target.capacity = target.capacity.holding({name: sign * amount for name, amount in need.items()})
            for name, amount in need.items():
                berth.free[name] = berth.free.get(name, 0) - sign * amount
        self._shelve(berth)

    # -- where to

    def find(self, server: str, version: int, tiers: Collection[int], way: Strategy) -> str | None:
        """The host that takes the server: in the first tier that has one, one that its soft policies like.

        :param version: that of the hypervisor that it leaves.
        """
        mine = self.groups_of(server)
        full = self._holding(mine, "anti-affinity", least=None)
        if way is Strategy.AS_A_DRAIN:
            rows: Iterable[_Row] = chain.from_iterable(self._rows(tier, server, None, way) for tier in tiers)
            return self._judged(server, version, mine, list(self._with_room(server, version, rows, full)))
        tries: list[tuple[set[str] | None, set[str]]] = [(None, full)]
        if any(group.policy in ("soft-affinity", "soft-anti-affinity") for group in mine):
            liked = self._holding(mine, "soft-affinity", least=1)
            disliked = self._holding(mine, "soft-anti-affinity", least=1)
            tries.insert(0, (liked or None, full | disliked))
        for tier in tiers:
            for among, without in tries:
                targets = self._with_room(server, version, self._rows(tier, server, among, way), without)
                while few := list(islice(targets, 1 if way is Strategy.PACK else _AT_ONCE)):
                    if host := self._judged(server, version, mine, few):
                        return host
        return None

    def admits(self, server: str, host: str) -> bool:
        """Whether a server can go home to this host, whose margin then does not count."""
        need, target = self._needs.get(server, {}), self._berths[host].target
        demand = self._demands.get(server)
        return bool(choose(server, need, target.version, [target], self.groups_of(server), {}, demand=demand)[0])

    def _holding(self, groups: Iterable[Group], policy: str, least: int | None) -> set[str]:
        """Hosts that hold so many members of a group with this policy; None: as many as the group allows."""
        return {
            host
            for group in groups
            if group.policy == policy
            for host, count in self._holders[group.id].items()
            if count >= (group.max_server_per_host if least is None else least)
        }

    def _with_room(self, server: str, version: int, rows: Iterable[_Row], without: Collection[str]) -> Iterator[Target]:
        """Targets that seem to do."""
        need = self._needs.get(server, {})
        for _load, host in rows:
            berth = self._berths[host]
            if host not in without and berth.target.version >= version and _fits(need, berth.free):
                yield berth.target

    def _rows(self, tier: int, server: str, among: Iterable[str] | None, way: Strategy) -> Iterable[_Row]:
        """The hosts of a tier, the emptiest first; the fullest where it is packed."""
        packing = way is Strategy.PACK
        if among is not None:
            rows = (self._berths[host].row for host in among if self._berths[host].tier == tier)
            return sorted(rows, reverse=packing)
        zone = (self._demands.get(server) or Demand()).zone
        shelves = [shelf for key, shelf in self._shelves[tier].items() if shelf and (not zone or key in (zone, None))]
        if packing:
            return merge(*map(reversed, shelves), reverse=True)
        return merge(*shelves) if len(shelves) > 1 else (shelves[0] if shelves else ())

    def _judged(self, server: str, version: int, mine: Sequence[Group], targets: Sequence[Target]) -> str | None:
        """The best of these."""
        need, demand = self._needs.get(server, {}), self._demands.get(server)
        found, _reasons = choose(server, need, version, targets, mine, {}, demand=demand, margin=self._margin)
        return found.host if found else None

    # -- why not

    def explain(self, server: str, version: int) -> tuple[str, str]:
        """Why no host takes the server, and what would help."""
        nearest = self.nearest(server, version)
        if nearest:
            host, lacking = nearest
            kept = f", or lower capacity_margin ({self._margin:g} %)" if self._margin else ""
            return (
                f"no host has room for it; {host}, which lacks least, lacks {amounts(lacking)}",
                f"Free that on {host}, or add a host to the pool{kept}.",
            )
        offering = [one.target for one in self._berths.values() if one.tier is not None]
        need, mine, demand = self._needs.get(server, {}), self.groups_of(server), self._demands.get(server)
        hosts: dict[str, list[str]] = {}
        _found, reasons = choose(server, need, version, offering, mine, {}, demand=demand, margin=self._margin)
        for host, why in reasons.items():
            hosts.setdefault(why, []).append(host)
        told = [f"{listed(names)}: {why}" for why, names in islice(hosts.items(), 3)]
        return (
            f"no host can take it ({'; '.join(told) or 'no other host of the pool is in service'})",
            "Add a host to the pool that can take it, or leave this host out.",
        )

    def nearest(self, server: str, version: int) -> tuple[str, dict[str, int]] | None:
        """The host that lacks nothing but room for the server, and least of that; and how much of each class.

        Least is the smallest share of the host's capacity, in the class that it lacks most of.
        """
        need = self._needs.get(server, {})
        rows = []
        for berth in self._berths.values():
            capacity = berth.target.capacity
            if berth.tier is not None and capacity is not None and berth.target.version >= version:
                lacking = {name: amount - berth.free.get(name, 0) for name, amount in need.items()}
                lacking = {name: amount for name, amount in lacking.items() if amount > 0}
                share = max((amount / (capacity.total.get(name) or 1) for name, amount in lacking.items()), default=0.0)
                rows.append((share, berth.target.host, berth.target, lacking))
        mine, demand = self.groups_of(server), self._demands.get(server)
        for _share, host, target, lacking in sorted(rows, key=lambda row: row[:2]):
            if lacking and choose(server, {}, version, [target], mine, {}, demand=demand)[0]:
                return host, lacking
        return None


def _fits(need: Resources, free: Mapping[str, int]) -> bool:
    return all(free.get(name, 0) >= amount for name, amount in need.items())


def amounts(resources: Resources) -> str:
    return ", ".join(f"{amount} {name}" for name, amount in sorted(resources.items()))
