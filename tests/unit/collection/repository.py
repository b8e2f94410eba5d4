# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Read the checkout: its files, the documentation in its modules, and the tasks in its YAML."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = "stackops.aggregates"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
INVENTORIES = sorted(path.stem for path in (ROOT / "plugins" / "inventory").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").glob("*") if path.is_dir())
# Ansible's own list. Its Python stays unimported here, for that would put its collection loader into every other test.
KEYWORDS = set(yaml.safe_load(resources.files("ansible").joinpath("keyword_desc.yml").read_text()))


class Loader(yaml.SafeLoader):
    """YAML in which a tag of Ansible's, such as ``!unsafe``, means the text that it stands before."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: loader.construct_scalar(node))


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, also one that is not added to git yet, relative to the checkout."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return tuple(Path(name) for name in sorted(filter(None, listed)) if (ROOT / name).is_file())


def load(path: Path) -> Any:
    """Return what a YAML file of Ansible's holds."""
    return yaml.load((ROOT / path).read_text(), Loader)


@cache
def text(plugin: str, name: str) -> Any:
    """Return what the YAML text ``name`` of a file in plugins holds, ``EXAMPLES`` for instance; nothing is imported."""
    for node in ast.walk(ast.parse((ROOT / "plugins" / plugin).read_text())):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return yaml.load(ast.literal_eval(node.value), Loader)
    raise LookupError(f"plugins/{plugin} holds no {name}: write it")


def fragments(plugin: str, folder: str = "modules") -> list[str]:
    """Return the documentation fragments that a module or another plugin extends."""
    extended = text(f"{folder}/{plugin}.py", "DOCUMENTATION").get("extends_documentation_fragment", [])
    return [extended] if isinstance(extended, str) else extended


def options(module: str) -> dict[str, Any]:
    """Return all options of one of our modules, those from our fragments among them."""
    documented = dict(text(f"modules/{module}.py", "DOCUMENTATION").get("options", {}))
    for fragment in fragments(module):
        file, *part = fragment.removeprefix(f"{COLLECTION}.").split(".")
        documented |= text(f"doc_fragments/{file}.py", part[0].upper() if part else "DOCUMENTATION").get("options", {})
    return documented


@dataclass(frozen=True)
class Action:
    """One task: where it is, the module that it calls, the arguments, and the whole task."""

    where: str
    module: str
    arguments: Any
    task: dict[str, Any]


def tasks(entries: Any) -> Iterator[dict[str, Any]]:
    """Yield each task and block in a list of plays, tasks and blocks, at any depth."""
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        if "hosts" not in entry:
            yield entry
        for key in ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from tasks(entry.get(key))


def actions(entries: Any, where: str) -> Iterator[Action]:
    """Yield each task that calls a module; one that calls none or several is an error."""
    for task in tasks(entries):
        called = [key for key in task if key not in KEYWORDS and not key.startswith("with_")]
        if "block" in task:
            continue
        assert len(called) == 1, f"{where}: a task must call one module, this one has the keys {sorted(task)}"
        yield Action(f"{where}: {task.get('name', called[0])}", called[0], task[called[0]], task)


def undocumented(arguments: Any, documented: Mapping[str, Any]) -> list[str]:
    """Return the arguments, at any depth, that no documentation names."""
    names = dict(documented)
    for option in documented.values():
        names |= dict.fromkeys(option.get("aliases", []), option)
    unknown = []
    for name, value in arguments.items():
        if name not in names:
            unknown.append(name)
        elif suboptions := names[name].get("suboptions"):
            for entry in value if isinstance(value, list) else [value]:
                if isinstance(entry, Mapping):
                    unknown += [f"{name}.{part}" for part in undocumented(entry, suboptions)]
    return unknown


def task_faults(entries: Any, where: str) -> list[str]:
    """Return what is wrong with the modules that the tasks call."""
    faults = []
    for action in actions(entries, where):
        module = action.module.split(".")[-1]
        if action.module == f"{COLLECTION}.{module}" and module in MODULES:
            wrong = undocumented(action.arguments or {}, options(module))
            faults += [f"{action.where}: {action.module} has no option {name}" for name in wrong]
        elif action.module == f"ansible.builtin.{module}":
            if not importlib.util.find_spec(f"ansible.modules.{module}"):
                faults.append(f"{action.where}: there is no module {action.module}")
        else:
            faults.append(f"{action.where}: {action.module} is neither ours nor in ansible.builtin")
    return faults


def task_files() -> list[Path]:
    """Return the files that hold the tasks and plays of our roles, playbooks and scenarios: lists, not settings."""
    folders = ("roles", "playbooks", "extensions")
    paths = [path for path in files() if path.suffix == ".yml" and path.parts[0] in folders]
    return [path for path in paths if isinstance(load(path), list)]
