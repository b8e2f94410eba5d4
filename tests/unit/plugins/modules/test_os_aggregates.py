# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_aggregates: all aggregates of a cloud declared in one task."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.task import run_task


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "cmp04")
    cloud.aggregate("nvme", "cmp01", "cmp02", ssd="true")
    cloud.aggregate("az1", "cmp03", zone="az1")
    return cloud


def declarations(**more: Any) -> list[dict[str, Any]]:
    return [
        {"name": "nvme", "hosts": ["cmp01"], "metadata": {"ssd": True}},
        {"name": "az2", "availability_zone": "az2", "hosts": ["cmp03"]},
        {"name": "gpu", "hosts": ["cmp02"], "metadata": {"gpus": 4}, **more},
    ]


def test_the_cloud_becomes_exactly_what_is_declared(cloud: FakeCloud) -> None:
    task = run_task(
        cloud, "os_aggregates", aggregates=declarations(), purge_hosts=True, purge_metadata=True, prune=True
    )
    assert not task.failed, task.printed
    aggregates = cloud.world.aggregates.values()
    assert {aggregate.name: (aggregate.zone, aggregate.hosts) for aggregate in aggregates} == {
        "nvme": (None, ["cmp01"]),
        "az2": ("az2", ["cmp03"]),
        "gpu": (None, ["cmp02"]),
    }
    assert [aggregate["name"] for aggregate in task.result["aggregates"]] == ["nvme", "az2", "gpu"]
    # cmp03 changes its zone, so it leaves first; cmp02 does not, so it joins first; the deletion is last.
    writes = [request for request in cloud.requests if request.writes]
    actions = [write.method if write.method == "DELETE" else next(iter(write.body)) for write in writes]
    wanted = ["aggregate", "aggregate", "remove_host", "set_metadata", "add_host", "add_host", "remove_host", "DELETE"]
    assert actions == wanted


def test_nothing_is_pruned_or_purged_unasked(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_aggregates", aggregates=[{"name": "nvme", "hosts": ["cmp04"], "metadata": {"x": 1}}])
    assert not task.failed, task.printed
    assert task.result["aggregates"][0]["hosts"] == ["cmp01", "cmp02", "cmp04"]
    assert task.result["aggregates"][0]["metadata"] == {"ssd": "true", "x": "1"}
    assert len(cloud.world.aggregates) == 2


def test_what_a_declaration_does_not_name_is_not_purged(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_aggregates", aggregates=[{"name": "nvme"}], purge_hosts=True, purge_metadata=True)
    assert not task.failed and not task.changed, task.printed


def test_an_empty_list_prunes_everything_when_that_is_said(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_aggregates", aggregates=[], prune=True, prune_all=True)
    assert task.changed and not cloud.world.aggregates and task.result["aggregates"] == []
    assert not run_task(cloud, "os_aggregates", aggregates=[], prune=True, prune_all=True).changed


def test_an_empty_list_without_prune_changes_nothing(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_aggregates", aggregates=[])
    assert not task.failed and not task.changed and len(cloud.world.aggregates) == 2


def test_a_host_that_joins_beside_a_pruned_one_leaves_by_force(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    wanted: dict[str, Any] = {"aggregates": [{"name": "fast", "hosts": ["cmp01"]}, {"name": "az1"}], "prune": True}
    refused = run_task(cloud, "os_aggregates", **wanted)
    assert refused.failed and "cmp01 with 1 server from 'nvme'" in refused.result["msg"] and cloud.writes == []
    forced = run_task(cloud, "os_aggregates", **wanted, force=True)
    assert not forced.failed and forced.changed, forced.printed
    assert [aggregate.name for aggregate in cloud.world.aggregates.values()] == ["az1", "fast"]


def test_two_hundred_unchanged_aggregates_cost_one_request() -> None:
    hosts = [f"cmp{number:03}" for number in range(50)]
    cloud = FakeCloud(*hosts)
    wanted = []
    for number in range(200):
        members = [hosts[(number + step) % 50] for step in range(10)]
        metadata = {f"key{step}": f"value{step}" for step in range(5)}
        cloud.aggregate(f"agg{number}", *members, **metadata)
        wanted.append({"name": f"agg{number}", "hosts": members, "metadata": metadata})
    task = run_task(cloud, "os_aggregates", aggregates=wanted, purge_hosts=True, purge_metadata=True, prune=True)
    assert not task.failed and not task.changed, task.printed
    assert [str(request) for request in cloud.asked()] == ["GET compute /v2.1/os-aggregates"]


def test_creating_many_costs_no_more_than_the_writes_and_three() -> None:
    hosts = [f"cmp{number:03}" for number in range(20)]
    cloud = FakeCloud(*hosts)
    wanted = [
        {"name": f"agg{n}", "availability_zone": "az1", "hosts": hosts[:5], "metadata": {"a": 1}} for n in range(20)
    ]
    task = run_task(cloud, "os_aggregates", aggregates=wanted)
    assert not task.failed, task.printed
    assert len(cloud.asked()) <= len(cloud.writes) + 3


def test_every_problem_of_every_declaration_is_named(cloud: FakeCloud) -> None:
    wanted = [
        *declarations(availability_zone="az7"),
        {"name": "gpu"},
        {"name": "nvme", "hosts": ["cmp99"]},
        {"name": "list", "metadata": {"a": []}},
        {"id": "77"},
        {"id": "1", "name": "fast"},
        {"name": "az3", "availability_zone": "az3", "hosts": ["cmp02"]},
    ]
    task = run_task(cloud, "os_aggregates", aggregates=wanted)
    message = task.result["msg"]
    for problem in (
        "'gpu' is declared 2 times",
        "'nvme' is declared 2 times",
        "id 1 is declared as fast, nvme",
        "no compute host 'cmp99'",
        "'a' is a list",
        "the id '77'",
        "'cmp02' would be in the zones az3, az7",
        "'cmp03' would be in the zones az1, az2",
    ):
        assert problem in message, (problem, message)
    assert task.failed and cloud.writes == []


def test_a_refused_write_says_what_was_done_and_the_rerun_goes_on(cloud: FakeCloud) -> None:
    bad = status(400, {"badRequest": {"message": "No."}})
    cloud.faults.plant(bad, method="POST", path="action", at=2)
    task = run_task(cloud, "os_aggregates", aggregates=declarations(), purge_hosts=True, prune=True)
    assert task.failed and task.changed
    assert task.result["done"] and task.result["left"]
    again = run_task(cloud, "os_aggregates", aggregates=declarations(), purge_hosts=True, prune=True)
    assert not again.failed and again.changed
    assert not run_task(cloud, "os_aggregates", aggregates=declarations(), purge_hosts=True, prune=True).changed


def test_the_name_of_the_default_zone_is_warned_of(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_aggregates", aggregates=[{"name": "bad", "availability_zone": "nova"}])
    assert not task.failed and "Use another name" in task.result["warnings"][0]
