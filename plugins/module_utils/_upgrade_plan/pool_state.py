# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The pool at one moment of a plan: which hosts take servers, where servers are, who is under way. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from .._migration.move import LIVE
from .._migration.rules import kind_of_drain_move
from .._migration.sorting import sort_servers
from .._openstack.server import Server
from .._targets.assign import largest_first
from .._targets.capacity import AHEAD, NEXT, OUTSIDE, SOON, UPGRADED, CapacityIndex, Strategy
from .._targets.choose import Target
from .._targets.shares import Shares
from .._text import listed
from .conditions import (
    HARD,
    HostUnderWay,
    Section,
    groups_on_the_move,
    other_section,
    servers_of_others,
    window_full,
)
from .host_assignment import HostAssignment
from .host_to_upgrade import HostToUpgrade, hosts_to_upgrade
from .options import PlanOptions
from .order import hosts_in_order
from .plan import Blocker
from .pool import ObservedPool, PoolMember
from .room_search import RoomSearch
from .spare_hosts import SpareHosts

# The hosts on which a server may stay for good.
FOR_GOOD = (UPGRADED, OUTSIDE)
# How many of the next hosts have their turn soon, in hosts that may be out of service at once. What goes to a host now
# is back when about as many turns have begun; after that the host may begin itself.
_SOON = 2

Moves = Sequence[Mapping[str, Any]]


