# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Giving each of several servers a target."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import Move
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.capacity import Resources
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.group import Group
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.assign import assign
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Target
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fake.targets import NEEDS, VERSION, request, target

LARGE: Resources = {"VCPU": 4, "MEMORY_MB": 4096}


def servers(*names: str) -> list[Server]:
    return [Server(name, name, "source", "ACTIVE", "active", None) for name in names]


def chosen(moves: list[Move]) -> list[tuple[str, str]]:
    return [(move.server.id, move.target) for move in moves]


def test_no_server_takes_the_capacity_that_a_plan_has_for_another() -> None:
    """Although the other server is larger, and would fit there first."""
    requests = {"large": request("large", needs=LARGE), "small": request("small", planned="a")}
    moves, stuck = assign(servers("large", "small"), requests, [target("a"), target("b", used=4)], margin=40)
    assert chosen(moves) == [("small", "a")] and set(stuck) == {"large"}


def test_a_server_that_was_refused_takes_no_capacity_that_is_meant_for_another() -> None:
    large = request("large", needs=LARGE, refusals={"b": "Nova said no"}, expected="b")
    requests = {"large": large, "small": request("small", expected="a")}
    moves, stuck = assign(servers("large", "small"), requests, [target("a", used=4), target("b")])
    assert chosen(moves) == [("small", "a")] and set(stuck) == {"large"}


# -- many at once

HOSTS = ["a", "b", "c", "d"]


@dataclass(frozen=True)
class Case:
    servers: list[Server]
    needs: dict[str, Resources]
    targets: list[Target]
    groups: list[Group]

    def assign(self) -> tuple[list[Move], dict[str, dict[str, str]]]:
        requests = {
            server.id: request(server.id, needs=self.needs[server.id], groups=members_groups(server, self.groups))
            for server in self.servers
        }
        return assign(self.servers, requests, self.targets)


def members_groups(server: Server, groups: Sequence[Group]) -> list[Group]:
    return [group for group in groups if server.id in group.members]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    names = [f"s{number}" for number in range(draw(st.integers(0, 8)))]
    unknown = ["t0", "t1", "t2"]
    needs: dict[str, Resources] = {
        name: {"VCPU": draw(st.integers(1, 4)), "MEMORY_MB": draw(st.integers(1, 4)) * 512} for name in names
    }
    targets = [
        target(
            host,
            used=draw(st.integers(0, 6)),
            version=draw(st.sampled_from([4, 5, 6])),
            servers=[name for name in unknown if draw(st.booleans())],
        )
        for host in HOSTS[: draw(st.integers(0, 4))]
    ]
    policies = ["anti-affinity", "soft-anti-affinity", "soft-affinity"]
    groups = [
        Group(
            f"g{number}",
            f"g{number}",
            draw(st.sampled_from(policies)),
            frozenset(draw(st.sets(st.sampled_from([*names, *unknown])))),
            draw(st.integers(1, 2)),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    return Case(servers(*names), needs, targets, groups)


@given(cases())
def test_moves_keep_all_rules(case: Case) -> None:
    before = copy.deepcopy(case.targets)
    moves, stuck = case.assign()
    assert sorted([move.server.id for move in moves] + list(stuck)) == sorted(server.id for server in case.servers)
    for taker in before:
        arriving = [move.server.id for move in moves if move.target == taker.host]
        assert not arriving or taker.version >= VERSION
        assert taker.capacity is not None
        for name, total in taker.capacity.total.items():
            used = taker.capacity.used[name]
            assert used + sum(case.needs[server][name] for server in arriving) <= max(total, used)
        for group in case.groups:
            added = group.members & set(arriving)
            if group.policy == "anti-affinity" and added:
                assert len(added | (taker.servers & group.members)) <= group.max_server_per_host


@given(cases(), st.randoms())
def test_moves_do_not_depend_on_the_order(case: Case, shuffle: random.Random) -> None:
    other = copy.deepcopy(case)
    for items in (other.servers, other.targets, other.groups):
        shuffle.shuffle(items)
    (moves, stuck), (other_moves, other_stuck) = case.assign(), other.assign()
    assert (moves, stuck.keys()) == (other_moves, other_stuck.keys())


@given(cases())
def test_a_server_without_a_target_has_a_reason_for_each(case: Case) -> None:
    _moves, stuck = case.assign()
    for reasons in stuck.values():
        assert set(reasons) == {target.host for target in case.targets} and all(reasons.values())


def test_the_largest_server_is_given_its_target_first() -> None:
    """Two small ones spread over both hosts would leave too little free capacity for the large one."""
    requests = {"a": request("a"), "b": request("b"), "z": request("z", needs={"VCPU": 8, "MEMORY_MB": 8192})}
    moves, stuck = assign(servers("a", "b", "z"), requests, [target("x"), target("y")])
    assert stuck == {} and moves[0].server.id == "z"


def test_a_server_that_holds_nothing_is_given_a_target_all_the_same() -> None:
    (server,) = servers("s")
    requests = {name: request(name, needs={}) for name in "st"}
    moves, _stuck = assign([server, replace(server, id="t")], requests, [target("x", used=8)])
    assert chosen(moves) == [("s", "x"), ("t", "x")]


def test_what_a_server_needs_is_taken_on_its_target() -> None:
    taker = target("a")
    assign(servers("s"), {"s": request("s")}, [taker])
    assert taker.capacity is not None and taker.servers == {"s"}
    assert taker.capacity.used == NEEDS
