# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A playbook under way, and how it is killed.

All its processes carry a marker in their environment, so the whole tree is found in /proc, also where Ansible's workers
have sessions of their own and where the parents of a module's process are gone. What it runs on a compute host is on
another machine in the world outside, so it outlives the tree.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

MARKER = "SOAK_RUN"
ON_HOST = b"EMBEDDED_HOST="  # what the connection plugin sets for all that runs on a compute host


class Execution(Enum):
    """Where modules are executed: directly in Ansible's worker, or in a module process."""

    WORKER = "worker"
    MODULE = "module"


class Victim(Enum):
    """Which processes get the SIGKILL."""

    MAIN = "the main process"
    TREE = "the whole tree"  # of the controller


class Playbook:
    """One ``ansible-playbook``; what it prints goes to ``log``. Times are seconds.

    :param settings: environment variables.
    """

    def __init__(
        self, name: str, execution: Execution, log: Path, settings: Mapping[str, str], *extra_vars: str
    ) -> None:
        self.log = log
        self._mark = uuid.uuid4().hex
        command = ["ansible-playbook", f"stackops.aggregates.{name}"]
        command += [
            f"--extra-vars={variable}" for variable in (*extra_vars, *_other_python(execution, log.with_name("python")))
        ]
        env = os.environ | settings | {MARKER: self._mark, "ANSIBLE_FORCE_COLOR": "0"}
        with log.open("w", encoding="utf-8") as output:
            self._main = subprocess.Popen(command, env=env, stdout=output, stderr=output)

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end, for so long at most; False when it goes on."""
        try:
            self._main.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._main.poll()

    @property
    def failure(self) -> str:
        """What it says of its failure, in one line; empty when it says nothing."""
        messages = re.findall(r'^fatal: .*?"msg": "(.*?)(?<!\\)"', self.log.read_text(encoding="utf-8"), re.MULTILINE)
        return f": {messages[-1]}" if messages else ""

    @property
    def changed_nothing(self) -> bool:
        counts = re.findall(r" changed=(\d+) ", self.log.read_text(encoding="utf-8"))
        return bool(counts) and set(counts) == {"0"}

    def kill(self, victim: Victim) -> None:
        """Send SIGKILL, and return when the processes that got it are gone."""
        self._main.kill()
        self._main.wait()
        while victim is Victim.TREE and (left := list(self._controllers())):
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue

    def survivors(self) -> Iterator[int]:
        """The living processes of this run, those on compute hosts too."""
        return (pid for pid, _environment in self._living())

    def _controllers(self) -> Iterator[int]:
        return (pid for pid, environment in self._living() if ON_HOST not in environment)

    def _living(self) -> Iterator[tuple[int, bytes]]:
        """Each process of this run, and its environment."""
        for entry in Path("/proc").iterdir():
            try:
                environment = (entry / "environ").read_bytes() if entry.name.isdigit() else b""
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # ended, or another user's
            if f"{MARKER}={self._mark}".encode() in environment:
                yield int(entry.name), environment


def _other_python(execution: Execution, path: Path) -> list[str]:
    """The variable with a Python that is not Ansible's own, so that modules need a process; nothing for the worker."""
    if execution is Execution.WORKER:
        return []
    path.write_text(f'#!/bin/sh\nexec "{_python()}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return [f"ansible_python_interpreter={path}"]


def _python() -> str:
    """The Python beside ansible-playbook, which has what the modules need."""
    for folder in os.environ["PATH"].split(os.pathsep):
        if Path(folder, "ansible-playbook").exists():
            return str(Path(folder, "python"))
    sys.exit("There is no ansible-playbook in PATH: run this with `make soak` or `make kills`.")
