# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Random pools: every plan can be rehearsed without breaking a rule, and what it calls blocked is blocked.

``SOAK=1`` tries many more of them, other ones each time.
"""

from __future__ import annotations

import os
from dataclasses import replace

from ansible_collections.stackops.aggregates.plugins.module_utils._migration.rules import unmovable
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.sorting import sort_servers
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import HostCapacity, Traits
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.assign import assign
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Demand, Target
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import plan_upgrade
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pool import ObservedPool
from fake.fleets import PoolBuilder, Rehearsal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SOAKING = bool(os.environ.get("SOAK"))
EXAMPLES = 5000 if SOAKING else 300
POLICIES = ("anti-affinity", "anti-affinity", "soft-anti-affinity", "soft-affinity", "affinity")
STATES = ("active", "active", "active", "paused", "stopped", "suspended")


@st.composite
def fleets(draw: st.DrawFn) -> ObservedPool:
    pool = PoolBuilder()
    names = [f"c{number}" for number in range(draw(st.integers(1, 7)))]
    for name in names:
        idle = draw(st.sampled_from([""] * 9 + ["it is disabled"]))
        pool.host(
            name,
            draw(st.integers(2, 12)),
            memory=draw(st.integers(2, 12)),
            zone=draw(st.sampled_from(["az1", "az1", "az2"])),
            version=draw(st.sampled_from([1, 1, 1, 2])),
            traits=draw(st.sets(st.sampled_from(["GPU", "SSD"]))),
            idle=idle,
            unfinished=bool(idle) and draw(st.booleans()),
        )
    states = draw(st.sampled_from([STATES[:5], STATES]))
    for number in range(draw(st.integers(0, 18))):
        host = draw(st.sampled_from(names))
        vcpus, memory = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        if pool.fits(host, vcpus, memory):
            zone = draw(st.sampled_from([None, None, None, "az1"]))
            traits = draw(st.sampled_from([Traits()] * 5 + [Traits(frozenset({"GPU"}))]))
            state = draw(st.sampled_from(states))
            pool.server(f"s{number}", host, vcpus, memory=memory, state=state, demand=Demand(zone, traits))
    for _number in range(draw(st.integers(0, 3))):
        policy, most = draw(st.sampled_from(POLICIES)), draw(st.sampled_from([1, 1, 2]))
        members: list[str] = []
        for name in sorted(draw(st.sets(st.sampled_from(sorted(pool.servers)), max_size=5)) if pool.servers else ()):
            beside = [one for one in members if pool.servers[one].host == pool.servers[name].host]
            if policy != "anti-affinity" or len(beside) < most:
                members.append(name)
        pool.group(policy, *members, most=most)
    observed_pool = pool.observed_pool()
    away = {one.id for one in pool.servers.values() if not unmovable(one, pool.groups)}
    hosts = []
    for one in observed_pool.members:
        # Servers elsewhere that are to come home to a host which an earlier run left unfinished.
        elsewhere = sorted(away - one.servers)
        chosen = draw(st.sets(st.sampled_from(elsewhere), max_size=3)) if one.unfinished and elsewhere else set()
        away -= chosen
        hosts.append(replace(one, returning=tuple(sorted(chosen))))
    return replace(observed_pool, members=hosts)


@st.composite
def asked(draw: st.DrawFn, observed_pool: ObservedPool) -> PlanOptions:
    names = [one.host for one in observed_pool.members]
    return PlanOptions(
        hosts=draw(st.none() | st.lists(st.sampled_from(names), unique=True)),
        done=frozenset(draw(st.sets(st.sampled_from(names), max_size=2))),
        max_unavailable=draw(st.integers(1, 4)),
        capacity_margin=draw(st.sampled_from([0, 0, 10, 30])),
        bring_back=draw(st.booleans()),
        mixed_zones=draw(st.booleans()),
        leave_stopped=draw(st.booleans()),
        leave_unmovable=draw(st.booleans()),
    )


@settings(max_examples=EXAMPLES, derandomize=not SOAKING, print_blob=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_plan_keeps_the_rules_at_every_moment(data: st.DataObject) -> None:
    observed_pool = data.draw(fleets())
    options = data.draw(asked(observed_pool))
    plan = plan_upgrade(observed_pool, options)
    rehearsal = Rehearsal(observed_pool, options)
    rehearsal.run(plan)
    for host in {one.host for one in plan.blockers if one.reason.startswith("no host")}:
        assert not can_leave(observed_pool, options, rehearsal, host), f"{host} is not blocked"


def can_leave(observed_pool: ObservedPool, options: PlanOptions, rehearsal: Rehearsal, host: str) -> bool:
    """Whether a drain of this host, as it is at the end of the plan, would find a target for each of its servers."""
    targets = []
    aboard = {host: {key for key, at in rehearsal.places.items() if host in at} for host in rehearsal.versions}
    for one in observed_pool.members:
        used = {name: sum(observed_pool.needs[key][name] for key in aboard[one.host]) for name in ("VCPU", "MEMORY_MB")}
        capacity = HostCapacity(one.capacity.total, used, one.capacity.traits) if one.capacity else None
        if one.host != host and one.host not in rehearsal.idle:
            targets.append(Target(one.host, rehearsal.versions[one.host], capacity, set(aboard[one.host]), one.zone))
    servers = [one for member in observed_pool.members for one in member.guests if one.id in aboard[host]]
    found = sort_servers(
        servers, observed_pool.groups, options.leave_stopped, options.leave_unmovable, options.granted_tags
    )
    _moves, stuck = assign(
        found.movable,
        observed_pool.needs,
        rehearsal.versions[host],
        targets,
        observed_pool.groups,
        {},
        demands=observed_pool.demands,
        margin=options.capacity_margin,
    )
    return not stuck
