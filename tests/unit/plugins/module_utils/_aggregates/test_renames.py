# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Aggregates take over each other's names, whatever the order of the declarations and wherever it is interrupted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.change import Change
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.renames import renames
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.task import run_task


@given(st.permutations("abcdef"), st.permutations("abcdefgh"))
def test_every_name_is_free_when_its_turn_comes(old: list[str], new: list[str]) -> None:
    befores = [Aggregate(name, key, f"uuid-{key}") for key, name in enumerate(old)]
    changes = [Change(before, Aggregate(name, before.id)) for before, name in zip(befores, new, strict=False)]
    names = {key: before.name for key, before in enumerate(befores)}
    steps = renames(changes)
    for step in steps:
        assert step.change is not None
        wanted = step.arguments[0]["name"]
        assert wanted not in names.values()
        names[step.change] = wanted
    assert list(names.values()) == new[: len(old)]
    changing = sum(change.before.name != change.after.name for change in changes if change.before and change.after)
    assert len(steps) <= changing + changing // 2  # one more for a ring, and a ring has two at least


CASES = {
    "chain": (["b", "c", "d"], 3),
    "chain backwards": (["z", "a", "b"], 3),
    "swap": (["b", "a", "c"], 3),
    "ring": (["b", "c", "a"], 4),
    "swap of two, and one more": (["b", "a", "z"], 4),
}


def declared(names: list[str]) -> dict[str, Any]:
    return {"aggregates": [{"id": str(key), "name": name} for key, name in enumerate(names, start=1)]}


@pytest.mark.parametrize(("names", "writes"), CASES.values(), ids=CASES)
def test_names_are_taken_over_and_an_interrupted_run_is_gone_on_from(names: list[str], writes: int) -> None:
    for step in range(1, writes + 2):
        cloud = FakeCloud()
        for name in "abc":
            cloud.aggregate(name)
        cloud.faults.plant(status(403, {"forbidden": {"message": "No."}}), method="PUT", at=step)
        first = run_task(cloud, "os_aggregates", **declared(names))
        assert first.failed == (step <= writes)
        cloud.faults.clear()
        second = run_task(cloud, "os_aggregates", **declared(names))
        assert not second.failed and second.changed == first.failed, second.printed
        assert [aggregate.name for aggregate in cloud.world.aggregates.values()] == names
        assert len(cloud.asked("PUT")) == writes + first.failed
        assert not run_task(cloud, "os_aggregates", **declared(names)).changed
