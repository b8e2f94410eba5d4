# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Pools as a planner sees them, put together by hand; and a rehearsal that carries a plan out and checks its rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from heapq import heappop, heappush
from itertools import combinations, groupby
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.capacity import HostCapacity, Resources
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.group import Group
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.request import Demand
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import Pace
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import PlannedHost, UpgradePlan
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import plan_upgrade
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pool import ObservedPool, PoolMember

PACE = Pace(seconds_per_move=1, moves_at_once=1, upgrade_seconds=100)


def amounts(vcpus: int, memory: int | None = None) -> dict[str, int]:
    """:param memory: in GiB; None for one GiB a vCPU."""
    return {"VCPU": vcpus, "MEMORY_MB": 1024 * (vcpus if memory is None else memory)}


class PoolBuilder:
    """Hosts, servers and groups as they are added; ``observed_pool`` is the pool that they are then."""

    def __init__(self) -> None:
        self._hosts: dict[str, dict[str, Any]] = {}
        self._capacity: dict[str, dict[str, int]] = {}
        self._traits: dict[str, frozenset[str]] = {}
        self._used: dict[str, Counter[str]] = {}
        self._guests: dict[str, list[Server]] = {}
        self.servers: dict[str, Server] = {}
        self.needs: dict[str, Resources] = {}
        self.demands: dict[str, Demand] = {}
        self.groups: list[Group] = []

    def host(
        self, name: str, vcpus: int = 8, *, memory: int | None = None, traits: Iterable[str] = (), **more: Any
    ) -> None:
        """:param more: as in PoolMember."""
        self._hosts[name] = {"zone": "az1", "version": 1, **more}
        self._capacity[name] = amounts(vcpus, memory)
        self._traits[name] = frozenset(traits)
        self._used[name], self._guests[name] = Counter(amounts(0)), []

    def server(
        self,
        name: str,
        host: str,
        vcpus: int = 1,
        *,
        memory: int | None = None,
        state: str = "active",
        demand: Demand | None = None,
    ) -> str:
        status = {"active": "ACTIVE", "stopped": "SHUTOFF"}.get(state, state.upper())
        self.servers[name] = Server(name, name, host, status, state, None)
        self.needs[name] = amounts(vcpus, memory)
        self._guests[host].append(self.servers[name])
        self._used[host].update(self.needs[name])
        if demand:
            self.demands[name] = demand
        return name

    def hosts(self, count: int, servers: int, **more: Any) -> None:
        """Add the hosts ``c0``, ``c1`` and so on, of 8 vCPUs each, with so many servers of one vCPU on each.

        :param more: as in PoolMember.
        """
        for number in range(count):
            self.host(f"c{number}", **more)
            for server in range(servers):
                self.server(f"s{number}-{server}", f"c{number}")

    def group(self, policy: str, *members: str, most: int = 1) -> None:
        name = f"group{len(self.groups)}"
        self.groups.append(Group(name, name, policy, frozenset(members), most))

    def used(self, host: str) -> dict[str, int]:
        return dict(self._used[host])

    def fits(self, host: str, vcpus: int, memory: int | None = None) -> bool:
        return not HostCapacity(self._capacity[host], self.used(host)).lacks(amounts(vcpus, memory))

    def observed_pool(self) -> ObservedPool:
        members = []
        for name, more in sorted(self._hosts.items()):
            guests = self._guests[name]
            capacity = HostCapacity(self._capacity[name], self.used(name), self._traits[name])
            servers = frozenset(server.id for server in guests)
            members.append(
                PoolMember(**{"host": name, "capacity": capacity, "servers": servers, "guests": guests, **more})
            )
        return ObservedPool(members, self.groups, self.needs, self.demands)


