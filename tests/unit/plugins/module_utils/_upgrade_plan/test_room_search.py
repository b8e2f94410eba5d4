# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers of other hosts make room, and no host is blocked that a search through everything frees."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations, product

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PlanOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.planner import next_turns, plan_upgrade

from tests.unit.fake.fleets import PoolBuilder, Rehearsal, blocked_in, planned

SEED, POOLS, MOST = 20261127, 60, 2


def cramped() -> PoolBuilder:
    """``big`` fits on no host: both have 2 of 8 free. It does where ``moves`` leaves one for the other."""
    pool = PoolBuilder()
    for name in ("c0", "c1", "c2"):
        pool.host(name)
    pool.server("big", "c0", 4)
    pool.server("heavy", "c1", 4)
    pool.server("moves", "c1", 2)
    pool.server("whole", "c2", 6)
    return pool


def test_a_server_of_another_host_makes_room_and_stays() -> None:
    plan = planned(cramped(), order=("c0",))
    (turn,) = plan.turns
    assert [(move.server.id, move.server.host, move.target) for move in turn.room] == [("moves", "c1", "c2")]
    assert [(move.server.id, move.target) for move in turn.moves] == [("big", "c1")]
    assert (plan.moves, plan.lower_bound, plan.servers) == (3, 2, 2)
    assert "  first moves c1 -> c2, to make room on c1" in plan.lines()
    first, second = plan.to_result()["turns"][0]["moves"]
    assert first["source"] == "c1" and "source" not in second


def test_it_is_told_while_the_turn_is_under_way() -> None:
    pool, options = cramped(), PlanOptions(hosts=frozenset({"c0", "c2"}), max_unavailable=2)
    moves = [{"server": "moves", "source": "c1", "target": "c2"}, {"server": "big", "target": "c1"}]
    assert next_turns(pool.observed_pool(), options, {"c0": moves}).waiting == {
        "c2": "it holds servers of c0 until these are back"
    }


@pytest.mark.parametrize(
    ("options", "state"),
    [
        ({"make_room": False}, "active"),
        ({"exclude": frozenset({"c1"})}, "active"),
        ({}, "stopped"),
        ({}, "suspended"),
    ],
)
def test_what_may_not_be_moved_makes_no_room(options: Mapping[str, object], state: str) -> None:
    pool = PoolBuilder()
    for name in ("c0", "c1", "c2"):
        pool.host(name)
    pool.server("big", "c0", 4)
    pool.server("heavy", "c1", 4, state="stopped")
    pool.server("moves", "c1", 2, state=state)
    pool.server("whole", "c2", 6, state="stopped")
    assert blocked_in(planned(pool, order=("c0",), **options)) == {"c0": "big"}


def test_a_server_that_is_to_go_home_makes_no_room() -> None:
    pool = cramped()
    pool.host("c9", 2, unusable="it is in maintenance")
    observed_pool = pool.observed_pool()
    members = [*observed_pool.members]
    members[3] = type(members[3])(
        **{name: getattr(members[3], name) for name in members[3].__slots__} | {"to_bring_back": ("moves",)}
    )
    options = PlanOptions(hosts=frozenset({"c0"}), max_unavailable=2)
    found = next_turns(type(observed_pool)(members, [], observed_pool.needs), options, {})
    assert not found.turns and found.lacks_room


def drawn(chance: random.Random) -> PoolBuilder:
    pool = PoolBuilder()
    for host in range(chance.choice((3, 4))):
        name, left = f"c{host}", 8
        pool.host(name)
        for number in range(chance.randint(1, 4)):
            if (vcpus := chance.randint(1, 4)) <= left:
                pool.server(f"s{host}{number}", name, vcpus, state=chance.choice(("active", "active", "stopped")))
                left -= vcpus
    if chance.random() < 0.5:
        pool.group("anti-affinity", *{server.host: name for name, server in pool.servers.items()}.values())
    return pool


def test_no_host_is_blocked_that_an_exact_search_frees() -> None:
    """In small pools, with at most so many moves of other servers as the search can go through."""
    freed = 0
    for number in range(POOLS):
        pool = drawn(random.Random(f"{SEED} {number}"))
        observed_pool, chosen = pool.observed_pool(), PlanOptions()
        plan = plan_upgrade(observed_pool, chosen)
        rehearsal = Rehearsal(observed_pool, chosen)
        rehearsal.run(plan)
        freed += sum(bool(turn.room) for turn in plan.turns)
        for host in blocked_in(plan):
            places = {server: place for server, (place,) in rehearsal.places.items()}
            assert not any(exact_ways(pool, places, host)), f"{SEED} {number}: {host} is not blocked"
    assert freed > 5


def exact_ways(pool: PoolBuilder, places: Mapping[str, str], host: str) -> Iterator[bool]:
    """Try each way to move some servers, each to a host that none of them leaves, and then those of the host."""
    names = sorted({member.host for member in pool.observed_pool().members} - {host})
    others = [name for name, place in places.items() if place != host and pool.servers[name].vm_state == "active"]
    leaving = [name for name, place in places.items() if place == host]
    for count in range(MOST + 1):
        for some in combinations(others, count):
            for targets in product(names, repeat=count):
                moves = dict(zip(some, targets, strict=True))
                if {places[name] for name in some} & {*targets}:
                    continue
                if fits(pool, {**places}, moves) and drains(pool, {**places, **moves}, leaving, names):
                    yield True


def fits(pool: PoolBuilder, places: Mapping[str, str], moves: Mapping[str, str]) -> bool:
    """Whether these moves may all be made before any server has left its host."""
    held = [*places.items(), *moves.items()]
    used = Counter[str]()
    for name, place in held:
        used[place] += pool.needs[name]["VCPU"]
    apart = all(
        len({name for name, place in held if place == target} & group.members) <= 1
        for group in pool.groups
        for target in moves.values()
    )
    return apart and all(used[target] <= 8 for target in moves.values())


def drains(pool: PoolBuilder, places: Mapping[str, str], leaving: list[str], names: list[str]) -> bool:
    """Whether servers that leave a host all find targets."""
    return any(
        fits(pool, places, dict(zip(leaving, targets, strict=True))) for targets in product(names, repeat=len(leaving))
    )
