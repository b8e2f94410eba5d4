# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What ``make collection`` installed from the tarball works where there is nothing else: no checkout, no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.collection.repository import COLLECTION, INVENTORIES, MODULES, ROLES, ROOT
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.loopback import served

INSTALLED = ROOT / "build" / "collection" / "installed"
DEADLINE = 120.0  # seconds for one run
UPGRADE = [{"name": "Upgrade it", "ansible.builtin.debug": {"msg": "upgraded"}}]


class Site:
    """An operator's folder, with a cloud called ``production`` and two hosts that Ansible reaches."""

    def __init__(self, folder: Path, cloud: FakeCloud) -> None:
        self.folder = folder
        self.write("clouds.yaml", {"clouds": {"production": {"auth": cloud.auth()}}})
        self.write("upgrade.yml", UPGRADE)
        self.write("pools.yml", [{"name": "nvme", "hosts": ["cmp01", "cmp02"]}])
        hosts = {
            f"compute-{number}": {"nova_host": f"cmp0{number}", "ansible_connection": "local"} for number in (1, 2)
        }
        self.write("inventory.yml", {"all": {"hosts": hosts}})
        self.write("pool.os_aggregate_hosts.yml", {"plugin": f"{COLLECTION}.os_aggregate_hosts", "cloud": "production"})

    def write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(yaml.safe_dump(content))

    def run(self, program: str, *arguments: str, **environment: str) -> str:
        """Run a program of Ansible's that finds no collection but what was installed; return what it prints."""
        command = [str(Path(sys.executable).parent / program), *arguments]
        alone = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ANSIBLE_COLLECTIONS_PATH": str(INSTALLED),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        }
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env={**alone, **environment},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with served("cmp01", "cmp02") as cloud:
        yield cloud


@pytest.fixture
def site(tmp_path: Path, cloud: FakeCloud) -> Site:
    return Site(tmp_path, cloud)


@pytest.mark.parametrize(("kind", "names"), [("module", MODULES), ("inventory", INVENTORIES), ("role", ROLES)])
def test_all_that_the_checkout_has_is_documented_there(site: Site, kind: str, names: list[str]) -> None:
    listed = json.loads(site.run("ansible-doc", "--type", kind, "--list", "--json", COLLECTION))
    assert set(listed) == {f"{COLLECTION}.{name}" for name in names}


@pytest.mark.parametrize("environment", [{}, {"LC_MESSAGES": "C"}], ids=["in the worker", "in a process"])
def test_module_works_through_both_doors(site: Site, cloud: FakeCloud, environment: dict[str, str]) -> None:
    declared = {"cloud": "production", "name": "nvme", "hosts": ["cmp01"]}
    task = {"name": "Declare it", f"{COLLECTION}.os_aggregate": declared, "environment": environment}
    site.write("play.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}])
    site.run("ansible-playbook", "play.yml")
    assert [(aggregate.name, aggregate.hosts) for aggregate in cloud.world.aggregates.values()] == [("nvme", ["cmp01"])]


def test_inventory_plugin_works(site: Site) -> None:
    listed = json.loads(site.run("ansible-inventory", "-i", "pool.os_aggregate_hosts.yml", "--list"))
    assert sorted(listed["_meta"]["hostvars"]) == ["cmp01", "cmp02"]


def test_playbooks_and_roles_work(site: Site, cloud: FakeCloud) -> None:
    declared = ["-e", "aggregates_cloud=production", "-e", f"aggregates_file={site.folder}/pools.yml"]
    site.run("ansible-playbook", f"{COLLECTION}.apply_aggregates", *declared)
    assert [(aggregate.name, sorted(aggregate.hosts)) for aggregate in cloud.world.aggregates.values()] == [
        ("nvme", ["cmp01", "cmp02"])
    ]
    roll = ["-e", "rolling_upgrade_cloud=production", "-e", "rolling_upgrade_aggregate=nvme"]
    roll += ["-e", "rolling_upgrade_check_machines=false"]  # all are this machine
    roll += ["-e", "rolling_upgrade_tasks=upgrade.yml", "-i", "inventory.yml", "--check"]
    printed = site.run("ansible-playbook", f"{COLLECTION}.rolling_upgrade", *roll)
    assert "total: 2 hosts, " in printed


def test_an_execution_environment_learns_what_it_needs(site: Site) -> None:
    told = yaml.safe_load(site.run("ansible-builder", "introspect", str(INSTALLED)))
    # PyYAML too, but ansible-builder leaves out what ansible-core itself needs.
    assert {line.split("#")[0].strip() for line in told["python"]} == {
        "keystoneauth1 >= 5.0.0",
        "requests >= 2.28.0",
    }
    assert told["system"] == []
