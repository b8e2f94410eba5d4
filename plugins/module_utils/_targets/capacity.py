# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The capacity of many hosts, and which of them takes a server, found fast among a thousand. Pure.

Hosts that take servers are in tiers, in each of them ordered by load. Hosts that cannot take a server are passed over
quickly, and ``_targets.choose`` decides among the few emptiest of the others. It also decides for a drain, so a plan
and a drain never disagree about a target.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from heapq import merge
from itertools import chain, islice

from .._openstack.capacity import Resources
from .._openstack.group import Group
from .._text import listed
from .choose import Target, amounts, choose, has_preferred
from .request import Demand, MoveRequest

# Which hosts are tried first as targets: those that are upgraded, those that shall not be, those that still have to be
# drained themselves, and those that are to be drained next.
UPGRADED, OUTSIDE, AHEAD, NEXT = TIERS = tuple(range(4))
# Among how many candidates the best is chosen where servers are spread.
_CANDIDATES = 4
# A host in its tier: what orders it there (its load or its rank), and its name.
_Entry = tuple[float, str]


class Strategy(Enum):
    """How servers are given targets, in the order in which that is tried.

    Spread over the emptiest hosts; packed into the fullest, which leaves free capacity for large servers; or as a drain
    without a plan does it, which knows no tiers.
    """

    SPREAD = "spread"
    PACK = "pack"
    AS_A_DRAIN = "as a drain"


@dataclass(slots=True)
class _IndexedHost:
    """A host and its place in a tier.

    :ivar free: its free capacity beside the margin, by resource class.
    :ivar tier: None while it takes no servers.
    :ivar rank: orders it in its tier instead of its load.
    """

    target: Target
    free: dict[str, int]
    tier: int | None = None
    rank: float | None = None
    entry: _Entry = (0.0, "")

    def lacks(self, needs: Resources) -> dict[str, int]:
        """What it lacks for these needs, by resource class."""
        free = self.free
        return {name: amount - free.get(name, 0) for name, amount in needs.items() if amount > free.get(name, 0)}


