# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_upgrade_report: what it reads, what it asks, what it writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import TurnLoad

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.past_roll import STEPS, PastRoll, this_process
from tests.unit.fake.task import Task, run_task


@pytest.fixture
def past_roll(tmp_path: Path) -> PastRoll:
    roll = PastRoll(hosts=3)
    roll.event(roll.end, "closed")
    roll.write(tmp_path)
    return roll


def write_samples(roll: PastRoll, folder: Path, torn: str = "") -> None:
    lines = [json.dumps(sample) for sample in roll.samples()]
    (folder / "probe.jsonl").write_text("\n".join([*lines[:40], torn, *lines[40:], '{"at": 17']))


def reported(cloud: FakeCloud, folder: Path, **more: Any) -> Task:
    task = run_task(cloud, "os_upgrade_report", folder=str(folder), **more)
    assert not task.failed, task.printed
    return task


def test_both_files_are_written_beside_the_record(past_roll: PastRoll, tmp_path: Path) -> None:
    write_samples(past_roll, tmp_path, torn='{"at": 1')
    task = reported(FakeCloud(), tmp_path)
    assert (task.result["json"], task.result["html"]) == (f"{tmp_path}/report.json", f"{tmp_path}/report.html")
    whole = json.loads((tmp_path / "report.json").read_text())
    assert task.result["report"]["totals"] == whole["totals"] and whole["roll"]["outcome"] == "done"
    assert whole["probe"]["samples"] == len([*past_roll.samples()])
    assert "guests" not in task.result["report"]["probe"] and len(whole["probe"]["guests"]) == 12
    assert "Rolling upgrade of nvme" in (tmp_path / "report.html").read_text()
    assert sorted(os.listdir(tmp_path)) == ["probe.jsonl", "record.jsonl", "report.html", "report.json"]


def test_in_check_mode_nothing_is_written(past_roll: PastRoll, tmp_path: Path) -> None:
    assert reported(FakeCloud(), tmp_path, check=True).changed
    assert os.listdir(tmp_path) == ["record.jsonl"]


def move_during_roll(cloud: FakeCloud, folder: Path, planned: bool) -> None:
    """A server of cmp01 moves while a roll goes on that planned just that, or knows nothing of it."""
    cloud.aggregate("nvme", "cmp01", "cmp02")
    server = cloud.boot("web", "cmp01").id
    roll = PastRoll(hosts=0)
    now = cloud.clock.utc().timestamp()
    moves = [{"server": server, "name": "web", "target": "cmp02"}] if planned else []
    roll.events[0].update(at=now, hosts=["cmp01"], ahead=0, process=this_process())
    roll.events[0]["foreseen"] = {"cmp01": [TurnLoad(), 0, 0]}
    roll.event(now, "begun", host="cmp01", moves=moves, steps=STEPS, forecast={})
    roll.write(folder)
    assert run_task(cloud, "os_host_maintenance", host="cmp01", state="started").changed
    cloud.forget_requests()


@pytest.mark.parametrize("planned", [True, False], ids=["as planned", "otherwise"])
def test_moves_are_asked_of_nova_and_servers_only_when_a_name_is_not_known(planned: bool, tmp_path: Path) -> None:
    cloud = FakeCloud()
    move_during_roll(cloud, tmp_path, planned)
    assert reported(cloud, tmp_path).result["report"]["roll"]["outcome"] == "under way"
    (move,) = json.loads((tmp_path / "report.json").read_text())["moves"]
    assert (move["name"], move["target"], move["outcome"], move["planned"]) == ("web", "cmp02", "done", planned)
    asked = [request.path for request in cloud.requests if "/tokens" not in request.path]
    names = [] if planned else ["/servers/detail"]
    assert [path.removeprefix("/v2.1") for path in asked] == ["/os-migrations", "/os-hypervisors/detail", *names]


def test_a_roll_whose_process_is_gone_was_interrupted(past_roll: PastRoll, tmp_path: Path) -> None:
    past_roll.events.pop()
    past_roll.write(tmp_path)
    assert reported(FakeCloud(), tmp_path).result["report"]["roll"]["outcome"] == "interrupted"


def test_a_folder_without_a_record_is_refused(tmp_path: Path) -> None:
    task = run_task(FakeCloud(), "os_upgrade_report", folder=str(tmp_path))
    assert task.failed and "There is no record of a roll in" in task.result["msg"]


def test_a_folder_that_cannot_be_written_to_is_named(past_roll: PastRoll, tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    task = run_task(FakeCloud(), "os_upgrade_report", folder=str(tmp_path))
    assert task.failed and f"{tmp_path}/report.json cannot be written" in task.result["msg"]
    assert sorted(os.listdir(tmp_path)) == ["record.jsonl", "report.json"]
