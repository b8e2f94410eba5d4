# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The tasks in examples, roles, playbooks and scenarios call what exists, and hide no failure."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from collection.repository import COLLECTION, MODULES, actions, load, options, task_files, tasks, text

SHIPPED = [path for path in task_files() if path.parts[0] != "extensions"]


def undocumented(arguments: Any, documented: Mapping[str, Any]) -> list[str]:
    """Return the arguments, at any depth, that no documentation names."""
    names = dict(documented)
    for option in documented.values():
        names |= dict.fromkeys(option.get("aliases", []), option)
    found = []
    for name, value in arguments.items():
        if name not in names:
            found.append(name)
        elif suboptions := names[name].get("suboptions"):
            for entry in value if isinstance(value, list) else [value]:
                if isinstance(entry, Mapping):
                    found += [f"{name}.{part}" for part in undocumented(entry, suboptions)]
    return found


def faults(entries: Any, where: str) -> list[str]:
    """Return what is wrong with the modules that the tasks call."""
    found = []
    for action in actions(entries, where):
        module = action.module.split(".")[-1]
        if action.module == f"{COLLECTION}.{module}" and module in MODULES:
            wrong = undocumented(action.arguments or {}, options(module))
            found += [f"{action.where}: {action.module} has no option {name}" for name in wrong]
        elif action.module == f"ansible.builtin.{module}":
            if not importlib.util.find_spec(f"ansible.modules.{module}"):
                found.append(f"{action.where}: there is no module {action.module}")
        else:
            found.append(f"{action.where}: {action.module} is neither ours nor in ansible.builtin")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_examples_call_what_is_documented(module: str) -> None:
    examples = text(f"modules/{module}.py", "EXAMPLES")
    assert f"{COLLECTION}.{module}" in [action.module for action in actions(examples, module)]
    assert faults(examples, module) == []


@pytest.mark.parametrize("path", task_files(), ids=str)
def test_tasks_call_what_is_documented(path: Path) -> None:
    assert faults(load(path), str(path)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_every_rescue_fails_in_the_end(path: Path) -> None:
    for block in tasks(load(path)):
        if "rescue" in block:
            last = block["rescue"][-1]
            assert "ansible.builtin.fail" in last and "when" not in last, f"{path}: a rescue hides the failure"


@pytest.mark.parametrize("path", task_files(), ids=str)
def test_no_failure_is_ignored(path: Path) -> None:
    for entry in [*tasks(load(path)), *(play for play in load(path) if "hosts" in play)]:
        for key in ("ignore_errors", "ignore_unreachable"):
            assert key not in entry, f"{path}: {entry.get('name')} must not say {key}"
        assert entry.get("failed_when") is not False, f"{path}: {entry.get('name')} can never fail"
