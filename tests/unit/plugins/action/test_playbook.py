# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A play by ansible-playbook itself, on the fake cloud: where each task is executed, and its result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.collection.repository import COLLECTION, ROOT
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.loopback import served

INVENTORY = """
localhost ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"
cmp01 ansible_host=192.0.2.1
"""
NAMES = ["nvme", "gone"]
DEADLINE = 60.0  # seconds for a play, and for a process to end
MODULE_PROCESS = {"environment": {"LC_MESSAGES": "C"}}  # makes Ansible start a module process for a task


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with served("cmp01", "cmp02") as cloud:
        cloud.aggregate("nvme", "cmp01", tier="{{ 6 * 7 }}")
        yield cloud


class Play:
    """One play in a folder of its own; the fact ``kept`` can be read after it.

    :param started: the directory in which Ansible is started, if not that folder.
    """

    def __init__(self, folder: Path, tasks: list[dict[str, Any]], started: Path | None = None, **keywords: Any) -> None:
        self._folder, self._started = folder, started or folder
        tasks = [{f"{COLLECTION}.{key}" if key.startswith("os_") else key: task[key] for key in task} for task in tasks]
        kept = {"content": "{{ kept | to_json }}", "dest": str(folder / "kept.json")}
        keep = {"name": "keep", "ansible.builtin.copy": kept, "delegate_to": "localhost", "when": "kept is defined"}
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [*tasks, keep], **keywords}
        (folder / "play.yml").write_text(yaml.safe_dump([play]))
        (folder / "inventory").write_text(INVENTORY)
        ansible = str(Path(sys.executable).parent / "ansible-playbook")
        self.command = [ansible, "-vvv", "-i", str(folder / "inventory"), str(folder / "play.yml")]
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ANSIBLE_ASYNC_DIR": str(folder / "async"),
            "ANSIBLE_REMOTE_TMP": str(folder / "tmp"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
        }

    def start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command, cwd=self._started, env=self.environment, stdout=pipe, stderr=pipe, text=True
        )

    def run(self) -> str:
        """Play it to its end and return what it printed."""
        process = self.start()
        output, errors = process.communicate(timeout=DEADLINE)
        assert process.returncode == 0, output + errors
        assert "errantly" not in errors
        return output

    @property
    def kept(self) -> Any:
        return json.loads((self._folder / "kept.json").read_text())


def processes(output: str) -> dict[str, str]:
    """Return where each task was executed, by its name; an empty text for a module of Ansible's own."""
    processes = {}
    for part in output.split("\nTASK [")[1:]:
        worker = "in Ansible's worker" in part
        process = "Using module file " in part and "/aggregates/plugins/modules/" in part
        processes[part.partition("]")[0]] = " and ".join(["worker"] * worker + ["module"] * process)
    return processes


