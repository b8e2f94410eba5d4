# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding which member of the pool takes a server."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import (
    Group,
    HostCapacity,
    Resources,
    Server,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.assign import assign
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Target, choose
from hypothesis import given
from hypothesis import strategies as st

NEED = {"VCPU": 2, "MEMORY_MB": 1024}
VERSION = 5


def capacity(used: int = 0, total: int = 8) -> HostCapacity:
    return HostCapacity({"VCPU": total, "MEMORY_MB": total * 1024}, {"VCPU": used, "MEMORY_MB": used * 1024})


def target(host: str, used: int = 0, version: int = 5, servers: Iterable[str] = (), total: int = 8) -> Target:
    return Target(host, version, capacity(used, total), set(servers))


def group(policy: str, *members: str, most: int = 1) -> Group:
    return Group("g", "pair", policy, frozenset(members), most)


@pytest.mark.parametrize(
    ("targets", "groups", "chosen"),
    [
        ([target("b"), target("a")], [], "a"),
        ([target("a", used=2), target("b")], [], "b"),
        ([target("a", used=7), target("b", used=6)], [], "b"),
        ([target("a", used=7)], [], None),
        ([target("a", version=4), target("b", used=6)], [], "b"),
        ([target("a", version=6)], [], "a"),
        ([Target("a", 5, None)], [], None),
        ([target("a", servers=["t"]), target("b", used=5)], [group("anti-affinity", "s", "t")], "b"),
        ([target("a", servers=["t"])], [group("anti-affinity", "s", "t")], None),
        ([target("a", servers=["t"])], [group("anti-affinity", "s", "t", "u", most=2)], "a"),
        ([target("a", servers=["t", "u"])], [group("anti-affinity", "s", "t", "u", most=2)], None),
        ([target("a", servers=["t"])], [group("anti-affinity", "t", "u")], "a"),
        ([target("a", servers=["t"]), target("b", used=5)], [group("soft-anti-affinity", "s", "t")], "b"),
        ([target("a", servers=["t"])], [group("soft-anti-affinity", "s", "t")], "a"),
        ([target("a"), target("b", used=5, servers=["t"])], [group("soft-affinity", "s", "t")], "b"),
        ([], [], None),
    ],
)
def test_choose(targets: list[Target], groups: list[Group], chosen: str | None) -> None:
    found, reasons = choose("s", NEED, 5, targets, groups, {})
    assert (found.host if found else None) == chosen
    assert all(reasons.values()) and (chosen or set(reasons) == {one.host for one in targets})


def test_who_refused_is_not_asked_again() -> None:
    found, reasons = choose("s", NEED, 5, [target("a"), target("b", used=5)], [], {"a": "Nova said no"})
    assert found is not None and found.host == "b" and reasons == {"a": "Nova said no"}


def test_a_class_that_a_target_has_not_does_not_fit() -> None:
    found, reasons = choose("s", {**NEED, "VGPU": 1}, 5, [target("a")], [], {})
    assert found is None and reasons == {"a": "it lacks 1 VGPU"}


def test_nobody_takes_the_room_that_the_plan_has_for_another() -> None:
    """Though he is larger, and would fit there first."""
    big, small = (Server(name, name, "home", "ACTIVE", "active", None) for name in ("big", "small"))
    needs = {"big": {"VCPU": 4, "MEMORY_MB": 4096}, "small": NEED}
    targets = [target("a"), target("b", used=4)]
    moves, stuck = assign([big, small], needs, VERSION, targets, [], {}, planned={"small": "a"}, margin=40)
    assert [(one.server.id, one.target) for one in moves] == [("small", "a")] and set(stuck) == {"big"}


def test_whoever_was_refused_takes_no_room_that_is_meant_for_another() -> None:
    big, small = (Server(name, name, "home", "ACTIVE", "active", None) for name in ("big", "small"))
    needs = {"big": {"VCPU": 4, "MEMORY_MB": 4096}, "small": NEED}
    targets = [target("a", used=4), target("b")]
    moves, stuck = assign(
        [big, small], needs, VERSION, targets, [], {"big": {"b": "Nova said no"}}, expected={"small": "a", "big": "b"}
    )
    assert [(one.server.id, one.target) for one in moves] == [("small", "a")] and set(stuck) == {"big"}


# -- many at once

HOSTS = ["a", "b", "c", "d"]


@dataclass(frozen=True)
class Case:
    servers: list[Server]
    needs: dict[str, Resources]
    targets: list[Target]
    groups: list[Group]


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
    servers = [Server(name, f"name-{name}", "home", "ACTIVE", "active", None) for name in names]
    return Case(servers, needs, targets, groups)


@given(cases())
def test_placing_keeps_all_rules(case: Case) -> None:
    before = copy.deepcopy(case.targets)
    moves, stuck = assign(case.servers, case.needs, VERSION, case.targets, case.groups, {})
    assert sorted([one.server.id for one in moves] + list(stuck)) == sorted(one.id for one in case.servers)
    for one in before:
        mine = [move.server.id for move in moves if move.target == one.host]
        assert not mine or one.version >= VERSION
        assert one.capacity is not None
        for name, total in one.capacity.total.items():
            assert one.capacity.used[name] + sum(case.needs[key][name] for key in mine) <= max(
                total, one.capacity.used[name]
            )
        for pact in case.groups:
            added = pact.members & set(mine)
            if pact.policy == "anti-affinity" and added:
                assert len(added | (one.servers & pact.members)) <= pact.max_server_per_host


@given(cases(), st.randoms())
def test_placing_does_not_depend_on_the_order(case: Case, shuffle: object) -> None:
    other = copy.deepcopy(case)
    for items in (other.servers, other.targets, other.groups):
        shuffle.shuffle(items)  # type: ignore[attr-defined]
    one = assign(case.servers, case.needs, VERSION, case.targets, case.groups, {})
    assert assign(other.servers, other.needs, VERSION, other.targets, other.groups, {}) == one


@given(cases())
def test_who_is_stuck_has_a_reason_for_every_target(case: Case) -> None:
    _moves, stuck = assign(case.servers, case.needs, VERSION, case.targets, case.groups, {})
    for reasons in stuck.values():
        assert set(reasons) == {one.host for one in case.targets} and all(reasons.values())


def test_the_largest_is_placed_first() -> None:
    """Two small ones spread over both hosts would leave no room for the large one."""
    servers = [Server(name, name, "home", "ACTIVE", "active", None) for name in ("a", "b", "z")]
    needs: dict[str, Resources] = {"a": NEED, "b": NEED, "z": {"VCPU": 8, "MEMORY_MB": 8192}}
    moves, stuck = assign(servers, needs, VERSION, [target("x"), target("y")], [], {})
    assert stuck == {} and moves[0].server.id == "z"


def test_a_server_without_allocations_is_placed_all_the_same() -> None:
    server = Server("s", "s", "home", "ACTIVE", "active", None)
    moves, _stuck = assign([server, replace(server, id="t")], {}, VERSION, [target("x", used=8)], [], {})
    assert [one.target for one in moves] == ["x", "x"]
