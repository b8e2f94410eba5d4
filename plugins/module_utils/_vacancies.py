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
from heapq import merge
from itertools import islice

from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Group, Resources
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import listed
from ansible_collections.stackops.aggregates.plugins.module_utils._targets import Demand, Target, choose

# Which targets are asked first: those that are upgraded, those that shall not be, those that still have to be emptied
# themselves, and those that are to be emptied next.
UPGRADED, OUTSIDE, AHEAD, NEXT = TIERS = tuple(range(4))
# Of how many targets that have room the best is taken.
_AT_ONCE = 4
_Row = tuple[float, str]


@dataclass(slots=True)
class _Berth:
    """A host and its place on a shelf. ``free`` is its room when the margin stays empty."""

    target: Target
    free: dict[str, int]
    tier: int | None = None
    rank: float | None = None  # instead of the load
    row: _Row = (0.0, "")


class Vacancies:
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
        self._berths = {one.host: _Berth(one, self._free(one)) for one in targets}
        self._shelves: list[dict[str | None, list[_Row]]] = [{} for _ in TIERS]
        self._groups: dict[str, list[Group]] = {}
        homes = {server: host for host, berth in self._berths.items() for server in berth.target.servers}
        self._holders: dict[str, Counter[str]] = {}  # group -> host -> members there
        for group in groups:
            self._holders[group.id] = Counter(homes[one] for one in group.members if one in homes)
            for server in group.members:
                self._groups.setdefault(server, []).append(group)

    def _free(self, target: Target) -> dict[str, int]:
        room = target.room
        return {name: room.free(name, self._margin) for name in room.capacity} if room else {}

    def target(self, host: str) -> Target:
        return self._berths[host].target

    def groups_of(self, server: str) -> Sequence[Group]:
        return self._groups.get(server, ())

    # -- who may be asked

    def offer(self, host: str, tier: int, rank: float | None = None) -> None:
        """From now on the host takes servers, after those of lower tiers; by its load, or by ``rank``."""
        self.withdraw(host)
        berth = self._berths[host]
        if berth.target.room is not None:
            berth.tier, berth.rank = tier, rank
            self._shelve(berth)

    def withdraw(self, host: str) -> None:
        """From now on the host takes no servers."""
        berth = self._berths[host]
        self._unshelve(berth)
        berth.tier = None

    def _shelve(self, berth: _Berth) -> None:
        target = berth.target
        if berth.tier is not None and target.room is not None:
            berth.row = (target.room.load() if berth.rank is None else berth.rank, target.host)
            insort(self._shelves[berth.tier].setdefault(target.zone, []), berth.row)

    def _unshelve(self, berth: _Berth) -> None:
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
        if target.room is not None:
            target.room = target.room.holding({name: sign * amount for name, amount in need.items()})
            for name, amount in need.items():
                berth.free[name] = berth.free.get(name, 0) - sign * amount
        self._shelve(berth)

    # -- where to

    def find(self, server: str, version: int, tiers: Collection[int]) -> str | None:
        """The host that takes the server: in the first tier that has one, one that its soft policies like;
        of these nearly the emptiest.

        :param version: that of the hypervisor that it leaves.
        """
        mine = self.groups_of(server)
        full = self._holding(mine, "anti-affinity", least=None)
        tries: list[tuple[set[str] | None, set[str]]] = [(None, full)]
        if any(group.policy in ("soft-affinity", "soft-anti-affinity") for group in mine):
            liked = self._holding(mine, "soft-affinity", least=1)
            disliked = self._holding(mine, "soft-anti-affinity", least=1)
            tries.insert(0, (liked or None, full | disliked))
        for tier in tiers:
            for among, without in tries:
                found = self._best(server, version, mine, self._with_room(server, version, tier, among, without))
                if found:
                    return found.host
        return None

    def _holding(self, groups: Iterable[Group], policy: str, least: int | None) -> set[str]:
        """Hosts that hold so many members of a group with this policy; None: as many as the group allows."""
        return {
            host
            for group in groups
            if group.policy == policy
            for host, count in self._holders[group.id].items()
            if count >= (group.max_server_per_host if least is None else least)
        }

    def _with_room(
        self, server: str, version: int, tier: int, among: Iterable[str] | None, without: Collection[str]
    ) -> Iterator[Target]:
        """Targets of a tier that seem to do, the emptiest first."""
        need, zone = self._needs.get(server, {}), self._demand(server).zone
        for _load, host in self._rows(tier, zone, among):
            berth = self._berths[host]
            if host not in without and berth.target.version >= version and _fits(need, berth.free):
                yield berth.target

    def _rows(self, tier: int, zone: str | None, among: Iterable[str] | None) -> Iterable[_Row]:
        if among is not None:
            return sorted(self._berths[host].row for host in among if self._berths[host].tier == tier)
        shelves = [shelf for key, shelf in self._shelves[tier].items() if shelf and (not zone or key in (zone, None))]
        return merge(*shelves) if len(shelves) > 1 else (shelves[0] if shelves else ())

    def _best(self, server: str, version: int, mine: Sequence[Group], targets: Iterator[Target]) -> Target | None:
        while few := list(islice(targets, _AT_ONCE)):
            found, _reasons = choose(
                server,
                self._needs.get(server, {}),
                version,
                few,
                mine,
                {},
                demand=self._demands.get(server),
                margin=self._margin,
            )
            if found:
                return found
        return None

    def _demand(self, server: str) -> Demand:
        return self._demands.get(server) or Demand()

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
            room = berth.target.room
            if berth.tier is not None and room is not None and berth.target.version >= version:
                lacking = {name: amount - berth.free.get(name, 0) for name, amount in need.items()}
                lacking = {name: amount for name, amount in lacking.items() if amount > 0}
                share = max((amount / (room.capacity.get(name) or 1) for name, amount in lacking.items()), default=0.0)
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
