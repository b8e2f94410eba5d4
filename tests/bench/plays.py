# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Plays of many tasks of one kind by ansible-playbook, whose cost is that of a task and not that of Ansible's start.

Both sides run with the same Ansible, that of the environment the peers are installed into.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import peers
from tests.bench.processes import BenchError, Spent, measured

HERE = Path(__file__).resolve().parent
COLLECTIONS = HERE.parents[1] / "build" / "collections"
# Sends a task of ours through a module process, as a target other than the controller does.
AS_MODULE = {"environment": {"LC_MESSAGES": "C"}}
FEW, MANY = 5, 25

Task = Mapping[str, Any]


def ours(wanted: Mapping[str, Any]) -> Task:
    """Declare one aggregate exactly, with our module."""
    return {"stackops.aggregates.os_aggregate": {"cloud": "bench", **wanted, "purge_hosts": True}}


def ours_as_module(wanted: Mapping[str, Any]) -> Task:
    return {**ours(wanted), **AS_MODULE}


def theirs(wanted: Mapping[str, Any]) -> Task:
    """The same with the module of openstack.cloud."""
    return {"openstack.cloud.host_aggregate": {"cloud": "bench", **wanted, "state": "present"}}


def ours_all(wanted: Sequence[Mapping[str, Any]]) -> Task:
    """Declare many aggregates in one task, exactly."""
    purge = {"purge_hosts": True, "purge_metadata": True, "prune": True}
    return {"stackops.aggregates.os_aggregates": {"cloud": "bench", "aggregates": list(wanted), **purge}}


def empty(_wanted: Mapping[str, Any]) -> Task:
    """A module that does nothing."""
    return {"bench_nothing": {}, **AS_MODULE}


class Player:
    """Runs plays in a folder of its own, with an empty configuration and an empty home directory.

    :param configuration: the clouds.yaml to use.
    """

    def __init__(self, folder: Path, configuration: str = "clouds.yaml") -> None:
        self._folder = folder
        (folder / "ansible.cfg").touch()
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        self.environment = {
            **kept,
            "PATH": f"{peers.VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "OS_CLIENT_CONFIG_FILE": str(folder / configuration),
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_PYTHON_INTERPRETER": str(peers.VENV / "bin" / "python"),
            "ANSIBLE_LIBRARY": str(HERE / "library"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }

    def play(self, tasks: Sequence[Task]) -> tuple[Spent, list[dict[str, Any]]]:
        """Run these tasks; returns what all of it took, and each task's result."""
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": list(tasks)}
        (self._folder / "play.yml").write_text(json.dumps([play]))
        command = [str(peers.VENV / "bin" / "ansible-playbook"), "-i", "localhost,", "play.yml"]
        spent, printed = measured(command, self.environment, self._folder)
        document = json.loads(printed[printed.index("{") :])
        return spent, [result["hosts"]["localhost"] for result in document["plays"][0]["tasks"]]

    def each(
        self,
        task: Callable[[Any], Task],
        wanted: Sequence[Any],
        changed: bool = False,
        before: Callable[[], object] = bool,
    ) -> Spent:
        """What one task more takes: the slope between a play of few tasks and one of many.

        :param task: makes a task of one of ``wanted``.
        :param changed: whether each of them must change something, or none.
        :param before: called before each play.
        """
        spent = {}
        for number in (FEW, MANY):
            before()
            spent[number], results = self.play([task(declaration) for declaration in wanted[:number]])
            if any(bool(result["changed"]) is not changed for result in results):
                raise BenchError(f"A task did not do what is measured: {results[0]}")
        return (spent[MANY] - spent[FEW]).over(MANY - FEW)