class PoolState:
    """Begins as the pool was observed, and changes as turns begin and end.

    It is the same whether a turn began here or was under way when the pool was observed: all that its servers need on
    their targets is held there until it is over, whatever of it has arrived.

    :param under_way: host whose turn has begun and is not over -> its moves, as ``PlannedHost.to_result`` has them.
    :param failed: hosts whose turn has failed and that stay out of service.
    :ivar queue: the hosts that are still to be upgraded and can be, in order.
    :ivar blocked: those that cannot be.
    :ivar under_way: the hosts under way, by name.
    :ivar _moment: the number of this moment of the plan, and ``_full_before`` why none could begin at the last one.
    :ivar _changes: how often anything changed for good that decides who finds room.
    :ivar _done: how many hosts of the roll are done.
    """

    def __init__(
        self,
        observed_pool: ObservedPool,
        options: PlanOptions,
        under_way: Mapping[str, Moves],
        failed: Collection[str] = (),
    ) -> None:
        self._needs, self._options, self._moment = observed_pool.needs, options, 0
        self._done = len(options.done)
        self._full_before = ""
        self._unmirrored = observed_pool.unmirrored
        self._members = {member.host: member for member in observed_pool.members}
        self._newest = max((member.version for member in self._members.values()), default=0)
        unusable = {host for host, member in self._members.items() if member.unusable or host in failed}
        self._out_of_service = unusable - under_way.keys() - options.exclude
        self._capacity_index = CapacityIndex(
            [
                Target(member.host, member.version, member.capacity, set(member.servers), member.zone)
                for member in observed_pool.members
            ],
            observed_pool.groups,
            observed_pool.needs,
            observed_pool.demands,
            options.capacity_margin,
        )
        # Servers that are not brought back have no way on which to wait for each other.
        self._shares = Shares(options.max_unavailable if options.bring_back else 1)
        self._assignment = HostAssignment(self._capacity_index, self._shares, options.granted_tags)
        self._room_search = RoomSearch(self._capacity_index, self._shares, options.granted_tags, self._residents)
        self._spare_hosts = SpareHosts(self._capacity_index, options.spare_hosts, observed_pool.needs)
        self._guests = dict(_movable_live(observed_pool, options))
        # Servers that are to go back to a host, by this roll or another maintenance.
        self._away = {server for member in observed_pool.members for server in member.to_bring_back}
        self._changes = 0
        self._places = {server: host for host, member in self._members.items() for server in member.servers}
        # hard server group -> how many of its members are in the pool
        self._hard = {
            group.id: len(group.members & self._places.keys()) for group in observed_pool.groups if group.policy in HARD
        }
        hosts = [host for host in hosts_to_upgrade(observed_pool, options) if host.name not in {*under_way, *failed}]
        self._to_upgrade = {host.name: host for host in hosts}
        self.under_way = {name: self._resumed(name, moves) for name, moves in under_way.items()}
        for host in hosts:
            self._describe(host)
        for name in self._members:
            if name in options.upgraded:
                self._capacity_index.target(name).version = self._newest
            if name not in unusable and name not in under_way:
                tier = AHEAD if name in self._to_upgrade else OUTSIDE
                self._capacity_index.offer(name, UPGRADED if name in options.done else tier)
        self.blocked = [host for host in hosts if host.blockers]
        self.queue: list[HostToUpgrade] = []
        self._soon: dict[HostToUpgrade, int] = {}
        self._line_up(host for host in hosts if not host.blockers)

    @property
    def servers_can_stay(self) -> bool:
        """Whether there is a host on which servers may stay for good."""
        return self._capacity_index.offered(FOR_GOOD)

    # -- how hosts stand to each other

    def _describe(self, host: HostToUpgrade) -> None:
        """Say of a host what the conditions ask for."""
        coming = host.member.to_bring_back if self._options.bring_back else ()
        host.section = self._section(host.member)
        host.needed = self._capacity_index.pieces(server.id for server in host.movable)
        host.groups = self._hard_groups([*(server.id for server in host.movable), *coming])
        host.spread = sum(self._hard[group] - 1 for group in host.groups)
        host.holders = self._places_of(coming) | host.member.unconfirmed

    def _section(self, member: PoolMember) -> Section:
        domains = self._options.failure_domains
        # A member whose domain nobody gave may be in any: it goes alone.
        domain = domains.get(member.host, member.host) if domains else None
        return Section(None if self._options.mixed_zones else member.zone, domain)

    def _hard_groups(self, servers: Iterable[str]) -> dict[str, str]:
        groups = (group for server in servers for group in self._capacity_index.groups_of(server))
        return {group.id: group.name for group in groups if group.id in self._hard}

    def _places_of(self, servers: Iterable[str]) -> frozenset[str]:
        return frozenset(self._places[server] for server in servers if server in self._places)

    def _resumed(self, name: str, moves: Moves) -> HostUnderWay:
        """Take in a host that was under way when the pool was observed."""
        member = self._members.get(name)
        if member is None:  # it has left the pool
            return HostUnderWay(name)
        coming = member.to_bring_back if self._options.bring_back else ()
        guests = {server.id: server for server in member.guests}
        holders = self._places_of(coming) | member.unconfirmed
        # One that moved while the pool was observed may be in none of the lists: it is taken to be at its target.
        moving = [(str(move["server"]), str(move["target"])) for move in moves if not move.get("source")]
        for move in moves:
            if source := move.get("source"):
                self._move_for_good(str(move["server"]), str(source), str(move["target"]))
                holders |= {str(source), str(move["target"])}
        for server, target in moving:
            self._away.add(server)
            self._shares.add(target)
            place = self._places.get(server, target)
            if place == name and target in self._members:
                self._capacity_index.take(server, target)
                holders |= {target}
                if not self._options.bring_back and server in guests:
                    self._park(guests[server], target)
            elif place != name:
                holders |= {place}
                if self._options.bring_back:
                    self._unpark(server, place)
        groups = self._hard_groups([*(str(move["server"]) for move in moves), *coming])
        return HostUnderWay(name, self._section(member), groups, holders)

    def _move_for_good(self, server: str, source: str, target: str) -> None:
        """Let a server be on its way from one host to another, where it makes no room for others any more."""
        if self._places.get(server) == source and target in self._members:
            self._capacity_index.release(server, source)
            self._capacity_index.take(server, target)
            self._take_over(server, source, target)

    def _take_over(self, server: str, source: str, target: str) -> None:
        """Let a host that is still to be upgraded have a server to move that another one had."""
        self._places[server] = target
        self._unpark(server, source)
        if server in self._guests:
            self._park(self._guests[server], target)

    def _residents(self, name: str) -> list[Server]:
        """The servers that may be moved away from a host in service, to make room there; the smallest first."""
        if name in self._options.exclude:
            return []
        on_host = self._capacity_index.target(name).servers - self._away
        servers = [self._guests[key] for key in on_host if key in self._guests]
        return largest_first(servers, self._needs)[::-1]

    def _park(self, server: Server, name: str) -> None:
        """Let a host that is still to be upgraded hold a server for good: it moves again when its turn comes."""
        if host := self._to_upgrade.get(name):
            host.movable = largest_first([*host.movable, server], self._needs)

    def _unpark(self, server: str, name: str) -> None:
        """Let a server be none of those that leave a host in its turn."""
        if host := self._to_upgrade.get(name):
            host.movable = [movable for movable in host.movable if movable.id != server]
            host.left = [(left, reason) for left, reason in host.left if left.id != server]

    # -- who is next

    def _line_up(self, hosts: Iterable[HostToUpgrade]) -> None:
        """Put hosts in order."""
        self.queue = hosts_in_order(hosts, self._options.order, self._options.bring_back)
        for number, host in enumerate(self.queue):
            host.number = number
            self._offer(host)
        self._keep_free()

    def _keep_free(self) -> None:
        """Let the hosts that come next take servers last, the one that comes first last of all."""
        before, self._soon, most = self._soon, {}, self._options.max_unavailable
        if most > 1 and self.queue:
            section = next(iter(self.under_way.values()), self.queue[0]).section
            able = most - len(self.under_way)
            beside = islice((host for host in self.queue if host.section == section), _SOON * most)
            self._soon = {host: NEXT if number < able else SOON for number, host in enumerate(beside)}
        for host, _tier in before.items() ^ self._soon.items():
            self._offer(host)

    def _offer(self, host: HostToUpgrade) -> None:
        """Let a host that is still to be upgraded take servers, if it is in service."""
        if host.name in self._to_upgrade and host.name not in self._out_of_service:
            self._capacity_index.offer(host.name, self._soon.get(host, AHEAD), -host.number)

    # -- who can go

    @property
    def full(self) -> bool:
        """Whether no other host may be under way, whichever it is."""
        places = self._options.ramp.places(self._done)
        most = self._options.max_unavailable
        return len(self.under_way) >= (most if places is None else min(most, places))

    @property
    def soaks(self) -> bool:
        """Whether a step of the ramp has just ended."""
        return self._options.ramp.soaks(self._done)

    def obstacle(self, host: HostToUpgrade) -> str | None:
        """Why a host may not begin now, wherever its servers could go."""
        others = self.under_way.values()
        return (
            window_full(host.name, self.under_way, self._out_of_service, self._options.max_unavailable)
            or other_section(host.section, others)
            or groups_on_the_move(host.groups, others)
            or servers_of_others(host.name, host.holders, others)
        )

    def no_room(self, host: HostToUpgrade, tiers: Collection[int], strategies: Collection[Strategy]) -> str | None:
        """Give the host its moves; if its servers do not all have a target give it none, and return why."""
        if not self._capacity_index.may_fit(host.needed, tiers, host.name):
            return self._no_room("one of its servers", tiers)
        server = self._assignment.assign(host, tiers, strategies)
        if server is None:
            return None
        self._offer(host)
        return self._no_room(f"its server {server.name!r} ({server.id})", tiers)

    def _no_room(self, which: str, tiers: Collection[int]) -> str:
        if tiers == FOR_GOOD:
            which += " would have to be parked on a host that is still to be upgraded"
        else:
            which += " finds no free capacity"
        return f"{which} before a turn is over ({listed(self.under_way)})" if self.under_way else f"{which} for now"

    def may_get_room(self, host: HostToUpgrade) -> bool:
        """Whether it is to be tried to make room for a host: it may begin, and did not find any in this state."""
        return host.no_way != self._changes and not self.obstacle(host)

    def makes_room(self, host: HostToUpgrade, most: int) -> bool:
        """Give the host its moves where at most so many servers of others make room for that; if not give it none."""
        if self._room_search.assign(host, most) and not self.no_spare(host):
            return True
        self._offer(host)
        host.no_way = self._changes
        return False

    def no_spare(self, host: HostToUpgrade) -> str | None:
        """Why a host that has its moves may not begin, for too little would be spare then: they are taken from it."""
        if not self._options.spare_hosts:
            return None
        others = [name for name in self._members if name not in {*self.under_way, host.name}]
        lost = self._spare_hosts.lost_for_good([name for name in others if self._capacity_index.target(name).servers])
        if not lost:
            return None
        self.undo(host)
        spare = self._options.spare_hosts
        return f"the loss of {listed(lost)} could not be evacuated meanwhile, and spare_hosts is {spare}"

    def undo(self, host: HostToUpgrade) -> None:
        """Take its moves from a host, which then takes servers again."""
        self._assignment.undo(host)
        self._room_search.undo(host)
        self._offer(host)

    def parked(self, host: HostToUpgrade) -> int:
        """How many servers of a host that has its moves go to hosts that are still to be upgraded."""
        return sum(move.target in self._to_upgrade for move in host.moves)

    # -- why a host waits

    def next_moment(self) -> None:
        """Let what was tried so far be the past, before turns end."""
        self._moment += 1
        self._full_before = self._why_full

    def refuse(self, host: HostToUpgrade, reason: str) -> None:
        host.refused = self._moment, reason

    def why_it_waits(self, host: HostToUpgrade) -> str:
        """Why a host of the queue cannot begin now: all have been tried, or as many as the window holds."""
        moment, reason = host.refused
        return reason if moment == self._moment else self._why_full

    def _waited_for(self, host: HostToUpgrade) -> str:
        moment, reason = host.refused
        if self._moment == 0:
            return ""
        return reason if moment >= self._moment - 1 else self._full_before

    @property
    def _why_full(self) -> str:
        return self._options.ramp.text(self._done) or f"max_unavailable is {self._options.max_unavailable}"

    # -- turns begin and end

    def begin(self, host: HostToUpgrade) -> None:
        """Let the turn of a host begin that has its moves."""
        host.waited_for = self._waited_for(host)
        self.queue.remove(host)
        del self._to_upgrade[host.name]
        self._out_of_service.discard(host.name)
        holders = host.holders | {move.target for move in (*host.moves, *host.room)}
        groups = host.groups | self._hard_groups(move.server.id for move in host.room)
        self.under_way[host.name] = HostUnderWay(host.name, host.section, groups, holders)
        self._away |= {move.server.id for move in host.moves}
        self._settle_room(host)
        if self._options.bring_back:
            host.brought_back = [server for server in host.member.to_bring_back if self._comes_back(server, host)]
            self._keep_free()
            return
        parking = {move.target for move in host.moves if move.target in self._to_upgrade}
        for move in host.moves:
            self._park(move.server, move.target)
        for name in parking:
            self._describe(self._to_upgrade[name])
        if parking:
            self._line_up(self.queue)
        else:
            self._keep_free()

    def _settle_room(self, host: HostToUpgrade) -> None:
        """Let the servers that made room for a host have their places for good."""
        changed = set()
        for move in host.room:
            source = str(move.server.host)
            self._take_over(move.server.id, source, move.target)
            changed |= {source, move.target} & self._to_upgrade.keys()
        for name in changed:
            self._describe(self._to_upgrade[name])
        if host.room:
            self._changes += 1
            self._line_up(self.queue)

    def _comes_back(self, server: str, host: HostToUpgrade) -> bool:
        """Hold what a server needs that an earlier run moved away, if it can be brought back, and say whether."""
        if not self._capacity_index.admits(server, host.name):
            return False
        self._capacity_index.take(server, host.name)
        return True

    def finish(self, host: HostToUpgrade) -> None:
        """Let a turn be over: its host is upgraded and in service, and its servers back if that is wanted."""
        del self.under_way[host.name]
        self._done += 1
        self._away -= {*(move.server.id for move in host.moves), *host.brought_back}
        if host.moves and not self._options.bring_back or self._capacity_index.version(host.name) < self._newest:
            self._changes += 1
        for move in host.moves:
            self._capacity_index.release(move.server.id, move.target if self._options.bring_back else host.name)
            self._shares.remove(move.target)
        for server in host.brought_back:
            if place := self._places.get(server):
                self._capacity_index.release(server, place)
                self._unpark(server, place)
                if place in self._to_upgrade:
                    self._describe(self._to_upgrade[place])
        self._capacity_index.target(host.name).version = self._newest
        self._capacity_index.offer(host.name, UPGRADED)
        self._keep_free()

    # -- why a host cannot be upgraded

    def explained(self, host: HostToUpgrade) -> list[Blocker]:
        """What keeps a host from being upgraded although no other is under way."""
        if why := self.obstacle(host):
            return [
                host.blocker(
                    None, why, "Put these back into service, leave them out with exclude, or raise max_unavailable."
                )
            ]
        servers = self._assignment.assign_possible(host)
        version = self._capacity_index.version(host.name)
        blockers = [
            replace(host.blocker(server, *self._why_nowhere(server.id, version)), roomless=True) for server in servers
        ]
        self.undo(host)
        if not blockers:
            return [host.blocker(None, host.refused[1], "Add a host to the pool, or lower spare_hosts.")]
        return blockers

    def _why_nowhere(self, server: str, version: int) -> tuple[str, str]:
        """Return why no host takes a server, and what would help."""
        why, what_helps = self._capacity_index.explain(server, version)
        if self._unmirrored:
            lacking = f"Placement's aggregate lacks {listed(self._unmirrored)}"
            return f"{why}, and {lacking}", "Run 'nova-manage placement sync_aggregates', and plan again."
        return why, what_helps


def _movable_live(observed_pool: ObservedPool, options: PlanOptions) -> Iterator[tuple[str, Server]]:
    """Yield the servers that may be moved to make room: those that a drain would move live, and at once."""
    groups = [group for group in observed_pool.groups if group.policy == "affinity"]
    for member in observed_pool.members:
        tags = options.granted_tags
        servers = sort_servers(member.guests, groups, options.leave_stopped, options.leave_unmovable, tags).movable
        for server in servers:
            if kind_of_drain_move(server, tags) == LIVE and server.task_state is None:
                yield server.id, server
