# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll conducted by its three modules, through either door."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake.cloud import FakeCloud
from fake.task import DOORS, run_task

Do = Callable[..., dict[str, Any]]
POOL = {"aggregate": "nvme"}


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03")
    cloud.boot("web", "cmp01")
    return cloud


@pytest.fixture(params=DOORS)
def do(request: pytest.FixtureRequest, cloud: FakeCloud) -> Do:
    def do(module: str, **options: Any) -> dict[str, Any]:
        task = functools.partial(run_task, door=request.param)(cloud, module, **options)
        assert not task.failed, task.printed
        return task.result

    return do


def test_a_roll_from_its_plan_to_its_end(do: Do, cloud: FakeCloud, tmp_path: Path) -> None:
    opening = {**POOL, "state": "opened", "directory": str(tmp_path), "upgrade": "up.yml", "hosts": ["cmp01"]}
    look = do("os_upgrade_roll", check=True, **opening)
    assert look["roll"]["folder"] is None and list(tmp_path.iterdir()) == []
    roll = do("os_upgrade_roll", **opening)["roll"]
    this = {"folder": roll["folder"], "session": roll["session"]}
    foretold = do("os_upgrade_batch", check=True, **POOL, **this, forks=5)
    batch = do("os_upgrade_batch", **POOL, **this, forks=5)
    assert batch == foretold and batch["changed"]
    (server,) = cloud.world.guests
    assert batch["batch"] == {"cmp01": [{"server": server, "target": "cmp02"}]}
    target = cloud.world.hosts["cmp02"]
    assert batch["hypervisors"] == [{"host": "cmp02", "id": target.provider, "version": target.version}]
    planned = {"moves": batch["batch"]["cmp01"], "hypervisors": batch["hypervisors"]}
    drained = do("os_host_maintenance", check=True, host="cmp01", state="started", **planned)
    assert [(one["id"], one["target"]) for one in drained["moved"]] == [(server, "cmp02")]
    for event in ("drained", "upgraded", "verified", "returned"):
        do("os_upgrade_note", **this, host="cmp01", event=event)
    assert do("os_upgrade_batch", **POOL, **this, forks=5)["over"]
    assert do("os_upgrade_roll", state="closed", check=True, **this)["changed"]
    assert do("os_upgrade_roll", state="closed", **this)["roll"]["closed"]
    assert cloud.writes == []


def test_no_batch_begins_beside_another_owner(do: Do, cloud: FakeCloud, tmp_path: Path) -> None:
    opening = {**POOL, "state": "opened", "directory": str(tmp_path), "owner": "me", "hosts": ["cmp01"]}
    roll = do("os_upgrade_roll", **opening)["roll"]
    do("os_host_maintenance", host="cmp03", state="started", owner="you")
    this = {**POOL, "folder": roll["folder"], "session": roll["session"], "forks": 5, "owner": "me"}
    refused = do("os_upgrade_batch", **this, check=True)
    assert refused["over"] and refused["reason"] == (
        "Another owner began in the meantime and keeps cmp03 by you: wait for that one."
    )
    assert list(do("os_upgrade_batch", **this, takeover=True, max_unavailable="2")["batch"]) == ["cmp01"]
