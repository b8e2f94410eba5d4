# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_aggregate_info: its filters, and everything that it lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.task import run_task


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.aggregate("nvme", "cmp01", "cmp02", zone="az1", ssd="true", gpus="4")
    cloud.aggregate("all", "cmp01", "cmp02", "cmp03", ssd="true")
    cloud.aggregate("empty")
    return cloud


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["all", "empty", "nvme"]),
        ({"name": "nvme"}, ["nvme"]),
        ({"id": "2"}, ["all"]),
        ({"availability_zone": "az1"}, ["nvme"]),
        ({"host": "cmp03"}, ["all"]),
        ({"metadata": {"ssd": True}}, ["all", "nvme"]),
        ({"metadata": {"ssd": True, "gpus": 4}}, ["nvme"]),
        ({"host": "cmp03", "availability_zone": "az1"}, []),
    ],
)
def test_filters(cloud: FakeCloud, filters: dict[str, Any], names: list[str]) -> None:
    task = run_task(cloud, "os_aggregate_info", **filters)
    assert [aggregate["name"] for aggregate in task.result["aggregates"]] == names
    assert len(cloud.asked()) == 1


def test_everything_of_an_aggregate_is_listed(cloud: FakeCloud) -> None:
    (aggregate,) = run_task(cloud, "os_aggregate_info", name="nvme").result["aggregates"]
    assert aggregate == {
        "id": 1,
        "uuid": cloud.world.aggregates[1].uuid,
        "name": "nvme",
        "availability_zone": "az1",
        "hosts": ["cmp01", "cmp02"],
        "metadata": {"gpus": "4", "ssd": "true"},
    }
