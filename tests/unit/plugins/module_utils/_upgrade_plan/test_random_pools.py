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
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.image import Traits
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.assign import assign
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Target
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.request import Demand, MoveRequest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import PlannedHost
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import next_turns, plan_upgrade
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pool import ObservedPool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.fake.fleets import PACE, PoolBuilder, Rehearsal

SOAKING = bool(os.environ.get("SOAK"))
EXAMPLES = 5000 if SOAKING else 300
POLICIES = ("anti-affinity", "anti-affinity", "soft-anti-affinity", "soft-affinity", "affinity")
STATES = ("active", "active", "active", "paused", "stopped", "suspended")


@st.composite
def fleets(draw: st.DrawFn) -> ObservedPool:
    pool = PoolBuilder()
    names = [f"c{number}" for number in range(draw(st.integers(1, 7)))]
    for name in names:
        unusable = draw(st.sampled_from([""] * 9 + ["it is disabled"]))
        pool.host(
            name,
            draw(st.integers(2, 12)),
            memory=draw(st.integers(2, 12)),
            zone=draw(st.sampled_from(["az1", "az1", "az2"])),
            version=draw(st.sampled_from([1, 1, 1, 2])),
            traits=draw(st.sets(st.sampled_from(["GPU", "SSD"]))),
            unusable=unusable,
            unfinished=bool(unusable) and draw(st.booleans()),
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
        members_of_group: list[str] = []
        for name in sorted(draw(st.sets(st.sampled_from(sorted(pool.servers)), max_size=5)) if pool.servers else ()):
            beside = [member for member in members_of_group if pool.servers[member].host == pool.servers[name].host]
            if policy != "anti-affinity" or len(beside) < most:
                members_of_group.append(name)
        pool.group(policy, *members_of_group, most=most)
    observed_pool = pool.observed_pool()
    away = {server.id for server in pool.servers.values() if not unmovable(server, pool.groups)}
    members = []
    for member in observed_pool.members:
        # Servers elsewhere that are to be brought back to a host which an earlier run left unfinished.
        elsewhere = sorted(away - member.servers)
        chosen = draw(st.sets(st.sampled_from(elsewhere), max_size=3)) if member.unfinished and elsewhere else set()
        away -= chosen
        members.append(replace(member, to_bring_back=tuple(sorted(chosen))))
    return replace(observed_pool, members=members)


@st.composite
def plan_options(draw: st.DrawFn, observed_pool: ObservedPool) -> PlanOptions:
    names = [member.host for member in observed_pool.members]
    return PlanOptions(
        hosts=draw(st.none() | st.frozensets(st.sampled_from(names))),
        order=draw(st.none() | st.lists(st.sampled_from(names), unique=True).map(tuple)),
        done=frozenset(draw(st.sets(st.sampled_from(names), max_size=2))),
        max_unavailable=draw(st.integers(1, 4)),
        failure_domains=draw(st.just({}) | st.dictionaries(st.sampled_from(names), st.sampled_from(["r1", "r2"]))),
        capacity_margin=draw(st.sampled_from([0, 0, 10, 30])),
        bring_back=draw(st.booleans()),
        make_room=draw(st.booleans()),
        spare_hosts=draw(st.sampled_from([0] * 6 + [1, 2])),
        mixed_zones=draw(st.booleans()),
        leave_stopped=draw(st.booleans()),
        leave_unmovable=draw(st.booleans()),
    )


@settings(max_examples=EXAMPLES, derandomize=not SOAKING, print_blob=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_plan_keeps_the_rules_at_every_moment(data: st.DataObject) -> None:
    observed_pool = data.draw(fleets())
    options = data.draw(plan_options(observed_pool))
    plan = plan_upgrade(observed_pool, options, PACE)
    rehearsal = Rehearsal(observed_pool, options)
    rehearsal.run(plan)
    for host in {blocker.host for blocker in plan.blockers if blocker.reason.startswith("no host")}:
        assert not can_leave(observed_pool, options, rehearsal, host), f"{host} is not blocked"


@settings(max_examples=EXAMPLES, derandomize=not SOAKING, print_blob=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_roll_that_asks_for_each_turn_carries_out_the_plan(data: st.DataObject) -> None:
    """It knows which hosts are done and which are under way, and observes the pool in the middle of their moves.

    It may begin all turns that it is given, or the first alone and ask again.
    """
    observed_pool = data.draw(fleets())
    options = data.draw(plan_options(observed_pool))
    plan = plan_upgrade(observed_pool, options, PACE)
    rehearsal, left, ends = Rehearsal(observed_pool, options), [*plan.turns], []
    while True:
        arrived = data.draw(st.sets(st.sampled_from(sorted(observed_pool.needs)))) if observed_pool.needs else set()
        now = replace(options, done=options.done | {*rehearsal.upgraded})
        under_way = {name: moves_of(host) for name, host in rehearsal.under_way.items()}
        begun = next_turns(rehearsal.observed_pool(arrived.__contains__), now, under_way)
        for host in begun.turns[:1] if data.draw(st.booleans()) else begun.turns:
            turn = left.pop(0)
            assert turn_of(host) == turn_of(turn)
            rehearsal.begin(host)
            ends.append((turn.end, len(plan.turns) - len(left), turn.host))
        if not begun.turns:
            if not ends:
                break
            ends.sort()
            over = [ends.pop(0)]
            while ends and ends[0][0] == over[0][0]:
                over.append(ends.pop(0))
            for _end, _number, name in over:
                rehearsal.finish(name)
        assert all(begun.waiting.values())
    assert not left
    assert begun.waiting.keys() <= {blocker.host for blocker in plan.blockers}


def turn_of(host: PlannedHost) -> tuple[str, list[tuple[str, str]], list[str]]:
    """A host, its servers and those that make room with their targets, and those that are brought back."""
    return host.host, [(move.server.id, move.target) for move in (*host.room, *host.moves)], [*host.brought_back]


def moves_of(host: PlannedHost) -> list[dict[str, str]]:
    room = [{"server": move.server.id, "target": move.target, "source": str(move.server.host)} for move in host.room]
    return room + [{"server": move.server.id, "target": move.target} for move in host.moves]


def can_leave(observed_pool: ObservedPool, options: PlanOptions, rehearsal: Rehearsal, host: str) -> bool:
    """Whether a drain of this host, as it is at the end of the plan, would find a target for each of its servers."""
    members = {member.host: member for member in rehearsal.observed_pool().members}
    targets = [
        Target(member.host, member.version, member.capacity, set(member.servers), member.zone)
        for member in members.values()
        if member.host != host and member.host not in rehearsal.unusable
    ]
    groups = observed_pool.groups
    servers = sort_servers(
        members[host].guests, groups, options.leave_stopped, options.leave_unmovable, options.granted_tags
    )
    requests = {
        server.id: MoveRequest(
            server.id,
            observed_pool.needs[server.id],
            members[host].version,
            observed_pool.demands.get(server.id, Demand()),
            [group for group in groups if server.id in group.members],
        )
        for server in servers.movable
    }
    _moves, stuck = assign(servers.movable, requests, targets, margin=options.capacity_margin)
    return not stuck
