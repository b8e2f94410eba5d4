# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The role rolling_upgrade without Ansible's plays: what its tasks give to the modules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).resolve().parents[3] / "roles" / "rolling_upgrade"
COLLECTION = "stackops.aggregates"
OWNER = "ops@bastion"


class Role:
    """The role in its plays.

    :param inventory: the variables of the hosts in the inventory, by their names there.
    :param variables: all other variables, and facts.
    """

    def __init__(self, inventory: dict[str, dict[str, Any]], **variables: Any) -> None:
        self._loader = DataLoader()
        self._hostvars: dict[str, dict[str, Any]] = {**inventory, "localhost": {}}
        self._variables = {
            **self._load("defaults/main.yml"),
            **self._load("vars/main.yml"),
            "groups": {"all": list(inventory)},
            "hostvars": self._hostvars,
            "playbook_dir": "/playbooks",
            "ansible_play_hosts": ["localhost", *inventory],
            "rolling_upgrade_owner": OWNER,
            "rolling_upgrade_tasks": str(ROLE / "tasks" / "heartbeat.yml"),
            **variables,
        }

    def on(self, host: str) -> None:
        """Let the next tasks be of this host."""
        self._variables.update(self._hostvars[host], inventory_hostname=host)

    def register(self, name: str, value: Any) -> None:
        """Set ``__rolling_upgrade_<name>``, on the controller where the task is of no host."""
        variable = f"__rolling_upgrade_{name}"
        self._hostvars[self._variables.get("inventory_hostname", "localhost")][variable] = value
        self._variables[variable] = value

    def variable(self, name: str) -> Any:
        """The value of ``__rolling_upgrade_<name>``."""
        return self._template(trust_as_template(f"{{{{ __rolling_upgrade_{name} }}}}"))

    def arguments(self, file: str, module: str, number: int = 0) -> dict[str, Any]:
        """What a task of a file gives to a module of the collection, with the defaults of the role.

        :param number: of the task, among those with this module.
        """
        name = f"{COLLECTION}.{module}"
        task = [task for task in self._tasks(file) if name in task][number]
        defaults = next(task["module_defaults"] for task in self._tasks("main.yml") if "module_defaults" in task)
        own = {key: self._template(value) for key, value in task.get("vars", {}).items()}
        given = {
            **(defaults.get(name, {}) if file not in ("preflight.yml", "plan.yml", "end.yml") else {}),
            **task[name],
        }
        return dict(self._template(given, own))

    def _tasks(self, file: str) -> Iterator[dict[str, Any]]:
        yield from _flat(self._load(f"tasks/{file}"))

    def _load(self, path: str) -> Any:
        return self._loader.load_from_file(str(ROLE / path), trusted_as_template=True)

    def _template(self, value: Any, more: dict[str, Any] | None = None) -> Any:
        return Templar(loader=self._loader, variables={**self._variables, **(more or {})}).template(value)


def _flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each task, also those in blocks."""
    for task in tasks:
        yield task
        yield from _flat(task.get("block", []))
