# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Read the files of tasks that a turn includes, and find what would break the window.

Hosts go through their turns side by side (strategy ``host_pinned``). There Ansible ends the whole play at a task that
is not for a single host, and a host that leaves the play in the middle of its turn tells nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:  # every module says what is missing, and nothing here is used
    yaml = None  # type: ignore[assignment]

_INSTEAD = {
    "pause": "wait with ansible.builtin.wait_for and its timeout",
    "add_host": "add the hosts before the roll",
}
_INCLUDES = ("include_tasks", "import_tasks")
_ROLES = ("include_role", "import_role")
_BLOCKS = ("block", "rescue", "always")


def problems_of_files(paths: Iterable[str], roles_path: Sequence[str] = ()) -> list[str]:
    """Return what is wrong with files of tasks and what they include by name, a sentence each.

    :param roles_path: the folders in which Ansible finds roles.
    """
    problems: list[str] = []
    files, seen = [(Path(path), False) for path in paths], set()
    while files:
        path, of_role = files.pop(0)
        if path not in seen:
            seen.add(path)
            tasks, unreadable = _read(path)
            problems += [unreadable] if unreadable else []
            for task in _flat(tasks):
                problems += _problems_of_task(task, path, of_role)
                files += [(included, of_role) for included in _included(task, path.parent)]
                files += [(included, True) for included in _included_roles(task, roles_path)]
    return problems


def _read(path: Path) -> tuple[list[Any], str]:
    """Return the tasks of a file; where it holds none a sentence that says so."""
    try:
        tasks = yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())
    except (OSError, UnicodeDecodeError) as error:
        return [], f"The file of tasks {path} cannot be read ({error}): correct the path."
    except yaml.YAMLError as error:
        return [], f"The file of tasks {path} is no YAML ({' '.join(str(error).split())}): correct it."
    if not isinstance(tasks, list):
        return [], f"The file of tasks {path} holds no list of tasks: correct it."
    return tasks, ""


def _flat(tasks: Any) -> Iterator[Mapping[str, Any]]:
    """Yield each task, also those in blocks."""
    for task in tasks if isinstance(tasks, list) else ():
        if isinstance(task, Mapping):
            yield task
            for key in _BLOCKS:
                yield from _flat(task.get(key))


def _problems_of_task(task: Mapping[str, Any], path: Path, of_role: bool) -> Iterator[str]:
    """:param of_role: whether the file is of a role that is included, which may end itself."""
    name = task.get("name") or "without a name"
    for short, instead in _INSTEAD.items():
        if _argument(task, short) is not None:
            yield f"The task {name!r} in {path} uses {short}, which ends the turns of all hosts: {instead}."
    meta = _argument(task, "meta")
    if str(meta).startswith("end_") and not (of_role and meta == "end_role"):
        yield (
            f"The task {name!r} in {path} is 'meta: {meta}', which would leave a host in the middle of its turn: "
            "let the task that follows have a condition."
        )
    if task.get("run_once") not in (None, False):
        yield (
            f"The task {name!r} in {path} has run_once, which does not hold where each host has a turn of its own: "
            "do it before the roll."
        )


def _included(task: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """Yield the files that a task includes, as far as their names are no templates and the files are there."""
    for short in _INCLUDES:
        argument = _argument(task, short)
        named = argument.get("file") if isinstance(argument, Mapping) else argument
        if isinstance(named, str) and "{{" not in named and (path := folder / named).is_file():
            yield path


def _included_roles(task: Mapping[str, Any], roles_path: Sequence[str]) -> Iterator[Path]:
    """Yield the files of a role that a task includes, as far as its name is no template and the role is there."""
    for short in _ROLES:
        argument = _argument(task, short)
        if isinstance(argument, Mapping):
            files = (f"tasks/{argument.get('tasks_from', 'main')}", f"handlers/{argument.get('handlers_from', 'main')}")
            folders = [folder for base in roles_path if (folder := Path(base, str(argument.get("name")))).is_dir()]
            named = [folders[0] / f"{file.removesuffix('.yml')}.yml" for file in files if folders]
            yield from (path for path in named if path.is_file())


def _argument(task: Mapping[str, Any], short: str) -> Any:
    """Return what a task gives to a builtin action, by either of its names; None where it is another action."""
    for name in (short, f"ansible.builtin.{short}", f"ansible.legacy.{short}"):
        if name in task:
            return task[name] if task[name] is not None else ""
    return None


def _loader() -> type:
    """Return a loader that takes Ansible's own tags, such as !unsafe and !vault, for plain text."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, suffix, node: loader.construct_yaml_str(node))
    return Loader
