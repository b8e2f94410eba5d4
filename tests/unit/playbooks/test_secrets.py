# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Secrets are in nothing that a playbook prints or leaves behind, and what is private is for its user alone.

They are planted where operators have them: in the option ``cloud``, in ``clouds.yaml``, in tasks that say ``no_log``.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.collection.repository import COLLECTION, ROOT
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.loopback import served
from tests.unit.playbooks.test_hostile_text import CHECK, INVENTORY, passing_time

PASSWORD, HIDDEN = "correct-horse-battery", "staple-of-the-task"
SILENT = f"""
- name: Ask
  ansible.builtin.fail:
    msg: {HIDDEN} of {{{{ rolling_upgrade_guest.name }}}}
  when: rolling_upgrade_guest.name != 'calm'  # a probe that nobody answers cannot work
  no_log: true
"""
FAILING = f"""
- name: Hide it
  ansible.builtin.command: "false {HIDDEN}"
  no_log: true
"""
WORKING = f"""
- name: Hide it
  ansible.builtin.command: "true {HIDDEN}"
  no_log: true
  changed_when: false
"""


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with served("cmp01", "cmp02", "cmp03") as cloud, passing_time(cloud):
        cloud.keystone.users["admin"] = replace(cloud.keystone.users["admin"], password=PASSWORD)
        cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03")
        cloud.boot("web", "cmp01")
        cloud.boot("calm", "cmp03")
        yield cloud


def play(cloud: FakeCloud, folder: Path, playbook: str, given: Mapping[str, Any], named: bool) -> tuple[int, str]:
    """Run a playbook with its folder as home, and return its exit status and what it printed.

    :param named: whether the cloud is one of ``clouds.yaml``, and else all of it an option.
    """
    told = folder / "told"  # where the operator has the secrets
    told.mkdir()
    (told / "clouds.yaml").write_text(json.dumps({"clouds": {"prod": {"auth": cloud.auth()}}, "cache": {"auth": True}}))
    (told / "inventory").write_text(INVENTORY)
    for name, tasks in {"failing": FAILING, "working": WORKING, "check": CHECK, "silent": SILENT}.items():
        (told / f"{name}.yml").write_text(tasks)
    variables = {**given, "rolling_upgrade_cloud": "prod" if named else {"auth": cloud.auth()}}
    (told / "variables.json").write_text(json.dumps(variables))
    program = str(Path(sys.executable).parent / "ansible-playbook")
    ended = subprocess.run(
        [program, "-vvv", "--diff", "-i", "inventory", "-e", "@variables.json", f"{COLLECTION}.{playbook}"],
        cwd=told,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "OS_CLIENT_CONFIG_FILE": str(told / "clouds.yaml"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def left_behind(folder: Path) -> dict[str, Path]:
    """Every file below the home but what the operator put there, by its name."""
    files = [path for path in folder.rglob("*") if path.is_file() and folder / "told" not in path.parents]
    return {path.name: path for path in files}


def check(folder: Path, printed: str, token: str) -> dict[str, Path]:
    """Look for the secrets in what was printed and left behind."""
    files = left_behind(folder)
    for secret in (PASSWORD, HIDDEN, token):
        assert secret not in printed
        kept = {name for name, path in files.items() if secret.encode() in path.read_bytes()}
        # The cache of tokens holds a token; nothing else does.
        assert not {name for name in kept if not (secret == token and re.fullmatch("[0-9a-f]{32}.json", name))}, secret
    return files


def is_private(path: Path) -> bool:
    return not stat.S_IMODE(path.stat().st_mode) & 0o077


@pytest.mark.parametrize("upgrade, named", [("working", False), ("failing", True)])
def test_a_roll(cloud: FakeCloud, tmp_path: Path, upgrade: str, named: bool) -> None:
    given = {
        "rolling_upgrade_aggregate": "nvme",
        "rolling_upgrade_owner": "me",
        "rolling_upgrade_directory": str(tmp_path / "rolls"),
        "rolling_upgrade_tasks": f"{upgrade}.yml",
        "rolling_upgrade_check_machines": False,  # all are this machine
        "rolling_upgrade_probe_tasks": "silent.yml",
    }
    code, printed = play(cloud, tmp_path, "rolling_upgrade", given, named)
    assert code == (0 if upgrade == "working" else 2), printed
    # Ansible itself quotes a failed task in probe.log, also one that says no_log (seen with 2.19 and 2.21).
    log = left_behind(tmp_path)["probe.log"]
    log.write_text(re.sub(r"\[ERROR\].*?\n\n", "", log.read_text(), flags=re.DOTALL))
    files = check(tmp_path, printed, next(iter(cloud.keystone._tokens)))
    assert {"record.jsonl", "probe.jsonl", "probe.log", "report.json", "report.html"} <= set(files)
    assert "probe.json" not in files
    assert all(is_private(files[name]) for name in ("record.jsonl", "probe.jsonl", "probe.log"))
    assert is_private(files["record.jsonl"].parent)
    for path in files.values():
        if re.fullmatch("[0-9a-f]{32}.json", path.name):
            assert is_private(path) and is_private(path.parent)
    said = files["record.jsonl"].read_text() + files["probe.jsonl"].read_text()
    assert "says no_log" in said and ("it has no_log" in said) is (upgrade == "failing")
