# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The playbooks export_aggregates and apply_aggregates, run by ansible-playbook on the fake cloud: their files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.collection.repository import ROOT
from tests.unit.fake.loopback import served


def run(folder: Path, playbook: str, **variables: object) -> None:
    (folder / "variables.json").write_text(json.dumps({f"aggregates_{key}": value for key, value in variables.items()}))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), f"stackops.aggregates.{playbook}_aggregates"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }
    ended = subprocess.run(
        [*command, "-e", "@variables.json"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_files_are_relative_to_where_ansible_was_started_or_in_the_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with served("cmp01", "cmp02") as cloud:
        cloud.aggregate("nvme", "cmp01", tier="{{ 6 * 7 }}")
        given = {"cloud": {"auth": cloud.auth()}}
        run(tmp_path, "export", export_file="exported.yml", **given)
        exported = (tmp_path / "exported.yml").read_text()
        (tmp_path / "home" / "wanted.yml").write_text(exported.replace("cmp01", "cmp02"))
        run(tmp_path, "apply", file="~/wanted.yml", purge_hosts=True, **given)
        assert cloud.world.aggregates[1].hosts == ["cmp02"]
        assert cloud.world.aggregates[1].metadata == {"tier": "{{ 6 * 7 }}"}