def test_the_worker_and_a_module_process_have_the_same_results(cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.boot("{{ lookup('pipe', 'touch evil') }}", "cmp01")
    options = {"name": "nvme", "metadata": {"since": "{{ since }}"}}
    check = {"os_aggregate": options, "check_mode": True, "diff": True}
    everything = "{{ {'here': here, 'there': there, 'server': server, 'looped': looped} }}"
    play = Play(
        tmp_path,
        [
            {"name": "here", **check, "register": "here"},
            {"name": "there", **check, "register": "there", **MODULE_PROCESS},
            {"name": "hosts", "os_host_info": {}, "register": "listed"},
            {
                "name": "looped",
                "os_aggregate_info": {"name": "{{ item }}"},
                "loop": ["nvme", "x"],
                "register": "looped",
            },
            {"name": "short", "action": "os_aggregate_info", "collections": [COLLECTION]},
            {"name": "async", "os_aggregate_info": {}, "async": 60, "poll": 1},
            {"set_fact": {"server": "{{ listed.hosts[0].servers[0].name }}"}},
            {"set_fact": {"kept": everything}},
        ],
        vars={"since": "2026-11-21", "auth": cloud.auth()},
        module_defaults={
            f"group/{COLLECTION}.all": {"auth": "{{ auth }}"},
            f"{COLLECTION}.os_host_info": {"servers": True},  # no other module has this option
        },
    )
    assert processes(play.run()) == {
        **dict.fromkeys(("here", "hosts", "looped", "short"), "worker"),
        **dict.fromkeys(("there", "async"), "module"),
        **dict.fromkeys(("set_fact", "keep"), ""),
    }
    kept = play.kept
    assert kept["here"] == kept["there"] and kept["here"]["changed"]
    assert kept["here"]["aggregate"]["metadata"] == {"since": "2026-11-21", "tier": "{{ 6 * 7 }}"}
    assert kept["server"] == "{{ lookup('pipe', 'touch evil') }}" and not (tmp_path / "evil").exists()
    assert [len(result["aggregates"]) for result in kept["looped"]["results"]] == [1, 0]
    assert cloud.writes == []


def test_delegated_tasks_fail_alike_and_are_tried_again(cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.faults.plant(status(403), "os-aggregates", "GET", at=3)  # the first two are those that fail
    auth = {"auth": cloud.auth()}
    gone = {"os_aggregate_host": {"aggregate": "gone", "hosts": ["cmp01"], **auth}, "ignore_errors": True}
    grow = {"os_aggregate_host": {"aggregate": "nvme", "hosts": ["cmp02"], **auth}}
    again = {"register": "again", "until": "again is success", "retries": 2, "delay": 0}
    play = Play(
        tmp_path,
        [
            {"name": "here", **gone, "register": "here", "delegate_to": "localhost"},
            {"name": "there", **gone, "register": "there", "delegate_to": "localhost", **MODULE_PROCESS},
            {"name": "again", **grow, **again, "delegate_to": "localhost"},
            {"set_fact": {"kept": "{{ {'here': here, 'there': there, 'again': again} }}"}},
        ],
        hosts="cmp01",
    )
    assert processes(play.run()) == {"here": "worker", "there": "module", "again": "worker", "set_fact": "", "keep": ""}
    kept = play.kept
    assert kept["here"] == kept["there"] and kept["here"]["failed"] and "'gone'" in kept["here"]["msg"]
    assert kept["again"]["changed"] and kept["again"]["attempts"] == 2
    assert len(cloud.writes) == 1


def test_both_find_the_clouds_yaml_and_the_files_of_where_ansible_was_started(cloud: FakeCloud, tmp_path: Path) -> None:
    """And not those of the folder of the playbook, in which Ansible starts a module process."""
    book, started = tmp_path / "book", tmp_path / "started"
    for folder in (book, started):
        folder.mkdir()
    (started / "ca.pem").touch()
    for folder, auth in ((started, cloud.auth()), (book, {"auth_url": "http://127.0.0.1:1/v3"})):
        clouds = {"clouds": {"one": {"auth": auth, "cacert": "ca.pem"}}}
        (folder / "clouds.yaml").write_text(json.dumps(clouds))
    listing = {"os_aggregate_info": {"cloud": "one", "client_cert": "ca.pem"}}
    asked = {"host": "cmp01", "place": "cmp01", "begun": False, "done": False}
    opening: dict[str, Any] = {
        "state": "opened",
        "aggregate": "nvme",
        "cloud": "one",
        "directory": "rolls",
        "asked": [asked],
    }
    opening |= {"answers": {"cmp01": {"needed": True}}, "check_machines": False}
    record = f"{{{{ opened.roll.folder | relpath('{started}') }}}}"
    closing = {"state": "closed", "cloud": "one", "folder": record, "session": "{{ opened.roll.session }}"}
    play = Play(
        book,
        [
            {"name": "here", **listing, "register": "here"},
            {"name": "there", **listing, "register": "there", **MODULE_PROCESS},
            {"name": "async", **listing, "async": 60, "poll": 1},
            {"name": "open", "os_upgrade_roll": opening, "register": "opened"},
            {"name": "close", "os_upgrade_roll": closing, "register": "closed", **MODULE_PROCESS},
            {"set_fact": {"kept": "{{ {'here': here, 'there': there, 'opened': opened, 'closed': closed} }}"}},
        ],
        started,
    )
    assert processes(play.run()) == {
        **{"here": "worker", "there": "module", "async": "module", "open": "worker", "close": "module"},
        **dict.fromkeys(("set_fact", "keep"), ""),
    }
    kept = play.kept
    assert kept["here"] == kept["there"] and len(kept["here"]["aggregates"]) == 1
    assert kept["opened"]["roll"]["folder"].startswith(f"{started}/rolls/") and not kept["closed"]["failed"]


def test_the_worker_of_a_killed_ansible_writes_no_more(cloud: FakeCloud, tmp_path: Path) -> None:
    asked, killed = threading.Event(), threading.Event()

    def wait(_request: object) -> None:
        asked.set()
        killed.wait(DEADLINE)

    cloud.faults.plant(wait, "os-aggregates", "GET")
    process = Play(tmp_path, [{"os_aggregate": {"name": "gpu", "auth": cloud.auth()}}]).start()
    try:
        assert asked.wait(DEADLINE)
        (worker,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed.set()
        process.communicate()  # until the worker, which holds the pipes too, is gone
    ends = time.monotonic() + DEADLINE
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < ends, "the worker goes on"
        time.sleep(0.05)
    assert [str(request) for request in cloud.asked()] == ["GET compute /v2.1/os-aggregates"]
