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
from contextlib import contextmanager
from enum import Enum
from heapq import merge

from .._openstack.capacity import Resources
from .._openstack.group import Group
from .choose import Target, choose, disliked, has_preferred, wanted
from .explain import explain, nearest
from .indexed_host import Entry, IndexedHost, Size
from .pieces import Count, Pieces, add, subtract
from .request import Demand, MoveRequest
from .shares import Shares

# Which hosts are tried first as targets: those that are upgraded, those that shall not be, those that still have to be
# drained themselves, of these those that have their turn soon, and those that may begin now.
UPGRADED, OUTSIDE, AHEAD, SOON, NEXT = TIERS = tuple(range(5))
# Where servers are shared out. What goes to hosts that have their turn soon goes to as few of them as possible, so that
# the others can begin.
_SHARED = (AHEAD,)
_NOTHING = Demand()


class Strategy(Enum):
    """How servers are given targets, in the order in which that is tried.

    Spread over the emptiest hosts; packed into the fullest, which leaves free capacity for large servers; or as a drain
    without a plan does it, which knows no tiers.
    """

    SPREAD = "spread"
    PACK = "pack"
    AS_A_DRAIN = "as a drain"


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
        self._hosts = {target.host: IndexedHost(target, margin) for target in targets}
        self._tiers: list[dict[str | None, list[Entry]]] = [{} for _tier in TIERS]  # tier -> zone -> its hosts
        self._sizes: dict[str, Size] = {}
        # tier -> sizes that none of its hosts has room for, in that zone if there is one
        self._nowhere: list[set[tuple[Size, str | None]]] = [set() for _tier in TIERS]
        self._pieces = Pieces(needs.values())
        self._room: list[Count] = [self._pieces.count({}) for _tier in TIERS]  # tier -> its room in pieces
        self._to_count: set[IndexedHost] = set()
        self._groups: dict[str, list[Group]] = {}
        places = {server: name for name, host in self._hosts.items() for server in host.target.servers}
        self._lacking: dict[frozenset[str], set[str]] = {}  # traits of an image -> hosts that lack one of them
        self._members_on: dict[str, Counter[str]] = {}  # group -> host -> how many members are on it
        for group in groups:
            self._members_on[group.id] = Counter(places[server] for server in group.members if server in places)
            for server in group.members:
                self._groups.setdefault(server, []).append(group)

    @property
    def hosts(self) -> int:
        """How many hosts there are."""
        return len(self._hosts)

    def target(self, host: str) -> Target:
        return self._hosts[host].current()

    def version(self, host: str) -> int:
        return self._hosts[host].target.version

    def groups_of(self, server: str) -> Sequence[Group]:
        return self._groups.get(server, ())

    def _size(self, server: str) -> Size:
        size = self._sizes.get(server)
        if size is None:
            size = self._sizes[server] = tuple(sorted(self._needs.get(server, {}).items()))
        return size

    # -- which hosts take servers

    def offer(self, name: str, tier: int, rank: float | None = None) -> None:
        """Let a host take servers from now on, after hosts of lower tiers; ordered by its load or by ``rank``."""
        host = self._hosts[name]
        if host.tier == tier and host.rank == rank and rank is not None:
            return
        self.withdraw(name)
        if host.target.capacity is not None:
            host.tier, host.rank = tier, rank
            self._insert(host)
            self._to_count.add(host)
            self._has_grown(host, tier)

    def withdraw(self, name: str) -> None:
        """Let a host take no servers from now on."""
        host = self._hosts[name]
        self._remove(host)
        host.tier = None
        self._to_count.add(host)

    @contextmanager
    def without(self, names: Collection[str]) -> Iterator[None]:
        """Let these hosts take no servers for a while."""
        offered = [(name, host.tier, host.rank) for name in names if (host := self._hosts[name]).tier is not None]
        for name in names:
            self.withdraw(name)
        try:
            yield
        finally:
            for name, tier, rank in offered:
                self.offer(name, tier, rank)

    def _insert(self, host: IndexedHost) -> None:
        if host.tier is not None:
            host.entry = (host.order(), host.target.host)
            insort(self._tiers[host.tier].setdefault(host.target.zone, []), host.entry)

    def _remove(self, host: IndexedHost) -> None:
        if host.tier is not None:
            entries = self._tiers[host.tier][host.target.zone]
            del entries[bisect_left(entries, host.entry)]

    def _has_grown(self, host: IndexedHost, tier: int) -> None:
        """Forget what the tier had no room for, where this host has it now."""
        nowhere = self._nowhere[tier]
        if nowhere:
            self._nowhere[tier] = {key for key in nowhere if not host.fits(key[0])}

    def offered(self, tiers: Iterable[int]) -> bool:
        """Whether any host takes servers in these tiers."""
        return any(entries for tier in tiers for entries in self._tiers[tier].values())

    # -- which servers they hold

    def take(self, server: str, host: str) -> None:
        """Let a host hold a server from now on, beside the host that held it before."""
        self._hosts[host].target.servers.add(server)
        self._change(server, host, 1)

    def release(self, server: str, host: str) -> None:
        """Let a host hold a server no longer."""
        self._hosts[host].target.servers.discard(server)
        self._change(server, host, -1)

    def _change(self, server: str, name: str, sign: int) -> None:
        host = self._hosts[name]
        for group in self.groups_of(server):
            self._members_on[group.id][name] += sign
        if host.target.capacity is None:
            return
        by_load = host.tier is not None and host.rank is None
        if by_load:
            self._remove(host)
        host.change(self._size(server), sign)
        self._to_count.add(host)
        if by_load:
            self._insert(host)
        if sign < 0 and host.tier is not None:
            self._has_grown(host, host.tier)

    # -- what cannot fit

    def pieces(self, servers: Iterable[str]) -> Count:
        """What servers need, in pieces."""
        return self._pieces.needed(self._needs.get(server, {}) for server in servers)

    def may_fit(self, needed: Count, tiers: Collection[int], without: str) -> bool:
        """Whether servers that need so much may find room in these tiers. If not, they surely do not.

        :param without: the host that they leave.
        """
        for host in self._to_count:
            self._count(host)
        self._to_count.clear()
        host = self._hosts[without]
        for number, amount in enumerate(needed):
            if amount:
                room = sum([self._room[tier][number] for tier in tiers])
                if host.tier is not None and host.tier in tiers:
                    room -= host.counted[number]
                if amount > room:
                    return False
        return True

    def _count(self, host: IndexedHost) -> None:
        if host.counted_in is not None:
            self._room[host.counted_in] = subtract(self._room[host.counted_in], host.counted)
        host.counted_in = host.tier
        if host.tier is not None:
            host.counted = self._pieces.count(host.free)
            self._room[host.tier] = add(self._room[host.tier], host.counted)

    # -- where a server can go

    def find(
        self, server: str, version: int, tiers: Collection[int], strategy: Strategy, shares: Shares | None = None
    ) -> str | None:
        """Return the host that takes a server: in the first tier that has one, one that its soft policies like.

        :param version: of the hypervisor that it leaves.
        :param shares: choose among hosts that are still to be drained, where servers are spread.
        """
        request = self._request(server, version)
        full = self._with_members(request.groups, "anti-affinity")
        if strategy is Strategy.AS_A_DRAIN:
            return self._chosen(
                request, (name for tier in tiers for name in self._fitting(tier, request, full, None, strategy))
            )
        tries: list[tuple[set[str] | None, set[str]]] = [(None, full)]
        if any(group.policy in ("soft-affinity", "soft-anti-affinity") for group in request.groups):
            liked = self._with_members(request.groups, "soft-affinity")
            disliked = self._with_members(request.groups, "soft-anti-affinity")
            tries.insert(0, (liked or None, full | disliked))
        if unlike_image := self._without_preferred(request.demand):
            tries = [(among, without | unlike_image) for among, without in tries] + tries
        for tier in tiers:
            for among, without in tries:
                able = self._fitting(tier, request, without, among, strategy)
                takers = (name for name in able if wanted(request, self._hosts[name].target))
                shared = shares if tier in _SHARED and strategy is Strategy.SPREAD else None
                if taker := shared.choose(takers) if shared else next(takers, None):
                    return taker
        return None

    def takes(self, server: str, name: str, version: int) -> bool:
        """Whether a host that takes servers can take this one.

        :param version: of the hypervisor that it leaves.
        """
        host, request = self._hosts[name], self._request(server, version)
        return host.fits(self._size(server)) and self._would_take(host, request)

    def has_room(self, name: str, needs: Resources) -> bool:
        """Whether a host takes servers, and has the capacity for these needs."""
        host = self._hosts[name]
        return host.tier is not None and host.fits(tuple(needs.items()))

    def takers(self, server: str, version: int) -> list[str]:
        """Return all hosts that can take a server, the fullest first."""
        request, size = self._request(server, version), self._size(server)
        able = [host for host in self._takers() if host.fits(size) and self._would_take(host, request)]
        return [host.target.host for host in sorted(able, key=lambda host: (-host.load({}), host.target.host))]

    def cramped(self, server: str, version: int) -> list[str]:
        """Return the hosts that could take a server if others left them, those that lack least first."""
        request = self._request(server, version)
        able = [host for host in self._takers() if host.target.version >= version and wanted(request, host.target)]
        return [
            host.target.host
            for host in sorted(able, key=lambda host: (host.lacks_share(request.needs), host.target.host))
        ]

    def has_enough(self, servers: Iterable[str]) -> bool:
        """Whether as much is free as servers need, in whatever pieces it may be."""
        needed, free = Counter[str](), Counter[str]()
        for server in servers:
            needed.update(self._needs.get(server, {}))
        for host in self._takers():
            free.update({name: max(0, amount) for name, amount in host.free.items()})
        return all(amount <= free[name] for name, amount in needed.items())

    def alike(self, server: str, other: str) -> bool:
        """Whether two servers are the same to every host."""
        grouped = self.groups_of(server) or self.groups_of(other)
        same = self._demands.get(server, _NOTHING) == self._demands.get(other, _NOTHING)
        return not grouped and same and self._size(server) == self._size(other)

    def _would_take(self, host: IndexedHost, request: MoveRequest) -> bool:
        """Whether a host takes a server for which it has the capacity."""
        return (
            host.tier is not None
            and host.target.version >= request.version
            and host.target.host not in self._with_members(request.groups, "anti-affinity")
            and wanted(request, host.target)
        )

    def admits(self, server: str, host: str) -> bool:
        """Whether a server can be brought back to this host, whose margin then does not count."""
        target = self.target(host)
        return choose(self._request(server, target.version), [target])[0] is not None

    def _request(self, server: str, version: int) -> MoveRequest:
        needs, demand = self._needs.get(server, {}), self._demands.get(server, _NOTHING)
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

    def _fitting(
        self, tier: int, request: MoveRequest, without: Collection[str], among: Iterable[str] | None, strategy: Strategy
    ) -> Iterator[str]:
        """Yield the hosts of a tier that have the version and the free capacity: emptiest first, or lowest rank.

        :param among: only these hosts; None for all.
        """
        size, nowhere = self._size(request.server), (self._size(request.server), request.demand.zone)
        if nowhere in self._nowhere[tier]:
            return
        none_fits = among is None
        hosts = self._hosts
        for _order, name in self._entries(tier, request, among, strategy):
            host = hosts[name]
            if host.fits(size):
                none_fits = False
                if name not in without and host.target.version >= request.version:
                    yield name
        if none_fits:
            self._nowhere[tier].add(nowhere)

    def _without_preferred(self, demand: Demand) -> set[str]:
        """Hosts that lack a trait of the server's image."""
        traits = demand.preferred
        if traits and traits not in self._lacking:
            self._lacking[traits] = {
                name for name, host in self._hosts.items() if not has_preferred(demand, host.target)
            }
        return self._lacking.get(traits, set())

    def _entries(
        self, tier: int, request: MoveRequest, among: Iterable[str] | None, strategy: Strategy
    ) -> Iterable[Entry]:
        """The hosts of a tier, the emptiest first; the fullest first where servers are packed."""
        packing = strategy is Strategy.PACK and tier < AHEAD
        if among is not None:
            hosts = (self._hosts[name] for name in among)
            return sorted((host.entry for host in hosts if host.tier == tier), reverse=packing)
        zone = request.demand.zone
        zones = [entries for key, entries in self._tiers[tier].items() if entries and (not zone or key in (zone, None))]
        if packing:
            return merge(*map(reversed, zones), reverse=True)
        return merge(*zones) if len(zones) > 1 else (zones[0] if zones else ())

    def _chosen(self, request: MoveRequest, fitting: Iterable[str]) -> str | None:
        """Return the host that ``choose`` would, among hosts that have the capacity."""

        def place(name: str) -> tuple[bool, bool, float, str]:
            host = self._hosts[name]
            unlike_image = not has_preferred(request.demand, host.target)
            return unlike_image, disliked(request, host.target), host.load(request.needs), name

        return min((name for name in fitting if wanted(request, self._hosts[name].target)), key=place, default=None)

    # -- why it can go nowhere

    def explain(self, server: str, version: int) -> tuple[str, str]:
        """Return why no host takes a server, and what would help."""
        return explain(self._request(server, version), self._takers(), self._margin)

    def nearest(self, server: str, version: int) -> tuple[str, dict[str, int]] | None:
        """Return the host that lacks least for a server, and nothing but capacity; and what it lacks."""
        return nearest(self._request(server, version), self._takers())

    def _takers(self) -> list[IndexedHost]:
        return [host for host in self._hosts.values() if host.tier is not None]