class Rehearsal:
    """Carries out turns: every move holds what its server needs at both ends until its turn is over.

    :ivar places: the hosts of each server.
    :ivar unusable: hosts that take no servers, whoever took them out of service.
    :ivar under_way: the hosts whose turns have begun and are not over.
    """

    def __init__(self, observed_pool: ObservedPool, options: PlanOptions) -> None:
        self._observed_pool, self._options = observed_pool, options
        self._members = {member.host: member for member in observed_pool.members}
        self.places = {server: {member.host} for member in observed_pool.members for server in member.servers}
        self._newest = max(member.version for member in observed_pool.members)
        self.versions = {
            host: self._newest if host in options.done else member.version for host, member in self._members.items()
        }
        self.unusable = {member.host for member in observed_pool.members if member.unusable}
        self.under_way: dict[str, PlannedHost] = {}
        self.upgraded: list[str] = []
        self._moves = 0

    def run(self, plan: UpgradePlan) -> None:
        """Carry out a whole plan."""
        ends: list[tuple[float, int, str]] = []
        for number, turn in enumerate(plan.turns):
            while ends and ends[0][0] <= turn.begin:
                self.finish(heappop(ends)[2])
            self.begin(turn)
            heappush(ends, (turn.end, number, turn.host))
        while ends:
            self.finish(heappop(ends)[2])
        self._check_the_end(plan)

    # -- a turn

    def begin(self, host: PlannedHost) -> None:
        """Let a host have its moves: all of them are on their way from now on."""
        self._check_window(host)
        self._check_conditions(host)
        self.under_way[host.host] = host
        self._make_room(host)
        for move in host.moves:
            server, target = move.server.id, move.target
            assert self.places[server] == {host.host}, f"{server} is not on {host.host}"
            assert target not in self.under_way and target not in self.unusable, f"{target} takes no servers"
            assert self.versions[target] >= self.versions[host.host], f"{target} is older than {host.host}"
            self._check_demand(self._observed_pool.demands.get(server), target)
            self.places[server] = {host.host, target}
            self._check_host(target, self._options.capacity_margin)
        for server in host.brought_back:
            self.places[server] |= {host.host}
            self._check_host(host.host, 0)
        self._check_spare_hosts()

    def _make_room(self, host: PlannedHost) -> None:
        """Let servers of other hosts move first, each to one that has room beside what it held before."""
        left = {move.server.host for move in host.room}
        for move in host.room:
            server, source, target = move.server, str(move.server.host), move.target
            assert self._options.make_room and move.kind == "live-migration" and server.vm_state != "stopped"
            assert self.places[server.id] == {source} and source not in {*self.under_way, *self._options.exclude}
            assert target not in {*self.under_way, *self.unusable, *left}, f"{target} takes no servers"
            assert self.versions[target] >= self.versions[source]
            self._check_demand(self._observed_pool.demands.get(server.id), target)
            self.places[server.id] = {source, target}
            self._check_host(target, self._options.capacity_margin)
        for move in host.room:
            self.places[move.server.id] = {move.target}

    def finish(self, name: str) -> None:
        """Let the turn of a host be over."""
        host = self.under_way.pop(name)
        self._check_drained(host)
        for move in host.moves:
            self.places[move.server.id] = {name} if self._options.bring_back else {move.target}
        for server in host.brought_back:
            (place,) = self.places[server] - {name} or {name}
            assert self.versions[name] >= self.versions[place] or self._newest >= self.versions[place]
            self.places[server] = {name}
        self._moves += (
            len(host.moves) * (2 if self._options.bring_back else 1) + len(host.brought_back) + len(host.room)
        )
        self.versions[name] = self._newest
        self.upgraded.append(name)
        self.unusable.discard(name)
        if self.under_way:
            self._check_spare_hosts()

    # -- what is observed meanwhile

    def observed_pool(self, arrived: Callable[[str], bool] = lambda server: True) -> ObservedPool:
        """The pool as it is observed while hosts are under way.

        :param arrived: whether a server that is on its way has arrived at its target.
        """
        where: dict[str, str] = {}
        moving: dict[str, str] = {}
        leaving: dict[str, str] = {}
        for host in self.under_way.values():
            moving |= {move.server.id: move.target for move in host.moves}
            late = {move.server.id: str(move.server.host) for move in host.room if not arrived(move.server.id)}
            leaving |= late
            if late:  # its own servers leave when those have made room
                leaving |= {move.server.id: host.host for move in host.moves}
        for server, places in self.places.items():
            if server in leaving:
                where[server] = leaving[server]
            elif server in moving:
                where[server] = moving[server] if arrived(server) else (places - {moving[server]}).pop()
            else:
                coming = {name for name, host in self.under_way.items() if server in host.brought_back}
                where[server] = min(places - coming or places)
        return replace(self._observed_pool, members=[self._member(host, where) for host in self._members])

    def _member(self, host: str, where: Mapping[str, str]) -> PoolMember:
        member, pool = self._members[host], self._observed_pool
        servers = frozenset(server for server, place in where.items() if place == host)
        guests = {server.id: replace(server, host=host) for other in pool.members for server in other.guests}
        used = {name: sum(pool.needs[server][name] for server in servers) for name in amounts(0)}
        changed = replace(
            member,
            servers=servers,
            guests=[guests[server] for server in sorted(servers)],
            capacity=member.capacity and replace(member.capacity, used=used),
            version=self.versions[host],
        )
        if host in self.under_way:
            turn = self.under_way[host]
            gone = [move.server.id for move in turn.moves if where[move.server.id] != host]
            back = tuple(sorted({*member.to_bring_back, *gone})) if self._options.bring_back else ()
            return replace(changed, unusable="it is in maintenance", unfinished=True, to_bring_back=back)
        if host in self.upgraded:
            return replace(changed, unusable="", unfinished=False, to_bring_back=())
        return changed

    # -- rules

    def _check_window(self, host: PlannedHost) -> None:
        out_of_service = (self.unusable - self._options.exclude) | {*self.under_way, host.host}
        assert len(self.under_way) < self._options.max_unavailable
        assert host.host in self.unusable or len(out_of_service) <= self._options.max_unavailable, "too many are out"

    def _check_conditions(self, host: PlannedHost) -> None:
        """Zones, failure domains, hard groups, and servers that would move twice."""
        domains = self._options.failure_domains
        for other in self.under_way.values():
            assert self._options.mixed_zones or other.zone == host.zone, f"{host.host} and {other.host}: two zones"
            assert not domains or domains.get(other.host, other.host) == domains.get(host.host, host.host)
            for group in self._observed_pool.groups:
                if group.policy == "anti-affinity":
                    assert not (self._moving(host) & group.members and self._moving(other) & group.members), group.name
            held = {move.target for move in (*other.moves, *other.room)}.union(
                *(self.places[key] for key in other.brought_back)
            )
            assert host.host not in held, f"{host.host} holds servers of {other.host}"

    @staticmethod
    def _moving(host: PlannedHost) -> set[str]:
        return {*(move.server.id for move in (*host.moves, *host.room)), *host.brought_back}

    def _check_drained(self, host: PlannedHost) -> None:
        moved = {move.server.id for move in host.moves}
        remaining = {server for server, places in self.places.items() if host.host in places} - moved
        left = {server.id for server, _why in host.left} | {*host.brought_back}
        busy = {server.id for server in self._members[host.host].guests if server.task_state == "migrating"}
        if host.host not in self._options.done:
            assert remaining == left | busy, f"{host.host} is not empty"

    def _check_demand(self, demand: Demand | None, target: str) -> None:
        capacity, zone = self._members[target].capacity, self._members[target].zone
        if demand and capacity:
            assert demand.zone in (None, zone)
            assert demand.traits.required <= capacity.traits and not demand.traits.forbidden & capacity.traits

    def _check_host(self, host: str, margin: float) -> None:
        capacity = self._members[host].capacity
        assert capacity is not None
        servers = {server for server, places in self.places.items() if host in places}
        used: Counter[str] = Counter()
        for server in servers:
            used.update(self._observed_pool.needs[server])
        full = HostCapacity(capacity.total, used)
        assert all(full.free(name, margin) >= 0 for name in capacity.total), f"{host} is too full: {used}"
        for group in self._observed_pool.groups:
            if group.policy == "anti-affinity":
                assert len(group.members & servers) <= group.max_server_per_host, f"{group.name} is broken on {host}"

    def _check_spare_hosts(self) -> None:
        """Any so many hosts may be lost: what is on them, or on its way there, finds room on the others."""
        if not self._options.spare_hosts:
            return
        on_host = {
            host: sorted(server for server, places in self.places.items() if host in places)
            for host in self._members
            if host not in self.under_way
        }
        inhabited = [host for host, servers in on_host.items() if servers]
        for lost in combinations(inhabited, min(self._options.spare_hosts, len(inhabited))):
            before = {server: set(places) for server, places in self.places.items()}
            servers = {server for host in lost for server in on_host[host]}
            targets = [host for host in on_host if host not in {*lost, *self.unusable}]
            assert self._evacuates(sorted(servers), targets), f"the loss of {lost} cannot be evacuated"
            self.places = before

    def _evacuates(self, servers: list[str], targets: list[str]) -> bool:
        """Whether servers find room somehow; those that do stay there."""
        if not servers:
            return True
        server, places = servers[0], self.places[servers[0]]
        for target in targets:
            self.places[server] = {target}
            try:
                self._check_demand(self._observed_pool.demands.get(server), target)
                self._check_host(target, self._options.capacity_margin)
            except AssertionError:
                continue
            if self._evacuates(servers[1:], targets):
                return True
        self.places[server] = places
        return False

    def _check_the_end(self, plan: UpgradePlan) -> None:
        chosen = set(self._members) if self._options.hosts is None else self._options.hosts
        wanted = {host for host in chosen if host not in self._options.done or self._members[host].unfinished}
        blocked = {blocker.host for blocker in plan.blockers}
        assert len(self.upgraded) == len(set(self.upgraded))
        assert set(self.upgraded) | (blocked & wanted) == wanted
        assert not set(self.upgraded) & blocked
        assert plan.moves == self._moves >= plan.lower_bound
        assert plan.seconds >= plan.seconds_bound - 1e-6
        assert all(turn.waits_for for turn in plan.turns if turn.begin)


