# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Writes at once, and another writer who is faster: the wanted state holds in the end, or the error says why."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Act, status
from tests.unit.fake.model import Aggregate
from tests.unit.fake.task import Task, run_task
from tests.unit.fake.wire import Reply, Request

DEADLINE = 30.0  # seconds for requests to come that must


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.aggregate("nvme", "cmp01", ssd="true")
    return cloud


def meanwhile(cloud: FakeCloud, do: Callable[[], object], method: str = "POST") -> None:
    """Let another writer do something just before our first write arrives."""

    def act(_request: Request) -> Reply | None:
        do()
        return None

    cloud.faults.plant(act, method=method, path="os-aggregates")


def run(cloud: FakeCloud, module: str, **options: Any) -> Task:
    task = run_task(cloud, module, **options)
    assert not task.failed, task.printed
    return task


def test_another_writer_created_the_aggregate(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.aggregate("gpu", "cmp02", vendor="n"))
    task = run(cloud, "os_aggregate", name="gpu", hosts=["cmp03"], metadata={"gpus": 4})
    assert task.result["aggregate"]["hosts"] == ["cmp02", "cmp03"]
    assert task.result["aggregate"]["metadata"] == {"gpus": "4", "vendor": "n"}


def test_another_writer_added_the_host(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.world.aggregates[1].hosts.append("cmp02"))
    task = run(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp02", "cmp03"])
    assert task.result["aggregate"]["hosts"] == ["cmp01", "cmp02", "cmp03"]


def test_another_writer_removed_the_host(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.world.aggregates[1].hosts.remove("cmp01"))
    task = run(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp01"], state="absent")
    assert task.result["aggregate"]["hosts"] == []


def test_another_writer_deleted_what_we_delete(cloud: FakeCloud) -> None:
    cloud.aggregate("empty")
    meanwhile(cloud, lambda: cloud.world.aggregates.pop(2), method="DELETE")
    assert run(cloud, "os_aggregate", name="empty", state="absent").result["aggregate"] is None


def test_another_writer_deleted_what_we_declare(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.world.aggregates.pop(1))
    task = run(cloud, "os_aggregate", name="nvme", metadata={"x": 1})
    assert task.result["aggregate"]["metadata"] == {"x": "1"}  # made anew, as declared


def test_another_writer_deleted_what_a_host_shall_join(cloud: FakeCloud) -> None:
    meanwhile(cloud, lambda: cloud.world.aggregates.pop(1))
    task = run_task(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp02"])
    assert task.failed and not task.changed
    assert "Meanwhile: There is no aggregate 'nvme'" in task.result["msg"]


def test_another_writer_put_the_host_into_another_zone(cloud: FakeCloud) -> None:
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
    """Whichever host we add, another writer removes one again: it works against us and will not stop."""

    def steal(_request: Request) -> Reply | None:
        hosts = cloud.world.aggregates[1].hosts
        hosts[:] = ["cmp02"] if "cmp03" in hosts else ["cmp03"]
        return Reply(409, {"conflictingRequest": {"message": "Busy."}})

    cloud.faults.plant(steal, method="POST", path="action", times=100)
    task = run_task(cloud, "os_aggregate", name="nvme", hosts=["cmp02", "cmp03"])
    assert task.failed and len(cloud.asked("POST", "/action")) <= 5


# -- writes at once


def many(count: int) -> tuple[FakeCloud, list[dict[str, Any]]]:
    """A cloud, and declarations of so many new aggregates with a host of their own each."""
    names = [f"cmp{number:02}" for number in range(count)]
    return FakeCloud(*names), [{"name": f"agg{name[3:]}", "hosts": [name], "metadata": {"a": 1}} for name in names]


def test_writes_that_do_not_depend_on_each_other_are_under_way_together() -> None:
    cloud, wanted = many(16)
    together = threading.Barrier(8)

    def wait(_request: Request) -> None:
        together.wait(DEADLINE)  # breaks when fewer than eight come

    cloud.faults.plant(wait, method="POST", times=16 * 3)
    task = run_task(cloud, "os_aggregates", aggregates=wanted)
    assert not task.failed, task.printed
    assert [(aggregate["name"], aggregate["hosts"]) for aggregate in task.result["aggregates"]] == [
        (declaration["name"], declaration["hosts"]) for declaration in wanted
    ]
    assert len(cloud.writes) == 16 * 3


def test_no_more_than_eight_writes_are_under_way() -> None:
    cloud, wanted = many(24)
    lock, under_way, most = threading.Lock(), 0, 0

    def count(step: int) -> Act:
        def act(_request: Request) -> None:
            nonlocal under_way, most
            with lock:
                under_way += step
                most = max(most, under_way)

        return act

    cloud.faults.plant(count(+1), method="POST", times=100)
    cloud.faults.plant(count(-1), method="POST", times=100, after=True)
    assert not run_task(cloud, "os_aggregates", aggregates=wanted).failed
    assert most <= 8 and under_way == 0


@pytest.mark.parametrize("at", [1, 5, 20, 24, 30, 72])
@pytest.mark.parametrize("code", [400, 500])
def test_of_writes_under_way_together_each_is_either_done_or_left(at: int, code: int) -> None:
    cloud, wanted = many(24)
    cloud.faults.plant(status(code, {"error": {"message": "No."}}), method="POST", at=at, times=3)
    task = run_task(cloud, "os_aggregates", aggregates=wanted)
    done, left = task.result["done"], task.result["left"]
    assert task.failed and task.changed is (bool(done) or code == 500)
    refused = [request for request, answer in cloud.replies if answer == code]
    assert len(done) == len(cloud.writes) - len(refused) and refused
    assert len(set(done) | set(left)) == len(done) + len(left) == 72
    cloud.faults.clear()
    assert not run_task(cloud, "os_aggregates", aggregates=wanted).failed
    assert all(
        len(aggregate.hosts) == 1 and aggregate.metadata == {"a": "1"} for aggregate in cloud.world.aggregates.values()
    )


def test_the_error_names_a_refusal_before_a_conflict_with_another_writer() -> None:
    cloud, wanted = many(2)
    together = threading.Barrier(2)

    def answer(request: Request) -> Reply:
        together.wait(DEADLINE)
        name = request.body["aggregate"]["name"]
        return Reply(409 if name == "agg00" else 403, {"error": {"message": name}})

    cloud.faults.plant(answer, method="POST", times=2)
    task = run_task(cloud, "os_aggregates", aggregates=wanted)
    assert task.failed and task.result["status"] == 403 and not task.changed
    assert task.result["left"][0] == "create the aggregate 'agg01'"
