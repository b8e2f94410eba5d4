# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_aggregate_image_cache: images by name and id, all of them looked up before Nova is asked to cache any."""

from __future__ import annotations

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.glance import image
from tests.unit.fake.task import run_task


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02")
    cloud.aggregate("nvme", "cmp01", "cmp02")
    return cloud


def test_images_by_name_and_id_are_each_cached_once(cloud: FakeCloud) -> None:
    cloud.world.images = [image("debian"), image('odd, "name"'), image("other")]
    debian = cloud.world.images[0]["id"]
    wanted = ["debian", debian, 'odd, "name"']
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=wanted)
    assert not task.failed and task.changed, task.printed
    assert [cached["name"] for cached in task.result["images"]] == ["debian", 'odd, "name"']
    (sent,) = cloud.asked("POST", "/images")
    assert sent.body == {"cache": [{"id": cached["id"]} for cached in task.result["images"]]}
    # The id, and the names among the public images and among our own.
    assert len(cloud.asked(service="image")) == 3


def test_images_are_found_behind_the_first_page(cloud: FakeCloud) -> None:
    cloud.world.images = [image("same", key=f"{number}") for number in range(3)]
    cloud.glance.page = 1
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=["same"])
    assert task.failed and "that of 3 images" in task.result["msg"]


def test_images_that_cannot_be_cached_are_all_named(cloud: FakeCloud) -> None:
    cloud.world.images = [image("twin"), image("twin", key="second"), image("queued", status="queued")]
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=["twin", "queued", "none"])
    assert task.failed and cloud.writes == []
    for message in ("'twin' is that of 2 images", "'queued' is queued", "no image 'none'"):
        assert message in task.result["msg"]


def test_an_old_nova_is_named(cloud: FakeCloud) -> None:
    cloud.world.images = [image("debian")]
    cloud.nova.newest = (2, 79)
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=["debian"])
    assert task.failed and "2.81" in task.result["msg"] and "2.79" in task.result["msg"]
