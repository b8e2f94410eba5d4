# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_upgrade_report: what it reads, what it asks, what it writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.process import holder
from fake.cloud import FakeCloud
from fake.rolled import Rolled
from fake.task import Task, run_task


@pytest.fixture
def rolled(tmp_path: Path) -> Rolled:
    rolled = Rolled(hosts=3)
    rolled.event(rolled.end, "closed")
    rolled.write(tmp_path)
    return rolled


def write_samples(rolled: Rolled, folder: Path, torn: str = "") -> None:
    lines = [json.dumps(one) for one in rolled.samples()]
    (folder / "probe.jsonl").write_text("\n".join([*lines[:40], torn, *lines[40:], '{"at": 17']))


def done(cloud: FakeCloud, folder: Path, **more: Any) -> Task:
    task = run_task(cloud, "os_upgrade_report", folder=str(folder), **more)
    assert not task.failed, task.printed
    return task


def test_both_files_are_written_beside_the_record(rolled: Rolled, tmp_path: Path) -> None:
    write_samples(rolled, tmp_path, torn='{"at": 1')
    task = done(FakeCloud(), tmp_path)
    assert (task.result["json"], task.result["html"]) == (f"{tmp_path}/report.json", f"{tmp_path}/report.html")
    whole = json.loads((tmp_path / "report.json").read_text())
    assert task.result["report"]["totals"] == whole["totals"] and whole["roll"]["outcome"] == "done"
    assert whole["probe"]["samples"] == len([*rolled.samples()])
    assert "guests" not in task.result["report"]["probe"] and len(whole["probe"]["guests"]) == 12
    assert "Rolling upgrade of nvme" in (tmp_path / "report.html").read_text()
    assert sorted(os.listdir(tmp_path)) == ["probe.jsonl", "record.jsonl", "report.html", "report.json"]


def test_in_check_mode_nothing_is_written(rolled: Rolled, tmp_path: Path) -> None:
    assert done(FakeCloud(), tmp_path, check=True).changed
    assert os.listdir(tmp_path) == ["record.jsonl"]


def moved(cloud: FakeCloud, folder: Path, planned: bool) -> None:
    """A server of cmp01 moves while a roll goes on that planned just that, or knows nothing of it."""
    cloud.aggregate("nvme", "cmp01", "cmp02")
    server = cloud.boot("web", "cmp01").id
    rolled = Rolled(hosts=0)
    now = cloud.clock.utc().timestamp()
    moves = [{"server": server, "name": "web", "source": "cmp01", "target": "cmp02"}] if planned else []
    rolled.events[0].update(at=now, hosts=["cmp01"], ahead=0, process=holder())
    rolled.event(now, "batch", hosts=["cmp01"], moves=moves, limited_by="")
    rolled.write(folder)
    assert run_task(cloud, "os_host_maintenance", host="cmp01", state="started").changed
    cloud.forget_requests()


@pytest.mark.parametrize("planned", [True, False], ids=["as planned", "otherwise"])
def test_moves_are_asked_of_nova_and_servers_only_when_a_name_is_not_known(planned: bool, tmp_path: Path) -> None:
    cloud = FakeCloud()
    moved(cloud, tmp_path, planned)
    assert done(cloud, tmp_path).result["report"]["roll"]["outcome"] == "under way"
    (move,) = json.loads((tmp_path / "report.json").read_text())["moves"]
    assert (move["name"], move["target"], move["outcome"], move["planned"]) == ("web", "cmp02", "done", planned)
    asked = [one.path for one in cloud.requests if "/tokens" not in one.path]
    assert [path.rpartition("/")[2] for path in asked] == ["os-migrations", *([] if planned else ["detail"])]


def test_a_roll_whose_process_is_gone_was_interrupted(rolled: Rolled, tmp_path: Path) -> None:
    rolled.events.pop()
    rolled.write(tmp_path)
    assert done(FakeCloud(), tmp_path).result["report"]["roll"]["outcome"] == "interrupted"


def test_a_folder_without_a_record_is_refused(tmp_path: Path) -> None:
    task = run_task(FakeCloud(), "os_upgrade_report", folder=str(tmp_path))
    assert task.failed and "There is no record of a roll in" in task.result["msg"]


def test_a_folder_that_cannot_be_written_to_is_named(rolled: Rolled, tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    task = run_task(FakeCloud(), "os_upgrade_report", folder=str(tmp_path))
    assert task.failed and f"{tmp_path}/report.json cannot be written" in task.result["msg"]
    assert sorted(os.listdir(tmp_path)) == ["record.jsonl", "report.json"]
