# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which member of the pool takes a server."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Group, HostCapacity
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Target, choose, explain_reasons

NEED = {"VCPU": 2, "MEMORY_MB": 1024}


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
def test_the_chosen_target(targets: list[Target], groups: list[Group], chosen: str | None) -> None:
    choice, reasons = choose("s", NEED, 5, targets, groups, {})
    assert (choice.host if choice else None) == chosen
    assert all(reasons.values()) and (chosen or set(reasons) == {host.host for host in targets})


def test_a_target_that_refused_is_not_asked_again() -> None:
    choice, reasons = choose("s", NEED, 5, [target("a"), target("b", used=5)], [], {"a": "Nova said no"})
    assert choice is not None and choice.host == "b" and reasons == {"a": "Nova said no"}


def test_a_target_without_a_resource_class_does_not_fit() -> None:
    choice, reasons = choose("s", {**NEED, "VGPU": 1}, 5, [target("a")], [], {})
    assert choice is None and reasons == {"a": "it lacks 1 VGPU"}


# -- many at once


def test_the_reasons_are_explained_host_by_host() -> None:
    assert explain_reasons({"b": "full", "a": "old"}) == "a: old; b: full"
    assert explain_reasons({}) == "the pool has no other host"
