# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The inventory as ansible-inventory and ansible-playbook make it of the fake cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.collection.repository import COLLECTION, ROOT
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.hostile import ATTACK, make_hostile, unprintable
from tests.unit.fake.loopback import served

PLUGIN = f"{COLLECTION}.os_aggregate_hosts"
EVIL = "{{ lookup('pipe', 'touch evil') }}"
DEADLINE = 60.0  # seconds for one run


class Inventory:
    """A file for the plugin, in a folder of its own, and the programs that read it."""

    def __init__(self, folder: Path, fake: FakeCloud, **settings: Any) -> None:
        self.folder = folder
        self._auth = fake.auth()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ANSIBLE_INVENTORY": str(folder / "pool.os_aggregate_hosts.yml"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        }
        self.write(**settings)

    def write(self, **settings: Any) -> None:
        known = {"plugin": PLUGIN, "auth": self._auth, **settings}
        (self.folder / "pool.os_aggregate_hosts.yml").write_text(yaml.safe_dump(known))

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of Ansible's programs; those that need an inventory take this one."""
        command = [str(Path(sys.executable).parent / program), *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    def read(self, *arguments: str) -> dict[str, Any]:
        """Return what ansible-inventory prints; any warning is an error."""
        done = self.run("ansible-inventory", "--list", *arguments)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return json.loads(done.stdout, object_hook=_plain)


def _plain(value: dict[str, Any]) -> Any:
    """Return the text of the dictionary with which ansible-inventory marks a text that is no template."""
    return value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else value


def members(read: dict[str, Any]) -> dict[str, list[str]]:
    return {name: group["hosts"] for name, group in read.items() if group.get("hosts")}


def test_hosts_are_grouped_and_shown_whole(cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.boot("web", "cmp01")
    cloud.world.hosts["cmp02"].enabled = False
    read = Inventory(
        tmp_path,
        cloud,
        strict=True,
        compose={"ansible_host": "nova_hypervisor.host_ip", "ansible_user": "'ops'"},
        keyed_groups=[{"key": "nova_aggregate_metadata.tier | default([])", "prefix": "tier"}],
        groups={"empty": "nova_hypervisor.servers_count == 0"},
    ).read()
    assert members(read) == {
        "aggregate_nvme": ["cmp01", "cmp02"],
        "availability_zone_az1": ["cmp01", "cmp02"],
        "availability_zone_nova": ["cmp03"],
        "service_enabled": ["cmp01", "cmp03"],
        "service_disabled": ["cmp02"],
        "service_up": ["cmp01", "cmp02", "cmp03"],
        "tier_gold": ["cmp01", "cmp02"],
        "empty": ["cmp02", "cmp03"],
    }
    host = cloud.world.hosts["cmp01"]
    assert read["_meta"]["hostvars"]["cmp01"] == {
        "ansible_host": "192.0.2.1",
        "ansible_user": "ops",
        "nova_host": "cmp01",
        "nova_availability_zone": "az1",
        "nova_service": {
            "id": host.service_id,
            "binary": "nova-compute",
            "status": "enabled",
            "state": "up",
            "disabled_reason": None,
            "forced_down": False,
            "updated_at": "2026-11-21T10:00:00.000000",
        },
        "nova_hypervisor": {
            "id": host.provider,
            "name": "cmp01",
            "type": "fake",
            "version": 8000000,
            "host_ip": "192.0.2.1",
            "servers_count": 1,
        },
        "nova_aggregates": [
            {
                "id": 1,
                "uuid": cloud.world.aggregates[1].uuid,
                "name": "nvme",
                "availability_zone": "az1",
                "metadata": {"tier": "gold"},
            }
        ],
        "nova_aggregate_metadata": {"tier": ["gold"]},
    }
    assert cloud.writes == []


def test_a_thousand_hosts_take_six_requests_at_most(tmp_path: Path) -> None:
    names = [f"cmp{number:04}" for number in range(1000)]
    with served(*names) as cloud:
        cloud.aggregate("nvme", *names, tier="gold")
        cloud.aggregate("gpu", *names[::2])
        cloud.boot("web", "cmp0007")
        read = Inventory(tmp_path, cloud).read()
        assert len(read["_meta"]["hostvars"]) == 1000 and len(read["aggregate_gpu"]["hosts"]) == 500
        assert len(cloud.requests) == 4, [str(request) for request in cloud.requests]


@pytest.mark.parametrize("cached", [False, True])
def test_what_the_cloud_answers_is_never_a_template(cloud: FakeCloud, tmp_path: Path, cached: bool) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, EVIL
    cloud.aggregate(EVIL, "cmp01", zone=EVIL, note=EVIL, __ansible_type="TrustedAsTemplate", value=EVIL)
    inventory = Inventory(
        tmp_path,
        cloud,
        compose={
            "plain": "nova_aggregate_metadata.note[0]",
            "joined": "'{{ ' ~ 'nova_host' ~ ' }}'",
            "listed": "nova_aggregates | map(attribute='metadata.note', default='')",
            "reason": "nova_service.disabled_reason",
        },
        keyed_groups=[{"key": "nova_aggregate_metadata.note | default([])", "prefix": "note"}],
        groups={"evil": "nova_aggregate_metadata.note[0] == nova_service.disabled_reason"},
        **({"cache": True, "cache_plugin": "jsonfile", "cache_connection": "cache"} if cached else {}),
    )
    names = ("plain", "joined", "listed", "reason", "nova_aggregates", "nova_aggregate_metadata", "nova_service")
    content = "{{ {" + ", ".join(f"'{name}': {name}" for name in names) + ", 'groups': group_names} | to_json }}"
    copy = {"content": content, "dest": str(tmp_path / "kept.json")}
    task = {"ansible.builtin.copy": copy, "delegate_to": "localhost"}
    play = {"hosts": "cmp01", "gather_facts": False, "tasks": [task]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    for _run in range(2):
        (tmp_path / "kept.json").unlink(missing_ok=True)
        done = inventory.run("ansible-playbook", "play.yml")
        assert done.returncode == 0, done.stdout + done.stderr
        kept = json.loads((tmp_path / "kept.json").read_text())
        assert kept["plain"] == kept["reason"] == kept["nova_service"]["disabled_reason"] == EVIL
        assert sorted(kept["listed"]) == ["", EVIL] and kept["nova_aggregate_metadata"]["note"] == [EVIL]
        assert kept["joined"] == "{{ nova_host }}"
        assert {"name": EVIL, "availability_zone": EVIL}.items() <= kept["nova_aggregates"][-1].items()
        assert "evil" in kept["groups"] and "note____lookup__pipe____touch_evil_____" in kept["groups"]
        assert not list(tmp_path.rglob("evil"))
    assert len(cloud.asked()) == (3 if cached else 6)


def test_the_cache_asks_once_and_holds_no_secret(cloud: FakeCloud, tmp_path: Path) -> None:
    caching = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": "cache"}
    inventory = Inventory(tmp_path, cloud, **caching)
    first = inventory.read()
    cloud.world.hosts["cmp03"].enabled = False
    assert inventory.read() == first and len(cloud.requests) == 4
    (file,) = (tmp_path / "cache").iterdir()
    assert "cmp03" in file.read_text() and "admins-secret" not in file.read_text() + file.name

    inventory.write(**caching, aggregates=["nvme"])  # the filters are no part of what is cached
    assert list(inventory.read()["_meta"]["hostvars"]) == ["cmp01", "cmp02"] and len(cloud.requests) == 4

    inventory.write(**caching, region_name="RegionTwo")  # another place has a cache of its own
    assert inventory.read()["service_disabled"]["hosts"] == ["cmp03"] and len(cloud.requests) == 8

    inventory.write(**caching)
    assert inventory.read("--flush-cache")["service_disabled"]["hosts"] == ["cmp03"]


def test_options_may_be_templates_and_encrypted(cloud: FakeCloud, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("of the vault")
    auth = cloud.auth()
    inventory = Inventory(tmp_path, cloud, auth={**auth, "password": "{{ lookup('env', 'SECRET') }}"})
    inventory.environment |= {"SECRET": auth["password"], "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "key")}
    done = inventory.run("ansible-vault", "encrypt_string", auth["project_name"])
    assert done.returncode == 0, done.stderr
    path = tmp_path / "pool.os_aggregate_hosts.yml"
    project = f"project_name: {auth['project_name']}\n"
    assert project in path.read_text()
    path.write_text(path.read_text().replace(project, f"project_name: {done.stdout}\n"))
    assert len(inventory.read()["_meta"]["hostvars"]) == 3


@pytest.mark.parametrize("output", [["--list"], ["--list", "--yaml"], ["--graph", "--vars"]], ids="-".join)
@pytest.mark.parametrize("hosts", [False, True], ids=["texts", "hosts"])
def test_no_text_of_the_cloud_does_anything_to_the_terminal(
    cloud: FakeCloud, tmp_path: Path, hosts: bool, output: list[str]
) -> None:
    cloud.world.hosts["cmp01"].enabled = False
    cloud.world.hosts["cmp01"].reason = ATTACK
    make_hostile(cloud, hosts=hosts)
    inventory = Inventory(tmp_path, cloud, keyed_groups=[{"key": "nova_aggregate_metadata.tier", "prefix": "tier"}])
    command = [str(Path(sys.executable).parent / "ansible-inventory"), *output]
    done = subprocess.run(command, cwd=tmp_path, env=inventory.environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = (done.stdout + done.stderr).decode(errors="surrogateescape")
    assert not unprintable(printed, allowed="\n"), printed
    assert "\\u202e" in printed and not [*tmp_path.rglob("evil")]
