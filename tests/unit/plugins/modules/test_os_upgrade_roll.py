# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll by its three modules, each executed in Ansible's worker and as a module process."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import TRAIT_PREFIX

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.task import PROCESSES, run_task

Do = Callable[..., dict[str, Any]]
POOL = {"aggregate": "nvme"}


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03")
    cloud.boot("web", "cmp01")
    return cloud


@pytest.fixture(params=PROCESSES)
def do(request: pytest.FixtureRequest, cloud: FakeCloud) -> Do:
    def do(module: str, **options: Any) -> dict[str, Any]:
        task = functools.partial(run_task, process=request.param)(cloud, module, **options)
        assert not task.failed, task.printed
        return task.result

    return do


def test_a_roll_from_its_plan_to_its_end(do: Do, cloud: FakeCloud, tmp_path: Path) -> None:
    to_open = {**POOL, "state": "opened", "directory": str(tmp_path), "upgrade": "up.yml", "hosts": ["cmp01"]}
    predicted = do("os_upgrade_roll", check=True, **to_open)
    assert predicted["roll"]["folder"] is None and list(tmp_path.iterdir()) == []
    roll = do("os_upgrade_roll", **to_open)["roll"]
    this = {"folder": roll["folder"], "session": roll["session"]}
    predicted = do("os_upgrade_batch", check=True, **POOL, **this, forks=5)
    batch = do("os_upgrade_batch", **POOL, **this, forks=5)
    assert batch == predicted and batch["changed"]
    (server,) = cloud.world.guests
    target = cloud.world.hosts["cmp02"]
    move = {"server": server, "target": "cmp02", "hypervisor": target.provider, "version": target.version}
    assert batch["batch"] == {"cmp01": [{**move, "name": "web", "kind": "live"}]} and batch["last"]
    cloud.forget_requests()
    moves = batch["batch"]["cmp01"]
    drained = do("os_host_maintenance", check=True, host="cmp01", state="started", moves=moves)
    assert [(move["id"], move["target"]) for move in drained["moved"]] == [(server, "cmp02")]
    (hypervisors,) = cloud.asked(path="/os-hypervisors/detail")
    assert hypervisors.query == {"hypervisor_hostname_pattern": "cmp01"}
    for event in ("drained", "upgraded", "verified", "returned"):
        do("os_upgrade_note", **this, host="cmp01", event=event)
    assert do("os_upgrade_batch", **POOL, **this, forks=5)["over"]
    assert do("os_upgrade_roll", state="closed", check=True, **this)["changed"]
    assert do("os_upgrade_roll", state="closed", **this)["roll"]["closed"]
    assert cloud.writes == []


@pytest.mark.parametrize("half", [{"hypervisor": "id-spare"}, {"version": 8000000}])
def test_half_a_hypervisor_is_refused(cloud: FakeCloud, half: dict[str, Any]) -> None:
    move = {"server": next(iter(cloud.world.guests)), "target": "cmp02", **half}
    task = run_task(cloud, "os_host_maintenance", host="cmp01", state="started", moves=[move])
    assert task.failed and "required together: hypervisor, version" in task.result["msg"], task.printed
    assert cloud.requests == []


def test_a_batch_that_was_planned_just_now_begins_as_it_is(do: Do, cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.boot("db", "cmp02")
    to_open = {**POOL, "state": "opened", "directory": str(tmp_path), "upgrade": "up.yml", "hosts": ["cmp01", "cmp02"]}
    roll = do("os_upgrade_roll", **to_open)["roll"]
    this = {**POOL, "folder": roll["folder"], "session": roll["session"], "forks": 5}
    first = do("os_upgrade_plan", **POOL, hosts=["cmp01", "cmp02"])["plan"]["batches"][0]
    cloud.forget_requests()
    (host,) = first["hosts"]
    begun = do("os_upgrade_batch", **this, planned=first)
    assert begun["batch"] == {host["host"]: host["moves"]} and not begun["last"]
    assert cloud.asked(path="/servers/detail") == []
    for event in ("drained", "upgraded", "verified", "returned"):
        do("os_upgrade_note", folder=roll["folder"], session=roll["session"], host=host["host"], event=event)
    # That host is done, so the others are planned from the cloud as it is now.
    again = do("os_upgrade_batch", **this, planned=first)
    assert [*again["batch"]] == [*{"cmp01", "cmp02"} - {host["host"]}] and again["last"]
    assert cloud.asked(path="/servers/detail") != []


@pytest.mark.parametrize("meanwhile", ["started", "returning"])
def test_a_batch_that_was_planned_just_now_is_planned_again_where_another_owner_began_since(
    do: Do, cloud: FakeCloud, tmp_path: Path, meanwhile: str
) -> None:
    to_open = {**POOL, "state": "opened", "directory": str(tmp_path), "owner": "me", "hosts": ["cmp01"]}
    roll = do("os_upgrade_roll", **to_open)["roll"]
    first = do("os_upgrade_plan", **POOL, hosts=["cmp01"])["plan"]["batches"][0]
    if meanwhile == "started":
        do("os_host_maintenance", host="cmp03", state="started", owner="you")
    else:
        provider = cloud.world.hosts["cmp03"].provider
        trait = "CUSTOM_STACKOPS_RETURN_20261121T101500Z_20261121T101600Z_BY_796F75"
        cloud.connect({"auth": cloud.auth()}).placement.set_trait(provider, TRAIT_PREFIX, trait)
    this = {**POOL, "folder": roll["folder"], "session": roll["session"], "forks": 5, "owner": "me"}
    refused = do("os_upgrade_batch", **this, planned=first)
    assert refused["over"] and "keeps cmp03 by you" in refused["reason"]


def test_no_batch_begins_beside_another_owner(do: Do, cloud: FakeCloud, tmp_path: Path) -> None:
    to_open = {**POOL, "state": "opened", "directory": str(tmp_path), "owner": "me", "hosts": ["cmp01"]}
    roll = do("os_upgrade_roll", **to_open)["roll"]
    do("os_host_maintenance", host="cmp03", state="started", owner="you")
    this = {**POOL, "folder": roll["folder"], "session": roll["session"], "forks": 5, "owner": "me"}
    refused = do("os_upgrade_batch", **this, check=True)
    assert refused["over"] and refused["reason"] == (
        "Another owner began in the meantime and keeps cmp03 by you: wait for that one."
    )
    assert list(do("os_upgrade_batch", **this, takeover=True, max_unavailable="2")["batch"]) == ["cmp01"]
