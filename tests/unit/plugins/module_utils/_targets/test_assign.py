# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which target each of several servers is given."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import (
    Group,
    HostCapacity,
    Resources,
    Server,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.assign import assign
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Target
from hypothesis import given
from hypothesis import strategies as st

NEED = {"VCPU": 2, "MEMORY_MB": 1024}
VERSION = 5


def capacity(used: int = 0, total: int = 8) -> HostCapacity:
    return HostCapacity({"VCPU": total, "MEMORY_MB": total * 1024}, {"VCPU": used, "MEMORY_MB": used * 1024})


def target(host: str, used: int = 0, version: int = 5, servers: Iterable[str] = (), total: int = 8) -> Target:
    return Target(host, version, capacity(used, total), set(servers))


def test_the_capacity_that_a_plan_has_for_a_server_is_kept_for_it() -> None:
    """Though the other server is larger, and would fit there first."""
    big, small = (Server(name, name, "source", "ACTIVE", "active", None) for name in ("big", "small"))
    needs = {"big": {"VCPU": 4, "MEMORY_MB": 4096}, "small": NEED}
    targets = [target("a"), target("b", used=4)]
    moves, stuck = assign([big, small], needs, VERSION, targets, [], {}, planned={"small": "a"}, margin=40)
    assert [(move.server.id, move.target) for move in moves] == [("small", "a")] and set(stuck) == {"big"}


def test_a_server_that_was_refused_takes_no_capacity_that_is_meant_for_another() -> None:
    big, small = (Server(name, name, "source", "ACTIVE", "active", None) for name in ("big", "small"))
    needs = {"big": {"VCPU": 4, "MEMORY_MB": 4096}, "small": NEED}
    targets = [target("a", used=4), target("b")]
    moves, stuck = assign(
        [big, small], needs, VERSION, targets, [], {"big": {"b": "Nova said no"}}, expected={"small": "a", "big": "b"}
    )
    assert [(move.server.id, move.target) for move in moves] == [("small", "a")] and set(stuck) == {"big"}


HOSTS = ["a", "b", "c", "d"]


@dataclass(frozen=True)
class Case:
    """Servers to place, and the targets and groups there are."""

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
    servers = [Server(name, f"name-{name}", "source", "ACTIVE", "active", None) for name in names]
    return Case(servers, needs, targets, groups)


@given(cases())
def test_all_rules_are_kept(case: Case) -> None:
    before = copy.deepcopy(case.targets)
    moves, stuck = assign(case.servers, case.needs, VERSION, case.targets, case.groups, {})
    assert sorted([move.server.id for move in moves] + list(stuck)) == sorted(server.id for server in case.servers)
    for host in before:
        placed = [move.server.id for move in moves if move.target == host.host]
        assert not placed or host.version >= VERSION
        assert host.capacity is not None
        for name, total in host.capacity.total.items():
            used = host.capacity.used[name]
            assert used + sum(case.needs[key][name] for key in placed) <= max(total, used)
        for group in case.groups:
            added = group.members & set(placed)
            if group.policy == "anti-affinity" and added:
                assert len(added | (host.servers & group.members)) <= group.max_server_per_host


@given(cases(), st.randoms())
def test_the_result_does_not_depend_on_the_order(case: Case, shuffle: object) -> None:
    other = copy.deepcopy(case)
    for items in (other.servers, other.targets, other.groups):
        shuffle.shuffle(items)  # type: ignore[attr-defined]
    result = assign(case.servers, case.needs, VERSION, case.targets, case.groups, {})
    assert assign(other.servers, other.needs, VERSION, other.targets, other.groups, {}) == result


@given(cases())
def test_a_server_without_a_target_has_a_reason_for_each_host(case: Case) -> None:
    _moves, stuck = assign(case.servers, case.needs, VERSION, case.targets, case.groups, {})
    for reasons in stuck.values():
        assert set(reasons) == {host.host for host in case.targets} and all(reasons.values())


def test_the_largest_server_is_placed_first() -> None:
    """Two small servers spread over both hosts would leave no capacity for the large server."""
    servers = [Server(name, name, "source", "ACTIVE", "active", None) for name in ("a", "b", "z")]
    needs: dict[str, Resources] = {"a": NEED, "b": NEED, "z": {"VCPU": 8, "MEMORY_MB": 8192}}
    moves, stuck = assign(servers, needs, VERSION, [target("x"), target("y")], [], {})
    assert stuck == {} and moves[0].server.id == "z"


def test_a_server_without_allocations_is_placed_all_the_same() -> None:
    server = Server("s", "s", "source", "ACTIVE", "active", None)
    moves, _stuck = assign([server, replace(server, id="t")], {}, VERSION, [target("x", used=8)], [], {})
    assert [move.target for move in moves] == ["x", "x"]
