# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Module os_upgrade_canary through both doors; how a trial goes stands in ``_roll/test_try_host.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake.task import PROCESSES, run_task
from tests.unit.plugins.module_utils._roll.test_try_host import CANARY, TAG, Trial


@pytest.fixture(params=PROCESSES)
def process(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def options(trial: Trial, **more: Any) -> dict[str, Any]:
    return {"folder": str(trial.store.folder), "session": "s1", "host": "cmp01", "canary": CANARY, **more}


def test_a_host_is_tried(tmp_path: Path, process: str) -> None:
    trial = Trial(tmp_path)
    task = run_task(trial.cloud, "os_upgrade_canary", process, **options(trial))
    assert not task.failed and task.changed, task.printed
    assert [stop["host"] for stop in task.result["stops"]] == ["cmp03", "cmp01", "cmp01", "cmp02"]
    assert trial.canaries == [] and not trial.cloud.world.hosts["cmp01"].enabled


def test_check_mode_tries_nothing(tmp_path: Path, process: str) -> None:
    trial = Trial(tmp_path)
    trial.cloud.forget_requests()
    task = run_task(trial.cloud, "os_upgrade_canary", process, check=True, **options(trial))
    assert not task.failed and task.result["stops"] == [] and trial.cloud.writes == [], task.printed


def test_what_nova_says_is_printable_and_hides_secrets(tmp_path: Path, process: str) -> None:
    trial = Trial(tmp_path)
    trial.cloud.nova.builds.refusing["cmp01"] = "\x1b[2Jrefused to \u202eadmins-secret"
    task = run_task(trial.cloud, "os_upgrade_canary", process, **options(trial))
    assert task.failed and "it is in ERROR on cmp01" in task.result["msg"]
    assert not [text for text in ("\x1b", "\u202e", "admins-secret") if text in task.printed]


def test_a_host_whose_turn_it_is_not_is_refused(tmp_path: Path, process: str) -> None:
    trial = Trial(tmp_path)
    trial.cloud.forget_requests()
    task = run_task(trial.cloud, "os_upgrade_canary", process, **options(trial, host="cmp03"))
    assert task.failed and "has not come, or is over" in task.result["msg"] and trial.cloud.writes == []


def test_an_older_nova_and_a_user_without_rights_are_told_in_one_sentence(tmp_path: Path, process: str) -> None:
    trial = Trial(tmp_path)
    trial.cloud.nova.newest = (2, 73)
    task = run_task(trial.cloud, "os_upgrade_canary", process, **options(trial))
    assert task.failed and "needs microversion 2.74 of the compute API" in task.result["msg"]
    trial = Trial(tmp_path / "demo")
    task = run_task(trial.cloud, "os_upgrade_canary", process, user="demo", **options(trial))
    assert task.failed and "403" in task.result["msg"] and trial.cloud.world.hosts["cmp01"].reason


def test_preflight_looks_for_image_flavor_and_network(tmp_path: Path, process: str) -> None:
    trial = Trial(tmp_path)
    trial.maintain("stopped")
    pool: dict[str, Any] = {
        "aggregate": "nvme",
        "directory": str(tmp_path),
        "inventory": dict.fromkeys(trial.cloud.world.hosts, ""),
    }
    fine = run_task(trial.cloud, "os_upgrade_preflight", process, **pool, canary=CANARY)
    assert not fine.failed, fine.printed
    missing = {**CANARY, "image": "none", "flavor": "large", "network": "none such"}
    task = run_task(trial.cloud, "os_upgrade_preflight", process, **pool, canary=missing)
    assert task.failed and task.result["msg"].startswith("The roll cannot start; nothing was touched.")
    for what in ("image 'none'", "flavor 'large'", "network 'none such'"):
        assert f"There is no {what} for rolling_upgrade_canary" in task.result["msg"]


def test_a_tag_of_a_canary_fits() -> None:
    """Nova takes tags of up to 60 characters."""
    assert len(TAG) <= 60
