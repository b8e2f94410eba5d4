# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Pools as a planner observes them, built by tests; and a rehearsal that carries a plan out and checks its rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import (
    Group,
    HostCapacity,
    Resources,
    Server,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Demand
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import PlannedHost, UpgradePlan
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pool import ObservedPool, PoolMember


def amounts(vcpus: int, memory: int | None = None) -> dict[str, int]:
    return {"VCPU": vcpus, "MEMORY_MB": 1024 * (vcpus if memory is None else memory)}


class PoolBuilder:
    """A pool that is built from hosts, servers and groups; ``observed_pool`` returns it."""

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
        """:param more: other attributes of ``PoolMember``."""
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
        **more: Any,
    ) -> str:
        status = {"active": "ACTIVE", "stopped": "SHUTOFF"}.get(state, state.upper())
        self.servers[name] = Server(name, name, host, status, state, None, **more)
        self.needs[name] = amounts(vcpus, memory)
        self._guests[host].append(self.servers[name])
        self._used[host].update(self.needs[name])
        if demand:
            self.demands[name] = demand
        return name

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
            servers = frozenset(guest.id for guest in guests)
            members.append(
                PoolMember(**{"host": name, "capacity": capacity, "servers": servers, "guests": guests, **more})
            )
        return ObservedPool(members, self.groups, self.needs, self.demands)


class Rehearsal:
    """Carries out a plan without a cloud: a server that moves takes capacity on both hosts until its batch is over."""

    def __init__(self, observed_pool: ObservedPool, options: PlanOptions) -> None:
        self._observed_pool, self._options = observed_pool, options
        self._members = {member.host: member for member in observed_pool.members}
        self.places = {server: {member.host} for member in observed_pool.members for server in member.servers}
        newest = max(member.version for member in observed_pool.members)
        self.versions = {
            member.host: newest if member.host in options.done else member.version for member in observed_pool.members
        }
        self._newest = newest
        self.out = {member.host for member in observed_pool.members if member.idle}
        self.idle = set(self.out)
        self.upgraded: list[str] = []

    def run(self, plan: UpgradePlan) -> None:
        for batch in plan.batches:
            before = {server: set(hosts) for server, hosts in self.places.items()}
            moves = self._leave(batch.hosts)
            if self._options.bring_back:
                moves += self._return(batch.hosts)
                came = {server for host in batch.hosts for server in host.returning}
                assert {server: hosts for server, hosts in self.places.items() if server not in came} == {
                    server: hosts for server, hosts in before.items() if server not in came
                }
            assert moves == batch.moves
        self._check_the_end(plan)

    # -- the two halves of a batch

    def _leave(self, hosts: Iterable[PlannedHost]) -> int:
        hosts = list(hosts)
        names = [planned.host for planned in hosts]
        self._check_batch(names)
        self._check_groups_of(hosts)
        moved: Counter[str] = Counter()
        for planned in hosts:
            for move in planned.moves:
                server, target = move.server.id, move.target
                assert self.places[server] == {planned.host}, f"{server} is not on {planned.host}"
                assert target not in names and target not in self.idle, f"{target} takes no servers"
                assert self.versions[target] >= self.versions[planned.host], f"{target} is older than {planned.host}"
                self._check_demand(self._observed_pool.demands.get(server), target)
                self.places[server] = {planned.host, target}
                self._check_host(target, self._options.capacity_margin)
                moved[server] += 1
        assert max(moved.values(), default=1) == 1, "a server moves twice in a batch"
        for planned in hosts:
            for move in planned.moves:
                self.places[move.server.id] = {move.target}
            on_host = {server for server, places in self.places.items() if planned.host in places}
            left = {server.id for server, _why in planned.left}
            busy = {server.id for server in self._members[planned.host].guests if server.task_state == "migrating"}
            if planned.host not in self._options.done:
                assert on_host == left | busy, f"{planned.host} is not empty"
            self.versions[planned.host] = self._newest
            self.upgraded.append(planned.host)
            self.out.discard(planned.host)
            self.idle.discard(planned.host)
        return sum(moved.values())

    def _return(self, hosts: Iterable[PlannedHost]) -> int:
        moves = 0
        for planned in hosts:
            for server, target in [*((move.server.id, move.target) for move in planned.moves), *self._away(planned)]:
                assert self.places[server] == ({target} if target else set())
                assert target is None or self.versions[planned.host] >= self.versions[target]
                self.places[server] |= {planned.host}
                self._check_host(planned.host, 0)
                moves += 1
        for planned in hosts:
            for server in [*(move.server.id for move in planned.moves), *planned.returning]:
                self.places[server] = {planned.host}
        return moves

    def _away(self, planned: PlannedHost) -> list[tuple[str, str | None]]:
        return [(server, next(iter(self.places[server]), None)) for server in planned.returning]

    # -- rules

    def _check_batch(self, names: list[str]) -> None:
        fresh = [name for name in names if name not in self.out]
        assert len(names) <= self._options.max_unavailable
        assert not fresh or len(self.out | set(names)) <= self._options.max_unavailable, "too many are out of service"
        zones = {self._members[name].zone for name in names}
        assert self._options.mixed_zones or len(zones) == 1, f"a batch in {zones}"

    def _check_groups_of(self, hosts: list[PlannedHost]) -> None:
        for group in self._observed_pool.groups:
            leaving = [
                planned.host
                for planned in hosts
                if group.members & {*(move.server.id for move in planned.moves), *planned.returning}
            ]
            assert len(leaving) <= 1, f"members of {group.name} leave {leaving} at the same time"

    def _check_demand(self, demand: Demand | None, target: str) -> None:
        capacity, zone = self._members[target].capacity, self._members[target].zone
        if demand and capacity:
            assert demand.zone in (None, zone)
            assert demand.traits.required <= capacity.traits and not demand.traits.forbidden & capacity.traits

    def _check_host(self, host: str, margin: float) -> None:
        capacity = self._members[host].capacity
        assert capacity is not None
        on_host = {server for server, places in self.places.items() if host in places}
        used: Counter[str] = Counter()
        for server in on_host:
            used.update(self._observed_pool.needs[server])
        kept = HostCapacity(capacity.total, used)
        assert all(kept.free(name, margin) >= 0 for name in capacity.total), f"{host} is too full: {used}"
        for group in self._observed_pool.groups:
            if group.policy == "anti-affinity":
                assert len(group.members & on_host) <= group.max_server_per_host, f"{group.name} is broken on {host}"

    def _check_the_end(self, plan: UpgradePlan) -> None:
        members = list(self._members) if self._options.hosts is None else list(self._options.hosts)
        wanted = {host for host in members if host not in self._options.done or self._members[host].unfinished}
        blocked = {blocker.host for blocker in plan.blockers}
        assert len(self.upgraded) == len(set(self.upgraded))
        assert set(self.upgraded) | (blocked & wanted) == wanted
        assert not set(self.upgraded) & blocked
        assert plan.moves >= plan.lower_bound
        assert all(batch.limited_by for batch in plan.batches)


def spread(plan: UpgradePlan) -> Mapping[str, int]:
    """Return how many servers go to each host."""
    return Counter(move.target for batch in plan.batches for planned in batch.hosts for move in planned.moves)
