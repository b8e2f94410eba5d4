# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Clouds of older releases: what they lack is named with both versions, and what was refused has changed nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Act, drop, status
from tests.unit.fake.glance import image
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator
from tests.unit.fake.task import PROCESSES, run_task

TRAIN, ROCKY = (2, 79), (2, 72)


@pytest.fixture
def cloud(cloud: FakeCloud) -> FakeCloud:
    cloud.world.images = [image("debian")]
    return cloud


def cached(cloud: FakeCloud, process: str = "module") -> Any:
    return run_task(cloud, "os_aggregate_image_cache", process, aggregate="nvme", images=["debian"])


# -- what is lacking


@pytest.mark.parametrize("process", PROCESSES)
def test_a_path_that_the_cloud_does_not_know_is_a_version_that_it_lacks(cloud: FakeCloud, process: str) -> None:
    """Nova looks for the path first, and answers 404 before it looks at the microversion."""
    cloud.nova.newest = TRAIN
    task = cached(cloud, process)
    assert task.failed and not task.changed
    assert task.result["msg"] == (
        "Could not have the hosts of the aggregate 'nvme' cache images: that needs microversion 2.81 of the compute "
        "API, and this cloud offers at most 2.79."
    )


def test_another_404_is_what_it_is(cloud: FakeCloud, no_pauses: list[float]) -> None:
    cloud.faults.plant(
        status(404, {"itemNotFound": {"code": 404, "message": "No such aggregate."}}), path="/os-aggregates/.*/images$"
    )
    task = cached(cloud)
    assert "answered 404: No such aggregate" in task.result["msg"] and not task.changed
    assert not [
        request for request in cloud.requests if request.service == "compute" and request.path.endswith("v2.1/")
    ]


def test_a_404_of_a_proxy_is_no_old_cloud(cloud: FakeCloud) -> None:
    cloud.faults.plant(status(404, "<html>Not here</html>"), path="/os-aggregates/.*/images$")
    task = cached(cloud)
    assert "answered 404" in task.result["msg"] and "microversion" not in task.result["msg"]


def test_a_server_that_is_gone_costs_one_request(cloud: FakeCloud) -> None:
    cloud.nova.newest = TRAIN
    nova = cloud.connect().nova
    nova.servers()
    cloud.forget_requests()
    assert nova.server("5f0e8b1a-0000-4000-8000-000000000000") is None
    assert len(cloud.asked()) == 1


def test_a_cloud_that_is_too_old_for_a_maintenance_is_named(cloud: FakeCloud, operator: Operator) -> None:
    cloud.nova.newest = ROCKY
    with pytest.raises(
        CloudError, match=r"needs microversion 2\.73 of the compute API, and this cloud offers at most 2\.72"
    ):
        operator.look_to_start("cmp01")
    assert cloud.writes == []


def test_a_maintenance_on_the_oldest_cloud(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    cloud.nova.newest = TRAIN
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


# -- whether anything changed


@pytest.mark.parametrize(
    ("act", "changed"),
    [
        (status(400, {"badRequest": {"message": "No."}}), False),
        (status(403, {"forbidden": {"message": "No."}}), False),
        (status(409, {"conflictingRequest": {"message": "No."}}), False),
        (status(500, {"computeFault": {"message": "Oops."}}), True),
        (drop, True),
    ],
    ids=["400", "403", "409", "500", "no answer"],
)
@pytest.mark.parametrize("process", PROCESSES)
def test_what_was_refused_changed_nothing_and_what_nobody_knows_may_have(
    cloud: FakeCloud, act: Act, changed: bool, process: str
) -> None:
    cloud.faults.plant(act, path="/os-aggregates/.*/images$", times=9)
    task = cached(cloud, process)
    assert task.failed and task.changed is changed


def test_what_was_done_before_a_refusal_did_change_something(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01")
    cloud.faults.plant(status(403, {"forbidden": {"message": "No."}}), path="/action", method="POST", times=9)
    task = run_task(cloud, "os_host_maintenance", host="cmp01", state="started", owner="me")
    assert task.failed and task.changed and not cloud.world.hosts["cmp01"].enabled


def test_a_return_that_waited_in_vain_changed_nothing(cloud: FakeCloud) -> None:
    run_task(cloud, "os_host_maintenance", host="cmp01", state="started", owner="me")
    cloud.world.hosts["cmp01"].up = False
    task = run_task(cloud, "os_host_maintenance", host="cmp01", state="stopped", owner="me", timeout=60)
    assert task.failed and not task.changed and "did not come up" in task.result["msg"]