def planned(pool: PoolBuilder, **options: Any) -> UpgradePlan:
    """The plan for a pool, which was carried out, and which is the same when it is made again.

    :param options: as in PlanOptions; ``order`` alone also chooses the hosts.
    """
    if "order" in options:
        options = {"hosts": frozenset(options["order"]), **options}
    observed_pool, chosen = pool.observed_pool(), PlanOptions(**options)
    plan = plan_upgrade(observed_pool, chosen, PACE)
    Rehearsal(observed_pool, chosen).run(plan)
    assert plan_upgrade(observed_pool, chosen, PACE) == plan
    return plan


def turns_of(plan: UpgradePlan) -> list[list[str]]:
    """The names of the hosts that begin at the same time, in the order of beginning."""
    return [[turn.host for turn in turns] for _begin, turns in groupby(plan.turns, lambda turn: turn.begin)]


def blocked_in(plan: UpgradePlan) -> dict[str, str | None]:
    """The hosts that the plan has blockers for, each with the server that is in the way."""
    return {blocker.host: blocker.server for blocker in plan.blockers}


def targets_of(plan: UpgradePlan) -> dict[str, str]:
    """The last target of each server."""
    return {move.server.id: move.target for turn in plan.turns for move in turn.moves}


def servers_per_target(plan: UpgradePlan) -> Mapping[str, int]:
    """How many servers go to each host."""
    return Counter(move.target for turn in plan.turns for move in turn.moves)
