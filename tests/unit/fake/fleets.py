# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Pools as a planner sees them, put together by hand; and a rehearsal that carries a plan out and checks its rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.capacity import HostCapacity, Resources
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.group import Group
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.request import Demand
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import (
    Batch,
    PlannedHost,
    UpgradePlan,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import plan_upgrade
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pool import ObservedPool, PoolMember


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
    """Carries out a plan: every move holds what its server needs at both ends until its batch is over.

    :ivar places: the hosts of each server.
    :ivar unusable: hosts that take no servers.
    """

    def __init__(self, observed_pool: ObservedPool, options: PlanOptions) -> None:
        self._observed_pool, self._options = observed_pool, options
        self._members = {member.host: member for member in observed_pool.members}
        self.places = {server: {member.host} for member in observed_pool.members for server in member.servers}
        self._newest = max(member.version for member in observed_pool.members)
        self.versions = {
            host: self._newest if host in options.done else member.version for host, member in self._members.items()
        }
        self._out_of_service = {member.host for member in observed_pool.members if member.unusable}
        self.unusable = set(self._out_of_service)
        self.upgraded: list[str] = []

    def run(self, plan: UpgradePlan) -> None:
        for batch in plan.batches:
            self.run_batch(batch)
        self._check_the_end(plan)

    def run_batch(self, batch: Batch) -> None:
        before = {server: set(hosts) for server, hosts in self.places.items()}
        moves = self._drain(batch.hosts)
        if self._options.bring_back:
            moves += self._bring_back(batch.hosts)
            moved_before = {server for host in batch.hosts for server in host.brought_back}
            assert {key: places for key, places in self.places.items() if key not in moved_before} == {
                key: places for key, places in before.items() if key not in moved_before
            }
        assert moves == batch.moves

    def observed_pool(self) -> ObservedPool:
        """The pool as it is observed between two batches."""
        return replace(self._observed_pool, members=[self._member(host) for host in self._members])

    def _member(self, host: str) -> PoolMember:
        member, pool = self._members[host], self._observed_pool
        servers = frozenset(server for server, places in self.places.items() if host in places)
        guests = {server.id: replace(server, host=host) for other in pool.members for server in other.guests}
        used = {name: sum(pool.needs[server][name] for server in servers) for name in amounts(0)}
        changed = replace(
            member,
            servers=servers,
            guests=[guests[server] for server in sorted(servers)],
            capacity=member.capacity and replace(member.capacity, used=used),
            version=self.versions[host],
        )
        if host in self.upgraded:
            return replace(changed, unusable="", unfinished=False, to_bring_back=())
        return changed

    # -- the two halves of a batch

    def _drain(self, hosts: Iterable[PlannedHost]) -> int:
        hosts = list(hosts)
        names = [host.host for host in hosts]
        self._check_batch(names)
        self._check_groups_of(hosts)
        moved: Counter[str] = Counter()
        for host in hosts:
            for move in host.moves:
                server, target = move.server.id, move.target
                assert self.places[server] == {host.host}, f"{server} is not on {host.host}"
                assert target not in names and target not in self.unusable, f"{target} takes no servers"
                assert self.versions[target] >= self.versions[host.host], f"{target} is older than {host.host}"
                self._check_demand(self._observed_pool.demands.get(server), target)
                self.places[server] = {host.host, target}
                self._check_host(target, self._options.capacity_margin)
                moved[server] += 1
        assert max(moved.values(), default=1) == 1, "a server moves twice in a batch"
        for host in hosts:
            for move in host.moves:
                self.places[move.server.id] = {move.target}
            self._check_drained(host)
            self.versions[host.host] = self._newest
            self.upgraded.append(host.host)
            self._out_of_service.discard(host.host)
            self.unusable.discard(host.host)
        return sum(moved.values())

    def _bring_back(self, hosts: Iterable[PlannedHost]) -> int:
        moves = 0
        for host in hosts:
            for server, place in self._away(host):
                assert self.places[server] == ({place} if place else set())
                assert place is None or self.versions[host.host] >= self.versions[place]
                self.places[server] |= {host.host}
                self._check_host(host.host, 0)
                moves += 1
        for host in hosts:
            for server, _place in self._away(host):
                self.places[server] = {host.host}
        return moves

    def _away(self, host: PlannedHost) -> list[tuple[str, str | None]]:
        """The servers to bring back to a host, each with the host that it is on."""
        moved_before = [(server, next(iter(self.places[server]), None)) for server in host.brought_back]
        return [*((move.server.id, move.target) for move in host.moves), *moved_before]

    # -- rules

    def _check_batch(self, names: list[str]) -> None:
        in_service = [name for name in names if name not in self._out_of_service]
        out_of_service = self._out_of_service | set(names)
        assert len(names) <= self._options.max_unavailable
        assert not in_service or len(out_of_service) <= self._options.max_unavailable, "too many are out of service"
        zones = {self._members[name].zone for name in names}
        assert self._options.mixed_zones or len(zones) == 1, f"a batch in {zones}"

    def _check_drained(self, host: PlannedHost) -> None:
        remaining = {server for server, places in self.places.items() if host.host in places}
        left = {server.id for server, _why in host.left}
        busy = {server.id for server in self._members[host.host].guests if server.task_state == "migrating"}
        if host.host not in self._options.done:
            assert remaining == left | busy, f"{host.host} is not empty"

    def _check_groups_of(self, hosts: list[PlannedHost]) -> None:
        for group in self._observed_pool.groups:
            leaving = [
                host.host
                for host in hosts
                if group.members & {*(move.server.id for move in host.moves), *host.brought_back}
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
        servers = {server for server, places in self.places.items() if host in places}
        used: Counter[str] = Counter()
        for server in servers:
            used.update(self._observed_pool.needs[server])
        full = HostCapacity(capacity.total, used)
        assert all(full.free(name, margin) >= 0 for name in capacity.total), f"{host} is too full: {used}"
        for group in self._observed_pool.groups:
            if group.policy == "anti-affinity":
                assert len(group.members & servers) <= group.max_server_per_host, f"{group.name} is broken on {host}"

    def _check_the_end(self, plan: UpgradePlan) -> None:
        chosen = set(self._members) if self._options.hosts is None else self._options.hosts
        wanted = {host for host in chosen if host not in self._options.done or self._members[host].unfinished}
        blocked = {blocker.host for blocker in plan.blockers}
        assert len(self.upgraded) == len(set(self.upgraded))
        assert set(self.upgraded) | (blocked & wanted) == wanted
        assert not set(self.upgraded) & blocked
        assert plan.moves >= plan.lower_bound
        assert all(batch.limited_by for batch in plan.batches)


def planned(pool: PoolBuilder, **options: Any) -> UpgradePlan:
    """The plan for a pool, which was carried out, and which is the same when it is made again.

    :param options: as in PlanOptions; ``order`` alone also chooses the hosts.
    """
    if "order" in options:
        options = {"hosts": frozenset(options["order"]), **options}
    observed_pool, chosen = pool.observed_pool(), PlanOptions(**options)
    plan = plan_upgrade(observed_pool, chosen)
    Rehearsal(observed_pool, chosen).run(plan)
    assert plan_upgrade(observed_pool, chosen) == plan
    return plan


def batches_of(plan: UpgradePlan) -> list[list[str]]:
    """The names of the hosts of each batch."""
    return [[host.host for host in batch.hosts] for batch in plan.batches]


def blocked_in(plan: UpgradePlan) -> dict[str, str | None]:
    """The hosts that the plan has blockers for, each with the server that is in the way."""
    return {blocker.host: blocker.server for blocker in plan.blockers}


def targets_of(plan: UpgradePlan) -> dict[str, str]:
    """The last target of each server."""
    return {move.server.id: move.target for batch in plan.batches for host in batch.hosts for move in host.moves}


def servers_per_target(plan: UpgradePlan) -> Mapping[str, int]:
    """How many servers go to each host."""
    return Counter(move.target for batch in plan.batches for host in batch.hosts for move in host.moves)
