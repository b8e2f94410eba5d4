# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The playbook plan_upgrade, run by ansible-playbook on the fake cloud: shows and saves the plan, changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._ansible.options import CLOUD_OPTIONS

from tests.unit.collection.repository import ROOT, load, options
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.loopback import served

HOSTILE = "{{ 6 * 7 }} \x1b[2J"


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with served("cmp01", "cmp02", "cmp03") as cloud:
        cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03")
        cloud.boot(HOSTILE, "cmp01")
        cloud.boot("odd", "cmp02", "suspended")
        yield cloud


def run(cloud: FakeCloud, folder: Path, *arguments: str, **variables: object) -> subprocess.CompletedProcess[str]:
    given = {f"plan_upgrade_{key}": value for key, value in variables.items()}
    (folder / "variables.json").write_text(json.dumps({"plan_upgrade_cloud": {"auth": cloud.auth()}, **given}))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "stackops.aggregates.plan_upgrade"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }
    return subprocess.run(
        [*command, "-e", "@variables.json", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
def test_the_plan_is_shown_and_saved(cloud: FakeCloud, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = run(cloud, tmp_path, *arguments, aggregate="nvme", save="plan.json", max_unavailable="50%")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for line in (
        "0:00:00 cmp03 in nova",
        "live {{ 6 * 7 }} \\\\x1b[2J -> cmp0",
        "BLOCKED cmp02: server odd",
        "total: 2 hosts, 1 server, 2 moves (at least 2 needed), about 31 min",
    ):
        assert line in ended.stdout
    assert "\x1b" not in ended.stdout
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert not plan["possible"] and plan["totals"]["moves"] == 2
    moves = [move for turn in plan["turns"] for move in turn["moves"]]
    assert [move["name"] for move in moves] == [HOSTILE.replace("\x1b", "\\x1b")]
    assert (tmp_path / "plan.json").stat().st_mode & 0o777 == 0o600
    assert cloud.writes == []


def test_what_is_refused_is_an_error(cloud: FakeCloud, tmp_path: Path) -> None:
    ended = run(cloud, tmp_path, aggregate="none")
    assert ended.returncode == 2 and "There is no aggregate 'none'" in ended.stdout + ended.stderr


def test_every_option_of_the_module_has_its_variable() -> None:
    (play,) = load(Path("playbooks", "plan_upgrade.yml"))
    given = play["tasks"][0]["stackops.aggregates.os_upgrade_plan"]
    names = (options("os_upgrade_plan").keys() - CLOUD_OPTIONS.keys()) | {"cloud"}
    assert given == {name: f"{{{{ plan_upgrade_{name} | default(omit) }}}}" for name in names}
