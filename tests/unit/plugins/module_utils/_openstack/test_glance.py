# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Glance: where it is asked, which images a name means, and a cloud without it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError

from tests.unit.fake.cloud import URLS, FakeCloud
from tests.unit.fake.faults import Act, drop, garbage, status
from tests.unit.fake.glance import image
from tests.unit.fake.task import PROCESSES, run_task
from tests.unit.fake.wire import Request

OURS, THEIRS = "project-of-admin", "project-of-demo"


@pytest.fixture
def cloud(cloud: FakeCloud) -> FakeCloud:
    cloud.world.images = [image("app") | {"trait:CUSTOM_GOLD": "required"}]
    return cloud


# -- where it is asked


@pytest.mark.parametrize("end", ["", "/", "/v2", "/v2/"])
def test_an_endpoint_may_name_its_version(cloud: FakeCloud, end: str) -> None:
    override = {"image_endpoint_override": URLS["image"] + end}
    connected = cloud.connect({"cloud": {"auth": cloud.auth(), **override}})
    assert connected.glance.traits([cloud.world.images[0]["id"]])
    assert [request.path for request in cloud.asked(service="image")] == ["/v2/images"]


def test_the_catalog_may_name_the_version(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = cloud.keystone._catalog()
    for entry in catalog:
        for endpoint in entry["endpoints"]:
            endpoint["url"] += "/v2" if entry["type"] == "image" else ""
    monkeypatch.setattr(cloud.keystone, "_catalog", lambda: catalog)
    assert [found.name for found in cloud.connect().glance.candidates(["app"])["app"]] == ["app"]


# -- which images a name means


def test_a_name_means_public_images_and_our_own(cloud: FakeCloud) -> None:
    cloud.world.images = [
        image("debian", key="ours", visibility="private", owner=OURS),
        *(image("debian", key=kind, visibility=kind, owner=THEIRS) for kind in ("private", "shared", "community")),
        image("fedora", key="public", visibility="public", owner=THEIRS),
        image("fedora", key="shared", visibility="shared", owner=THEIRS),
    ]
    candidates = cloud.connect().glance.candidates(["debian", "fedora"])
    assert {name: [(found.visibility, found.owner) for found in images] for name, images in candidates.items()} == {
        "debian": [("private", OURS)],
        "fedora": [("public", THEIRS)],
    }


@pytest.mark.parametrize("kind", ["private", "shared", "community", "public"])
def test_an_id_means_its_image_whoever_has_it(cloud: FakeCloud, kind: str) -> None:
    """And lends its name to nobody else."""
    cloud.world.images = [image("debian", key="theirs", visibility=kind, owner=THEIRS), image("debian", owner=OURS)]
    theirs, ours = (raw["id"] for raw in cloud.world.images)
    cloud.aggregate("ssd", "cmp01")
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="ssd", images=[theirs])
    assert [cached["id"] for cached in task.result["images"]] == [theirs]
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="ssd", images=[theirs, "debian"])
    if kind == "public":
        assert task.failed and theirs in task.result["msg"] and ours in task.result["msg"]
    else:
        assert [cached["id"] for cached in task.result["images"]] == [theirs, ours]


def test_a_name_of_others_alone_is_none(cloud: FakeCloud) -> None:
    cloud.world.images = [image("debian", visibility="shared", owner=THEIRS)]
    task = run_task(cloud, "os_aggregate_image_cache", aggregate="nvme", images=["debian"])
    assert task.failed and cloud.writes == []
    assert "There is no image 'debian' that is public or of this project" in task.result["msg"]


def test_a_filter_of_glance_is_not_believed(cloud: FakeCloud) -> None:
    def drop_filters(request: Request) -> None:
        for name in ("visibility", "owner", "name"):
            request.query.pop(name, None)

    cloud.watchers.append(drop_filters)
    cloud.world.images = [image("debian", visibility="private", owner=THEIRS), image("other")]
    assert cloud.connect().glance.candidates(["debian"]) == {}


@pytest.mark.parametrize("fault", [status(403), status(500), drop])
def test_to_cache_images_glance_is_needed(cloud: FakeCloud, no_pauses: list[float], fault: Act) -> None:
    cloud.faults.plant(fault, path="/images", times=9)
    with pytest.raises(CloudError, match="Could not look up"):
        cloud.connect().glance.candidates(["app"])


# -- Nova needs no Glance to move servers

ABSENT: dict[str, Act] = {
    "403": status(403),
    "404": status(404),
    "500": status(500),
    "503": status(503),
    "401": status(401),
    "no connection": drop,
    "a proxy's page": garbage,
    "other JSON": status(200, {"images": {}}),
}


def without_glance(cloud: FakeCloud) -> None:
    """Let the catalog have no image service."""
    catalog = [entry for entry in cloud.keystone._catalog() if entry["type"] != "image"]
    # A fault planted in the fake: its method is replaced, of this cloud alone.
    cloud.keystone._catalog = lambda: catalog  # type: ignore[method-assign]


def warned(task: Any) -> list[str]:
    return [text for text in task.result.get("warnings", ()) if "traits that images ask for are not known" in text]


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("absent", [*ABSENT, "no endpoint"])
def test_a_drain_without_glance_is_a_drain_with_a_warning(
    cloud: FakeCloud, no_pauses: list[float], process: str, check: bool, absent: str
) -> None:
    if absent == "no endpoint":
        without_glance(cloud)
    else:
        cloud.faults.plant(ABSENT[absent], path="/v2/images", times=99)
    for name in ("web1", "web2"):
        cloud.boot(name, "cmp01", image=cloud.world.images[0]["id"])
    options = {"host": "cmp01", "aggregate": "nvme", "state": "started", "owner": "me"}
    task = run_task(cloud, "os_host_maintenance", process, check, **options)
    assert not task.failed, task.printed
    assert len(task.result["moved"]) == 2 and len(warned(task)) == 1 and no_pauses == []


@pytest.mark.parametrize("absent", [*ABSENT, "no endpoint"])
def test_a_plan_without_glance_is_a_plan_with_a_warning(cloud: FakeCloud, no_pauses: list[float], absent: str) -> None:
    if absent == "no endpoint":
        without_glance(cloud)
    else:
        cloud.faults.plant(ABSENT[absent], path="/v2/images", times=99)
    cloud.boot("web", "cmp01", image=cloud.world.images[0]["id"])
    task = run_task(cloud, "os_upgrade_plan", aggregate="nvme", owner="me")
    assert not task.failed and len(warned(task)) == 1 and no_pauses == []
    assert len(task.result["plan"]["turns"]) == 3


def test_glance_is_not_asked_again_after_it_did_not_answer(cloud: FakeCloud) -> None:
    cloud.faults.plant(status(500), path="/v2/images", times=99)
    connected = cloud.connect()
    for _time in range(3):
        assert connected.glance.traits([cloud.world.images[0]["id"]]) == {}
    assert len(cloud.asked(service="image")) == 1 and len(connected.warnings) == 1


def test_where_glance_answers_there_is_no_warning(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01", image=cloud.world.images[0]["id"])
    task = run_task(cloud, "os_upgrade_plan", aggregate="nvme", owner="me")
    assert "warnings" not in task.result


def test_where_no_server_has_an_image_glance_is_not_asked(cloud: FakeCloud) -> None:
    without_glance(cloud)
    cloud.boot("web", "cmp01")
    task = run_task(cloud, "os_upgrade_plan", aggregate="nvme", owner="me")
    assert "warnings" not in task.result and cloud.asked(service="image") == []
