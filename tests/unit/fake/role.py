# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The role rolling_upgrade without Ansible's plays: what its variables hold, and what its tasks give to the modules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).resolve().parents[3] / "roles" / "rolling_upgrade"
COLLECTION = "stackops.aggregates"
OWNER = "ops@bastion"


class Role:
    """The role in a play.

    :param inventory: the variables of the hosts that the play uses, by their names in the inventory.
    :param hosts: the compute hosts, as os_host_info returns them.
    :param without: variables that are not set although they have a default.
    :param variables: all other variables, facts and registered results.
    """

    def __init__(
        self,
        inventory: dict[str, Any],
        hosts: list[dict[str, Any]],
        without: Collection[str] = (),
        **variables: Any,
    ) -> None:
        self._loader = DataLoader()
        self._variables = {
            **self._load("defaults/main.yml"),
            **self._load("vars/main.yml"),
            "ansible_play_hosts_all": list(inventory),
            "ansible_play_hosts": list(inventory),
            "hostvars": inventory,
            "__rolling_upgrade_hosts": {"hosts": hosts},
            "rolling_upgrade_owner": OWNER,
            "rolling_upgrade_tasks": str(ROLE / "tasks" / "main.yml"),
            **variables,
        }
        for name in without:
            self._variables.pop(name, None)

    def set(self, **variables: Any) -> None:
        self._variables.update(variables)

    def variable(self, name: str) -> Any:
        """The value of ``__rolling_upgrade_<name>``."""
        return self._template(trust_as_template(f"{{{{ __rolling_upgrade_{name} }}}}"))

    def set_facts(self, file: str) -> None:
        """Set the facts that the tasks of a file set, without their conditions."""
        for task in self._tasks(file):
            if "ansible.builtin.set_fact" in task and "when" not in task:
                self._variables.update(self._template(task["ansible.builtin.set_fact"]))

    def arguments(self, file: str, module: str, number: int = 0) -> dict[str, Any]:
        """What a task of a file gives to a module of the collection, with the defaults of the role.

        :param number: of the task, among those with this module.
        """
        name = f"{COLLECTION}.{module}"
        task = [task for task in self._tasks(file) if name in task][number]
        defaults = next(task["module_defaults"] for task in self._tasks("main.yml") if "module_defaults" in task)
        return dict(self._template({**defaults.get(name, {}), **task[name]}))

    def _tasks(self, file: str) -> Iterator[dict[str, Any]]:
        yield from _flat(self._load(f"tasks/{file}"))

    def _load(self, path: str) -> Any:
        return self._loader.load_from_file(str(ROLE / path), trusted_as_template=True)

    def _template(self, value: Any) -> Any:
        return Templar(loader=self._loader, variables=self._variables).template(value)


def _flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each task, also those in blocks."""
    for task in tasks:
        yield task
        yield from _flat(task.get("block", []))
