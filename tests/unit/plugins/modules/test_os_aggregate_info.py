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


# -- compared with Placement


def test_without_drift_the_comparison_costs_two_requests_more_and_one_for_each_group(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_aggregate_info", placement=True)
    assert task.result["placement_drift"] == [] and "warnings" not in task.result
    assert [request.service for request in cloud.asked()].count("placement") == 2
    assert len(cloud.asked("GET")) == len(cloud.asked()) == 4


def test_no_aggregates_are_compared_with_nothing() -> None:
    cloud = FakeCloud()
    task = run_task(cloud, "os_aggregate_info", placement=True)
    assert task.result["placement_drift"] == [] and cloud.asked(service="placement") == []


def test_what_differs_in_placement_is_told_with_the_command_that_mends_it(cloud: FakeCloud) -> None:
    nvme, everything, empty = cloud.world.aggregates.values()
    everything.mirror("cmp02", False)
    nvme.mirror("cmp03", True)
    task = run_task(cloud, "os_aggregate_info", placement=True)
    assert task.result["placement_drift"] == [
        {"host": "cmp02", "missing": ["all"], "extra_in": []},
        {"host": "cmp03", "missing": [], "extra_in": ["nvme"]},
    ]
    missing, extra = task.result["warnings"]
    assert "cmp02 of 'all'" in missing and "'nova-manage placement sync_aggregates'" in missing
    assert "cmp03" in extra and "resource provider aggregate set" in extra
    assert run_task(cloud, "os_aggregate_info", placement=True, name="nvme").result["placement_drift"] == [
        {"host": "cmp03", "missing": [], "extra_in": ["nvme"]}
    ]
    assert empty.mirrored == set() and cloud.writes == []


def test_requests_do_not_grow_with_the_hosts() -> None:
    cloud = FakeCloud(*(f"cmp{number:03}" for number in range(300)))
    for zone in range(3):
        cloud.aggregate(f"az{zone}", *[*cloud.world.hosts][zone::3], zone=f"az{zone}")
    cloud.world.aggregates[2].unmirrored = {*cloud.world.aggregates[2].hosts}
    task = run_task(cloud, "os_aggregate_info", placement=True)
    assert len(task.result["placement_drift"]) == 100 and "and 90 more" in task.result["warnings"][0]
    assert len(cloud.asked()) == 3
