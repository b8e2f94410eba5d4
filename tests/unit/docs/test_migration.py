# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The migration guide is right: each of its tasks works, and makes the aggregate that the page is about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from collection.repository import COLLECTION, MODULES, ROOT, actions
from fake.cloud import FakeCloud
from fake.task import Task, run_task

PAGE = (ROOT / "docs" / "docsite" / "rst" / "migration_guide.rst").read_text()
SECTIONS = dict(re.findall(r"^(.+)\n-{4,}\n((?:(?!.+\n-{4,}\n).*\n)*)", PAGE, re.MULTILINE))


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """It is called ``production``, as on the page."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    clouds = {"clouds": {"production": {"auth": cloud.auth()}}}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    monkeypatch.chdir(tmp_path)
    return cloud


def tasks(section: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the tasks of a section, by module and options."""
    blocks = re.findall(r"^\.\. code-block:: yaml\+jinja\n\n((?:(?: {4}.*)?\n)+)", SECTIONS[section], re.MULTILINE)
    calls = [action for block in blocks for action in actions(yaml.safe_load(block), section)]
    return [(action.module.removeprefix(f"{COLLECTION}."), action.arguments) for action in calls]


def run(cloud: FakeCloud, module: str, options: dict[str, Any]) -> Task:
    task = run_task(cloud, module, **options)
    assert not task.failed, task.result["msg"]
    return task


def aggregates(cloud: FakeCloud) -> dict[str, Any]:
    return {
        entry.name: (entry.zone, sorted(entry.hosts), dict(entry.metadata)) for entry in cloud.world.aggregates.values()
    }


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_declares_the_same_aggregate_and_goes_on_from_there(cloud: FakeCloud, section: str) -> None:
    first, *others = tasks(section)
    run(cloud, *first)
    whole = {"availability_zone": "az1", "ssd": "true"}
    assert aggregates(cloud) == {"nvme": ("az1", ["cmp01", "cmp02"], whole)}
    for module, options in others:
        before = aggregates(cloud)
        assert run(cloud, module, options).changed and aggregates(cloud) != before
        assert not run(cloud, module, options).changed


def test_the_commands_end_with_the_zone_alone(cloud: FakeCloud) -> None:
    for module, options in tasks("From the openstack and nova commands"):
        run(cloud, module, options)
    assert aggregates(cloud) == {"nvme": ("az1", ["cmp01"], {"availability_zone": "az1"})}


def test_the_tables_name_modules_that_exist() -> None:
    assert set(re.findall(r"`(os_\w+)`", PAGE)) <= set(MODULES)
