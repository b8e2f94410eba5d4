# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding which member of the pool takes a server."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.group import Group
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import (
    Target,
    choose,
    explain_reasons,
)

from tests.unit.fake.targets import group, request, target


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
        ([target("a", servers=["s"])], [group("anti-affinity", "s", "t")], "a"),
        ([target("a", servers=["t"]), target("b", used=5)], [group("soft-anti-affinity", "s", "t")], "b"),
        ([target("a", servers=["t"])], [group("soft-anti-affinity", "s", "t")], "a"),
        ([target("a"), target("b", used=5, servers=["t"])], [group("soft-affinity", "s", "t")], "b"),
        ([], [], None),
    ],
)
def test_choose(targets: list[Target], groups: list[Group], chosen: str | None) -> None:
    taker, reasons = choose(request("s", groups=groups), targets)
    assert (taker.host if taker else None) == chosen
    assert all(reasons.values()) and (chosen or set(reasons) == {target.host for target in targets})


def test_a_host_that_refused_is_not_chosen_again() -> None:
    refused = request("s", refusals={"a": "Nova said no"})
    taker, reasons = choose(refused, [target("a"), target("b", used=5)])
    assert taker is not None and taker.host == "b" and reasons == {"a": "Nova said no"}


def test_a_resource_class_that_a_target_has_not_does_not_fit() -> None:
    needs = {**request("s").needs, "VGPU": 1}
    taker, reasons = choose(request("s", needs=needs), [target("a")])
    assert taker is None and reasons == {"a": "it lacks 1 VGPU"}


def test_reasons_are_explained_host_by_host() -> None:
    assert explain_reasons({"b": "full", "a": "old"}) == "a: old; b: full"
    assert explain_reasons({}) == "the pool has no other host"
