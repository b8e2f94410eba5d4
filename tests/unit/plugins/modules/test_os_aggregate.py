# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_aggregate: its requests, and failures half-way. What it refuses is in ``test_refusals.py``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.task import run_task

PRODUCTION: dict[str, Any] = {"name": "gpu", "hosts": ["cmp01", "cmp02"], "metadata": {"gpus": 4, "vendor": "n"}}


@pytest.fixture
def cloud() -> FakeCloud:
    """Two aggregates, the second of which is a zone with a server on its host."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "CMP04")
    cloud.aggregate("nvme", "cmp01", ssd="true")
    cloud.aggregate("az1", "cmp03", zone="az1")
    cloud.boot("web", "cmp03")
    return cloud


# -- requests


def test_unchanged_costs_one_request(cloud: FakeCloud) -> None:
    options: dict[str, Any] = {"name": "nvme", "hosts": ["cmp01"], "metadata": {"ssd": True}}
    assert not run_task(cloud, "os_aggregate", **options).changed
    assert [str(request) for request in cloud.asked()] == ["GET compute /v2.1/os-aggregates"]
    assert [str(request) for request in cloud.requests if request.service == "identity"] == [
        "POST identity /v3/auth/tokens"
    ]


def test_creation_costs_six_requests(cloud: FakeCloud) -> None:
    assert run_task(cloud, "os_aggregate", **PRODUCTION).changed
    assert len(cloud.asked()) <= 6


def test_creation_in_a_zone_costs_seven_requests(cloud: FakeCloud) -> None:
    assert run_task(cloud, "os_aggregate", availability_zone="az2", **PRODUCTION).changed
    assert len(cloud.asked()) <= 7


def test_requests_do_not_grow_with_the_cloud() -> None:
    cloud = FakeCloud(*(f"cmp{number:04}" for number in range(1500)))
    cloud.aggregate("all", *cloud.world.hosts, zone="az1")
    assert run_task(cloud, "os_aggregate", name="gpu", hosts=["cmp0001"], availability_zone="az1").changed
    assert len(cloud.asked("GET")) == 2  # the zone stays what it is, so servers are not asked for


def test_metadata_comes_before_hosts(cloud: FakeCloud) -> None:
    run_task(cloud, "os_aggregate", **PRODUCTION)
    actions = [next(iter(request.body)) for request in cloud.asked("POST", "/action")]
    assert actions == ["set_metadata", "add_host", "add_host"]


def test_rename_and_zone_are_two_requests(cloud: FakeCloud) -> None:
    """Nova saves the name before it checks the zone, so a single request could be refused and half done."""
    run_task(cloud, "os_aggregate", id="1", name="new", availability_zone="az9")
    assert [request.body["aggregate"] for request in cloud.asked("PUT")] == [
        {"name": "new"},
        {"availability_zone": "az9"},
    ]


def test_purging_needs_something_to_keep(cloud: FakeCloud) -> None:
    """An empty option from a template must not empty an aggregate by accident."""
    task = run_task(cloud, "os_aggregate", name="nvme", purge_hosts=True)
    assert task.failed and cloud.asked() == []


# -- hosts that leave


def test_hosts_at_work_leave_by_force(cloud: FakeCloud) -> None:
    cloud.boot("db", "cmp01")
    cloud.forget_requests()
    task = run_task(cloud, "os_aggregate", name="nvme", hosts=[], purge_hosts=True, force=True)
    assert task.changed and task.result["aggregate"]["hosts"] == []
    assert len(cloud.asked()) == 2  # nobody asks for their servers


def test_drained_hosts_leave_and_nobody_asks_for_their_servers(cloud: FakeCloud) -> None:
    cloud.boot("db", "cmp01", "stopped")
    cloud.world.hosts["cmp01"].enabled = False
    cloud.forget_requests()
    assert run_task(cloud, "os_aggregate", name="nvme", hosts=["cmp02"], purge_hosts=True).changed
    assert not cloud.asked("GET", "/os-hypervisors")


def test_a_host_whose_cell_is_silent_does_not_leave(cloud: FakeCloud) -> None:
    """Nobody knows whether it is at work."""
    cloud.world.silent = {"cmp01"}
    task = run_task(cloud, "os_aggregate", name="nvme", hosts=[], purge_hosts=True)
    assert task.failed and "cell" in task.result["msg"] and cloud.writes == []


# -- a deletion by id and name


def test_what_has_the_id_and_the_name_is_deleted_once(cloud: FakeCloud) -> None:
    options: dict[str, Any] = {"id": "1", "name": "nvme", "state": "absent", "force": True}
    assert run_task(cloud, "os_aggregate", **options).changed
    again = run_task(cloud, "os_aggregate", **options)
    assert not again.failed and not again.changed and [*cloud.world.aggregates] == [2]


# -- failures half-way

STEPS = 5  # of creating the aggregate below: create, metadata, three hosts


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_failure_at_a_step_says_what_was_done_and_goes_on(cloud: FakeCloud, step: int) -> None:
    options: dict[str, Any] = {**PRODUCTION, "hosts": ["cmp01", "cmp02", "cmp03"]}
    busy = status(409, {"conflictingRequest": {"message": "Busy."}})
    cloud.faults.plant(busy, method="POST", path="agg", at=step, times=2)  # the second time is after it observed again
    task = run_task(cloud, "os_aggregate", **options)
    assert task.failed and task.result["status"] == 409
    assert len(task.result["done"]) == step - 1 and len(task.result["left"]) == STEPS - step + 1
    assert task.result["left"][0] in task.result["msg"]
    assert task.changed == (step > 1)

    cloud.faults.clear()
    again = run_task(cloud, "os_aggregate", **options)
    assert not again.failed and again.changed
    assert again.result["aggregate"]["hosts"] == ["cmp01", "cmp02", "cmp03"]
    assert not run_task(cloud, "os_aggregate", **options).changed


def test_a_write_whose_answer_is_lost_is_not_sent_again(cloud: FakeCloud, no_pauses: list[float]) -> None:
    cloud.faults.plant(status(503), method="POST", path="os-aggregates", after=True)
    task = run_task(cloud, "os_aggregate", **PRODUCTION)
    assert task.failed and len(cloud.asked("POST")) == 1