class CapacityIndex:
    """Which servers and how much free capacity each host has at one moment of a plan.

    :param needs: what each server holds, by resource class.
    :param margin: percent of each resource class that stay free on a target.
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
        self._hosts = {target.host: _IndexedHost(target, self._free(target)) for target in targets}
        self._tiers: list[dict[str | None, list[_Entry]]] = [{} for _tier in TIERS]  # tier -> zone -> its hosts
        self._groups: dict[str, list[Group]] = {}
        places = {server: name for name, host in self._hosts.items() for server in host.target.servers}
        self._lacking: dict[frozenset[str], set[str]] = {}  # traits of an image -> hosts that lack one of them
        self._members_on: dict[str, Counter[str]] = {}  # group -> host -> how many members are on it
        for group in groups:
            self._members_on[group.id] = Counter(places[server] for server in group.members if server in places)
            for server in group.members:
                self._groups.setdefault(server, []).append(group)

    def _free(self, target: Target) -> dict[str, int]:
        capacity = target.capacity
        return {name: capacity.free(name, self._margin) for name in capacity.total} if capacity else {}

    def target(self, host: str) -> Target:
        return self._hosts[host].target

    def groups_of(self, server: str) -> Sequence[Group]:
        return self._groups.get(server, ())

    # -- which hosts take servers

    def offer(self, name: str, tier: int, rank: float | None = None) -> None:
        """Let a host take servers from now on, after hosts of lower tiers; ordered by its load or by ``rank``."""
        self.withdraw(name)
        host = self._hosts[name]
        if host.target.capacity is not None:
            host.tier, host.rank = tier, rank
            self._insert(host)

    def withdraw(self, name: str) -> None:
        """Let a host take no servers from now on."""
        host = self._hosts[name]
        self._remove(host)
        host.tier = None

    def _insert(self, host: _IndexedHost) -> None:
        target = host.target
        if host.tier is not None and target.capacity is not None:
            host.entry = (target.capacity.load() if host.rank is None else host.rank, target.host)
            insort(self._tiers[host.tier].setdefault(target.zone, []), host.entry)

    def _remove(self, host: _IndexedHost) -> None:
        if host.tier is not None:
            entries = self._tiers[host.tier][host.target.zone]
            del entries[bisect_left(entries, host.entry)]

    def offered(self, tiers: Iterable[int]) -> bool:
        """Whether any host takes servers in these tiers."""
        return any(entries for tier in tiers for entries in self._tiers[tier].values())

    # -- which servers they hold

    def take(self, server: str, host: str) -> None:
        """Let a host hold a server from now on, beside the host that held it before."""
        self._change(server, host, 1)

    def release(self, server: str, host: str) -> None:
        """Let a host hold a server no longer."""
        self._change(server, host, -1)

    def _change(self, server: str, name: str, sign: int) -> None:
        host, needs = self._hosts[name], self._needs.get(server, {})
        self._remove(host)
        target = host.target
        (target.servers.add if sign > 0 else target.servers.discard)(server)
        for group in self.groups_of(server):
            self._members_on[group.id][name] += sign
        if target.capacity is not None:
            target.capacity = target.capacity.holding({name: sign * amount for name, amount in needs.items()})
            for resource_class, amount in needs.items():
                host.free[resource_class] = host.free.get(resource_class, 0) - sign * amount
        self._insert(host)

    # -- where a server can go

    def find(self, server: str, version: int, tiers: Collection[int], strategy: Strategy) -> str | None:
        """Return the host that takes a server: in the first tier that has one, one that its soft policies like.

        :param version: of the hypervisor that it leaves.
        """
        request = self._request(server, version)
        full = self._with_members(request.groups, "anti-affinity")
        if strategy is Strategy.AS_A_DRAIN:
            entries = chain.from_iterable(self._entries(tier, request, None, strategy) for tier in tiers)
            return self._chosen(request, self._candidates(request, entries, full))
        tries: list[tuple[set[str] | None, set[str]]] = [(None, full)]
        if any(group.policy in ("soft-affinity", "soft-anti-affinity") for group in request.groups):
            liked = self._with_members(request.groups, "soft-affinity")
            disliked = self._with_members(request.groups, "soft-anti-affinity")
            tries.insert(0, (liked or None, full | disliked))
        if unlike_image := self._without_preferred(request.demand):
            tries = [(among, without | unlike_image) for among, without in tries] + tries
        for tier in tiers:
            for among, without in tries:
                candidates = self._candidates(request, self._entries(tier, request, among, strategy), without)
                while few := list(islice(candidates, 1 if strategy is Strategy.PACK else _CANDIDATES)):
                    if host := self._chosen(request, few):
                        return host
        return None

    def admits(self, server: str, host: str) -> bool:
        """Whether a server can be brought back to this host, whose margin then does not count."""
        target = self._hosts[host].target
        return choose(self._request(server, target.version), [target])[0] is not None

    def _request(self, server: str, version: int) -> MoveRequest:
        needs, demand = self._needs.get(server, {}), self._demands.get(server, Demand())
        return MoveRequest(server, needs, version, demand, self.groups_of(server))

    def _with_members(self, groups: Iterable[Group], policy: str) -> set[str]:
        """Hosts that hold members of a group with this policy; for anti-affinity as many as the group allows."""
        return {
            host
            for group in groups
            if group.policy == policy
            for host, count in self._members_on[group.id].items()
            if count >= (group.max_server_per_host if policy == "anti-affinity" else 1)
        }

    def _without_preferred(self, demand: Demand) -> set[str]:
        """Hosts that lack a trait of the server's image."""
        traits = demand.preferred
        if traits and traits not in self._lacking:
            self._lacking[traits] = {
                name for name, host in self._hosts.items() if not has_preferred(demand, host.target)
            }
        return self._lacking.get(traits, set())

    def _candidates(
        self, request: MoveRequest, entries: Iterable[_Entry], without: Collection[str]
    ) -> Iterator[Target]:
        """Yield the targets that have the version and the free capacity."""
        for _order, name in entries:
            host = self._hosts[name]
            if name not in without and host.target.version >= request.version and _fits(request.needs, host.free):
                yield host.target

    def _entries(
        self, tier: int, request: MoveRequest, among: Iterable[str] | None, strategy: Strategy
    ) -> Iterable[_Entry]:
        """The hosts of a tier, the emptiest first; the fullest first where servers are packed.

        :param among: only these hosts; None for all.
        """
        packing = strategy is Strategy.PACK
        if among is not None:
            hosts = (self._hosts[name] for name in among)
            return sorted((host.entry for host in hosts if host.tier == tier), reverse=packing)
        zone = request.demand.zone
        zones = [entries for key, entries in self._tiers[tier].items() if entries and (not zone or key in (zone, None))]
        if packing:
            return merge(*map(reversed, zones), reverse=True)
        return merge(*zones) if len(zones) > 1 else (zones[0] if zones else ())

    def _chosen(self, request: MoveRequest, targets: Iterable[Target]) -> str | None:
        target, _reasons = choose(request, targets, self._margin)
        return target.host if target else None

    # -- why it can go nowhere

    def explain(self, server: str, version: int) -> tuple[str, str]:
        """Return why no host takes a server, and what would help."""
        nearest = self.nearest(server, version)
        if nearest:
            host, lacking = nearest
            margin = f", or lower capacity_margin ({self._margin:g} %)" if self._margin else ""
            return (
                f"no host has enough free capacity for it; {host}, which lacks least, lacks {amounts(lacking)}",
                f"Free that on {host}, or add a host to the pool{margin}.",
            )
        offered = [host.target for host in self._hosts.values() if host.tier is not None]
        _target, reasons = choose(self._request(server, version), offered, self._margin)
        hosts: dict[str, list[str]] = {}
        for host, reason in reasons.items():
            hosts.setdefault(reason, []).append(host)
        reasons_by_hosts = [f"{listed(names)}: {reason}" for reason, names in islice(hosts.items(), 3)]
        return (
            f"no host can take it ({'; '.join(reasons_by_hosts) or 'no other host of the pool is in service'})",
            "Add a host to the pool that can take it, or leave this host out.",
        )

    def nearest(self, server: str, version: int) -> tuple[str, dict[str, int]] | None:
        """Return the host that lacks least for a server, and nothing but capacity; and what it lacks.

        Least is the smallest share of the host's capacity, in the class that it lacks most of.
        """
        request = self._request(server, version)
        without_needs = replace(request, needs={})
        for _share, name, lacking in sorted(self._shortages(request), key=lambda shortage: shortage[:2]):
            if lacking and choose(without_needs, [self.target(name)])[0]:
                return name, lacking
        return None

    def _shortages(self, request: MoveRequest) -> Iterator[tuple[float, str, dict[str, int]]]:
        """Yield each host that takes servers, with what it lacks, and before these as a share of its capacity."""
        for name, host in self._hosts.items():
            capacity = host.target.capacity
            if host.tier is not None and capacity is not None and host.target.version >= request.version:
                lacking = host.lacks(request.needs)
                shares = (amount / (capacity.total.get(key) or 1) for key, amount in lacking.items())
                yield max(shares, default=0.0), name, lacking


def _fits(needs: Resources, free: Mapping[str, int]) -> bool:
    return all(free.get(name, 0) >= amount for name, amount in needs.items())
