# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Another writer is faster between our look and our write: the wanted state holds in the end, or the error says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fake.cloud import FakeCloud
from fake.faults import status
from fake.model import Aggregate
from fake.task import Task, run_task
from fake.wire import Reply, Request


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.aggregate("nvme", "cmp01", ssd="true")
    return cloud


def meanwhile(cloud: FakeCloud, do: Callable[[], object], method: str = "POST") -> None:
    """Let somebody else do something just before our first write arrives."""

    def act(_request: Request) -> Reply | None:
        do()
        return None

    cloud.faults.plant(act, method=method, path="os-aggregates")


def run(cloud: FakeCloud, module: str, **options: Any) -> Task:
    task = run_task(cloud, module, **options)
    assert not task.failed, task.printed
    return task


def test_somebody_else_created_it(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.aggregate("gpu", "cmp02", vendor="n"))
    task = run(cloud, "os_aggregate", name="gpu", hosts=["cmp03"], metadata={"gpus": 4})
    assert task.result["aggregate"]["hosts"] == ["cmp02", "cmp03"]
    assert task.result["aggregate"]["metadata"] == {"gpus": "4", "vendor": "n"}


def test_somebody_else_added_the_host(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.world.aggregates[1].hosts.append("cmp02"))
    task = run(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp02", "cmp03"])
    assert task.result["aggregate"]["hosts"] == ["cmp01", "cmp02", "cmp03"]


def test_somebody_else_removed_the_host(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.world.aggregates[1].hosts.remove("cmp01"))
    task = run(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp01"], state="absent")
    assert task.result["aggregate"]["hosts"] == []


def test_somebody_else_deleted_what_we_delete(cloud: FakeCloud) -> None:
    cloud.aggregate("empty")
    meanwhile(cloud, lambda: cloud.world.aggregates.pop(2), method="DELETE")
    assert run(cloud, "os_aggregate", name="empty", state="absent").result["aggregate"] is None


def test_somebody_else_deleted_what_we_declare(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.world.aggregates.pop(1))
    task = run(cloud, "os_aggregate", name="nvme", metadata={"x": 1})
    assert task.result["aggregate"]["metadata"] == {"x": "1"}  # made anew, as declared


def test_somebody_else_deleted_what_a_host_shall_join(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.world.aggregates.pop(1))
    task = run_task(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp02"])
    assert task.failed and not task.changed
    assert "Meanwhile: There is no aggregate 'nvme'" in task.result["msg"]


def test_somebody_else_put_the_host_into_another_zone(cloud: FakeCloud) -> None:
    cloud.world.aggregates[1].metadata["availability_zone"] = "az1"
    other = Aggregate(2, "other", ["cmp02"], {"availability_zone": "az2"})
    meanwhile(cloud, lambda: cloud.world.aggregates.update({2: other}))
    task = run_task(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp02"])
    assert task.failed and "'cmp02' would be in the zones az1, az2" in task.result["msg"]


def test_a_conflict_in_placement_is_tried_once_more(cloud: FakeCloud) -> None:
    cloud.faults.plant(status(409, {"conflictingRequest": {"message": "Generation."}}), method="POST", path="action")
    task = run(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp01"], state="absent")
    assert task.result["aggregate"]["hosts"] == []
    assert len(cloud.asked("POST", "/action")) == 2


def test_a_writer_that_always_wins_is_given_up(cloud: FakeCloud) -> None:
    """Whatever we add, another one takes the next host out again: that is a fight and no race."""

    def steal(_request: Request) -> Reply | None:
        hosts = cloud.world.aggregates[1].hosts
        hosts[:] = ["cmp02"] if "cmp03" in hosts else ["cmp03"]
        return Reply(409, {"conflictingRequest": {"message": "Busy."}})

    cloud.faults.plant(steal, method="POST", path="action", times=100)
    task = run_task(cloud, "os_aggregate", name="nvme", hosts=["cmp02", "cmp03"])
    assert task.failed and len(cloud.asked("POST", "/action")) <= 5
