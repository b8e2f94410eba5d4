# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Each playbook, and with it each role, by ansible-playbook on a cloud whose texts attack the terminal.

Whatever Ansible prints of it is looked through, at its usual verbosity and at a high one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._text import LIMIT

from tests.unit.collection.repository import COLLECTION, ROOT
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.hostile import ATTACK, EVIL, make_hostile, unprintable
from tests.unit.fake.loopback import served

HOSTS = ("cmp01", "cmp02", "cmp03")
INVENTORY = """
[all:vars]
ansible_connection=local
ansible_python_interpreter="{{ ansible_playbook_python }}"
[hosts]
cmp01
cmp02
cmp03
"""
UPGRADE = """
- name: Upgrade
  ansible.builtin.debug:
    msg: "{{ rolling_upgrade_host }} is upgraded"
"""
CHECK = """
- name: Ask
  ansible.builtin.fail:
    msg: "{{ rolling_upgrade_guest.name }} is silent"
  when: "'calm' not in rolling_upgrade_guest.name"  # a probe that nobody answers cannot work
"""
VERBOSITY = {"usual": (), "high": ("-vvv", "--diff")}
SHOWN = "\\u202e"  # what is shown of an attack
ESCAPED = "\\\\u202e"  # and what JSON makes of it


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with served(*HOSTS) as cloud, passing_time(cloud):
        cloud.aggregate("nvme", *HOSTS, note="x")
        cloud.boot("web", "cmp01")
        cloud.boot("db", "cmp02", "stopped")
        cloud.boot("calm", "cmp03")
        make_hostile(cloud)
        yield cloud


@contextmanager
def passing_time(cloud: FakeCloud) -> Iterator[None]:
    """Let the cloud work while another process waits for it."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            with cloud._lock:
                cloud.clock.sleep(1.0)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


class Player:
    """Runs playbooks of the collection in a folder of its own, and looks through what they print."""

    def __init__(self, cloud: FakeCloud, folder: Path, options: tuple[str, ...]) -> None:
        self.folder, self._cloud, self._options = folder, cloud, options
        (folder / "inventory").write_text(INVENTORY)
        (folder / "upgrade.yml").write_text(UPGRADE)
        (folder / "check.yml").write_text(CHECK)
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        }

    def run(self, playbook: str, prefix: str, returns: int = 0, **variables: object) -> str:
        """Run a playbook, and return what it printed.

        :param prefix: of its variables.
        :param returns: its exit status.
        """
        given = {f"{prefix}_{key}": value for key, value in variables.items()}
        given[f"{prefix}_cloud"] = {"auth": self._cloud.auth()}
        (self.folder / "variables.json").write_text(json.dumps(given))
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory", "-e", "@variables.json"]
        ended = subprocess.run(
            [*command, *self._options, f"{COLLECTION}.{playbook}"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            check=False,
        )
        printed = (ended.stdout + ended.stderr).decode(errors="surrogateescape")
        assert not unprintable(printed, allowed="\n"), printed
        if not self._options:
            assert "A" * (LIMIT + 1) not in printed
        assert not [*self.folder.rglob("evil")]
        assert ended.returncode == returns, printed
        return printed


@pytest.fixture(params=list(VERBOSITY.values()), ids=list(VERBOSITY))
def player(request: pytest.FixtureRequest, cloud: FakeCloud, tmp_path: Path) -> Player:
    return Player(cloud, tmp_path, request.param)


def test_plan_upgrade(player: Player) -> None:
    printed = player.run("plan_upgrade", "plan_upgrade", aggregate="1", save="plan.json")
    assert ESCAPED in printed and EVIL in printed
    assert not unprintable((player.folder / "plan.json").read_text(), allowed="\n")


def test_export_and_apply_aggregates(player: Player) -> None:
    file = player.folder / "aggregates.yml"
    player.run("export_aggregates", "aggregates", export_file=str(file))
    assert not unprintable(file.read_text(), allowed="\n")
    player.run("apply_aggregates", "aggregates", returns=2, file=str(file))  # for names of thousands of characters


def test_start_and_stop_maintenance(player: Player) -> None:
    player.run("start_maintenance", "host_maintenance", hosts="cmp01", aggregate="1", owner="me")
    player.run("stop_maintenance", "host_maintenance", hosts="cmp01", owner="me")


def test_a_refusal_of_the_cloud(player: Player, cloud: FakeCloud) -> None:
    refuse = status(409, {"conflictingRequest": {"message": "No."}}, x_openstack_request_id="req-1")
    cloud.faults.plant(refuse, "os-services", "PUT", times=10_000)
    printed = player.run(
        "start_maintenance", "host_maintenance", returns=2, hosts="cmp01", aggregate="1", owner="me", timeout=5
    )
    assert SHOWN in printed and "\\x1b[2J" in printed  # of the message, and of the request's id


def test_what_is_in_the_way_of_a_roll(player: Player, cloud: FakeCloud) -> None:
    first, second = (cloud.world.hosts[name] for name in ("cmp01", "cmp02"))
    first.enabled = second.enabled = False
    first.reason, second.reason = "broken", f"stackops:{ATTACK[:100]}:20261121T100000Z:migrate {ATTACK[:100]}"
    printed = player.run(
        "rolling_upgrade", "rolling_upgrade", returns=2, aggregate="1", tasks="upgrade.yml", owner="me"
    )
    assert "cmp01 (broken\\x1b[2J" in printed and "nothing was touched" in printed


def test_rolling_upgrade(player: Player) -> None:
    printed = player.run(
        "rolling_upgrade",
        "rolling_upgrade",
        aggregate="1",
        tasks="upgrade.yml",
        owner="me",
        directory="rolls",
        probe_tasks="check.yml",
        check_machines=False,  # all are this machine
    )
    assert "3 of 3 hosts done, 0 failed" in printed
    (page,) = player.folder.rglob("report.html")
    # The page may hold what isolates a name that is written from right to left.
    assert not unprintable(page.read_text(), allowed="\n\u2068\u2069") and SHOWN in page.read_text()
    for name in ("record.jsonl", "probe.jsonl", "report.json", "probe.log"):
        (file,) = player.folder.rglob(name)
        assert not unprintable(file.read_text(), allowed="\n"), name


def test_probe_guests(player: Player) -> None:
    printed = player.run("probe_guests", "rolling_upgrade", returns=2, aggregate="1", probe_tasks="check.yml")
    assert ESCAPED in printed and "is silent" in printed
