# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Read the files of tasks that a turn includes, and find what would break the window.

Hosts go through their turns side by side (strategy ``host_pinned``). There Ansible ends the whole play at a task that
is not for a single host, and a host that leaves the play in the middle of its turn tells nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
_BLOCKS = ("block", "rescue", "always")


def problems_of_files(paths: Iterable[str]) -> list[str]:
    """Return what is wrong with files of tasks and what they include by name, a sentence each."""
    problems: list[str] = []
    seen: set[Path] = set()
    for path in paths:
        problems += _problems_of_file(Path(path), seen)
    return problems


def _problems_of_file(path: Path, seen: set[Path]) -> Iterator[str]:
    if path in seen:
        return
    seen.add(path)
    try:
        tasks = yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())
    except (OSError, UnicodeDecodeError) as error:
        yield f"The file of tasks {path} cannot be read ({error}): correct the path."
        return
    except yaml.YAMLError as error:
        yield f"The file of tasks {path} is no YAML ({' '.join(str(error).split())}): correct it."
        return
    if not isinstance(tasks, list):
        yield f"The file of tasks {path} holds no list of tasks: correct it."
        return
    for task in _flat(tasks):
        yield from _problems_of_task(task, path)
        for included in _included(task, path.parent):
            yield from _problems_of_file(included, seen)


def _flat(tasks: Any) -> Iterator[Mapping[str, Any]]:
    """Yield each task, also those in blocks."""
    for task in tasks if isinstance(tasks, list) else ():
        if isinstance(task, Mapping):
            yield task
            for key in _BLOCKS:
                yield from _flat(task.get(key))


def _problems_of_task(task: Mapping[str, Any], path: Path) -> Iterator[str]:
    name = task.get("name") or "without a name"
    for short, instead in _INSTEAD.items():
        if _argument(task, short) is not None:
            yield f"The task {name!r} in {path} uses {short}, which ends the turns of all hosts: {instead}."
    meta = _argument(task, "meta")
    if str(meta).startswith("end_"):
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
