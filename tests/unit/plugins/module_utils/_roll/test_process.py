# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The process that runs a roll, from wherever its tasks run."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import process as _process
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.process import (
    ansible_process,
    is_running,
    started_by,
)

ROOT = Path(__file__).resolve().parents[5]
PLUGINS = "ansible_collections.stackops.aggregates.plugins"
# What a program named ansible-playbook does: it forks a worker, which starts module processes, or is asked itself.
ANSIBLE = """
import multiprocessing, os, subprocess, sys, time
sys.path[:0] = {path!r}

def ask(out):
    from {plugins}.module_utils._roll.process import ansible_process
    import json
    with open(out + ".draft", "w") as file:
        json.dump(ansible_process(), file)
    os.rename(out + ".draft", out)

def worker(kind, out):
    if kind == "worker":
        ask(out)
    elif kind == "module":
        subprocess.run(["/bin/sh", "-c", f"{{sys.executable}} {{module}} {{out}}; true"], check=True)
    elif kind == "nested":
        subprocess.run([sys.executable, sys.argv[0], "module", out], check=True)
    elif kind == "orphan":
        while os.getppid() == multiprocessing.parent_process().pid:
            time.sleep(0.01)
        ask(out)

module = os.path.join(os.path.dirname(sys.argv[0]), "AnsiballZ.py")
if __name__ == "__main__":
    worker_process = multiprocessing.get_context("fork").Process(target=worker, args=sys.argv[1:3])
    worker_process.start()
    print(os.getpid(), flush=True)
    if sys.argv[1] == "orphan":
        os._exit(0)
    worker_process.join()
    sys.stdin.read()
"""
MODULE = """
import sys
sys.path[:0] = {path!r}
import json
from {plugins}.module_utils._roll.process import ansible_process
with open(sys.argv[1], "w") as file:
    json.dump(ansible_process(), file)
"""


class Playbook:
    """A program that looks like ansible-playbook, and what one of its tasks takes for its main process."""

    def __init__(self, folder: Path, kind: str) -> None:
        names = {"path": [str(ROOT / "build" / "collections")], "plugins": PLUGINS}
        for name, text in (("ansible-playbook", ANSIBLE), ("AnsiballZ.py", MODULE)):
            (folder / name).write_text(text.format(**names))
        self._out = folder / "answer.json"
        self._process = subprocess.Popen(
            [sys.executable, str(folder / "ansible-playbook"), kind, str(self._out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.pid = int(self._process.stdout.readline())

    def answer(self) -> dict[str, Any]:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if self._out.exists() and (text := self._out.read_text()):
                return dict(json.loads(text))
            time.sleep(0.02)
        raise TimeoutError("no answer")

    def end(self) -> None:
        self._process.communicate()


@pytest.mark.parametrize("kind", ["worker", "module"])
def test_every_task_names_the_main_process(tmp_path: Path, kind: str) -> None:
    """In its worker, and in a module process that the worker started through a shell."""
    playbook = Playbook(tmp_path, kind)
    found = playbook.answer()
    assert found["pid"] == playbook.pid and found["started"]
    assert is_running(found) and not started_by(found)
    playbook.end()
    assert not is_running(found)


def test_in_a_container_ansible_may_be_process_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its modules are children of a shell, and that of a worker with the command line of Ansible."""
    parents = {30: 20, 20: 1, 1: 0}
    ran = {30: b"/bin/sh", 20: b"python3\0/usr/bin/ansible-playbook", 1: b"python3\0/usr/bin/ansible-playbook"}
    monkeypatch.setattr(os, "getppid", lambda: 30)
    monkeypatch.setattr(_process, "_look_at", lambda pid: _process._Process(parents[pid], "7"))
    monkeypatch.setattr(_process, "_command", ran.__getitem__)
    assert ansible_process() == {"pid": 1, "started": "7"}


def test_of_two_ansibles_the_inner_one_runs_the_task(tmp_path: Path) -> None:
    """A playbook may be a task of another."""
    outer = Playbook(tmp_path, "nested")
    found = outer.answer()
    assert found["pid"] not in (outer.pid, 0)
    assert b"\0module\0" in Path(f"/proc/{found['pid']}/cmdline").read_bytes()
    outer.end()


def test_an_orphan_takes_nobody_else_for_its_main_process(tmp_path: Path) -> None:
    """What takes in orphans runs as long as the machine: no run of the roll would ever be let in again.

    Nor for one that runs although it ended: its own parent has not asked yet how.
    """
    playbook = Playbook(tmp_path, "orphan")
    found = playbook.answer()
    assert found["pid"] == playbook.pid and not is_running(found)
    playbook.end()


def test_without_ansible_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_process, "_command", lambda _pid: b"/usr/bin/python3\0-m\0pytest\0")
    assert ansible_process() == {"pid": 0, "started": ""} and not is_running(ansible_process())
    assert started_by(ansible_process()) and not started_by({"pid": os.getpid(), "started": "1"})


@pytest.mark.parametrize(
    "command",
    [
        "/usr/bin/python3 /usr/bin/ansible-playbook site.yml",
        "ansible-playbook site.yml",
        "/venv/bin/python -m ansible playbook site.yml",
    ],
)
def test_ansible_is_known_by_its_name(command: str) -> None:
    assert _process._is_ansible(command.replace(" ", "\0").encode())


@pytest.mark.parametrize("command", ["", "/bin/sh -c ansible-playbook", "timeout 60 nice -n 5 ansible-playbook"])
def test_what_only_starts_it_is_not_ansible(command: str) -> None:
    first, _between, rest = command.partition(" -c ")
    assert not _process._is_ansible("\0".join([*first.split(), *(["-c", f"{rest} site.yml"] if rest else [])]).encode())


def test_a_process_runs_until_it_ends() -> None:
    parent = _process._look_at(os.getppid())
    assert parent
    own = {"pid": os.getppid(), "started": parent.started}
    assert is_running(own) and not is_running({**own, "started": "another"}) and not is_running({**own, "started": ""})
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    process.communicate()
    assert not is_running({"pid": process.pid, "started": "1"})


def test_where_there_is_no_proc_nothing_is_known_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_process, "Path", lambda _path: Path("/nowhere"))
    assert not is_running({"pid": os.getpid(), "started": "1"}) and ansible_process()["started"] == ""


def test_a_worker_is_told_by_python_who_forked_it() -> None:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    worker = context.Process(target=lambda: answers.put(ansible_process()))
    worker.start()
    assert answers.get(timeout=30)["pid"] == os.getpid()
    worker.join()
