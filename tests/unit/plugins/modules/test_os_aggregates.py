# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The whole declared inventory in one task, and images for the hosts of an aggregate."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fake.cloud import FakeCloud
from fake.faults import Act, status
from fake.glance import image
from fake.task import run_task
from fake.wire import Reply, Request


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
    standing = {one.name: (one.zone, one.hosts) for one in cloud.world.aggregates.values()}
    assert standing == {"nvme": (None, ["cmp01"]), "az2": ("az2", ["cmp03"]), "gpu": (None, ["cmp02"])}
    assert [one["name"] for one in task.result["aggregates"]] == ["nvme", "az2", "gpu"]
    # cmp03 changes its zone, so it leaves first; cmp02 does not, so it joins first; the deletion is last.
    actions = [one.method if one.method == "DELETE" else next(iter(one.body)) for one in cloud.requests if one.writes]
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
    assert [str(one) for one in cloud.asked()] == ["GET compute /v2.1/os-aggregates"]


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
    for said in (
        "'gpu' is declared 2 times",
        "'nvme' is declared 2 times",
        "id 1 is declared as fast, nvme",
        "no compute host 'cmp99'",
        "'a' is a list",
        "the id '77'",
        "'cmp02' would be in the zones az3, az7",
        "'cmp03' would be in the zones az1, az2",
    ):
        assert said in message, (said, message)
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


DEADLINE = 30.0  # seconds for requests to come that must


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
    assert [(one["name"], one["hosts"]) for one in task.result["aggregates"]] == [
        (one["name"], one["hosts"]) for one in wanted
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
    assert all(len(one.hosts) == 1 and one.metadata == {"a": "1"} for one in cloud.world.aggregates.values())


def test_a_refusal_is_told_before_what_another_writer_did() -> None:
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


def test_the_name_of_the_default_zone_is_warned_of(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_aggregates", aggregates=[{"name": "bad", "availability_zone": "nova"}])
    assert not task.failed and "Use another name" in task.result["warnings"][0]


# -- images


def test_images_by_name_and_id_are_each_cached_once(cloud: FakeCloud) -> None:
    cloud.world.images = [image("debian"), image('odd, "name"'), image("other")]
    debian = cloud.world.images[0]["id"]
    wanted = ["debian", debian, 'odd, "name"']
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=wanted)
    assert not task.failed and task.changed, task.printed
    assert [one["name"] for one in task.result["images"]] == ["debian", 'odd, "name"']
    (sent,) = cloud.asked("POST", "/images")
    assert sent.body == {"cache": [{"id": one["id"]} for one in task.result["images"]]}
    assert len(cloud.asked(service="image")) == 2


def test_images_are_found_behind_the_first_page(cloud: FakeCloud) -> None:
    cloud.world.images = [image("same", key=f"{number}") for number in range(3)]
    cloud.glance.page = 1
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=["same"])
    assert task.failed and "that of 3 images" in task.result["msg"]


def test_images_that_cannot_be_cached_are_all_named(cloud: FakeCloud) -> None:
    cloud.world.images = [image("twin"), image("twin", key="second"), image("queued", status="queued")]
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=["twin", "queued", "none"])
    assert task.failed and cloud.writes == []
    for said in ("'twin' is that of 2 images", "'queued' is queued", "no image 'none'"):
        assert said in task.result["msg"]


def test_an_old_nova_is_named(cloud: FakeCloud) -> None:
    cloud.world.images = [image("debian")]
    cloud.nova.newest = (2, 79)
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=["debian"])
    assert task.failed and "2.81" in task.result["msg"] and "2.79" in task.result["msg"]
