# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Who may import whom: deciders stay pure, the wire knows no Ansible, and only the edge knows it.

Each file of ``plugins/module_utils`` stands in exactly one room here. A new file fails until it has its room.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from collection.repository import ROOT

# What a room without input, output and clock may take from the standard library.
PURE = (
    "__future__ abc bisect collections contextlib dataclasses datetime email enum fnmatch functools heapq itertools"
    " json math operator re string textwrap typing uuid"
)
PLUGINS = "ansible_collections.stackops.aggregates.plugins"
UTILS = f"{PLUGINS}.module_utils"


@dataclass(frozen=True)
class Room:
    """The files of a room, the rooms whose files they may import, and the packages; each a text of names."""

    files: str
    rooms: str
    standard: str = " ".join(sys.stdlib_module_names)
    outside: str = ""


ROOMS = {
    "model": Room("_fleet _mark _plan", "model", standard=PURE),
    "decide": Room(
        "_aggregates _custody _departures _drain _host_upgrade _hosts _images _inventory _leavers _moves _nova_rules"
        " _order _planned _planner _probe _progress _record _report _roll _stuck _targets _turns _vacancies _window"
        " _wishes",
        "model decide",
        standard=PURE,
    ),
    "clouds": Room("_clouds", "", outside="yaml"),
    "client": Room("_client _tokens", "clouds client", outside="keystoneauth1 requests"),
    "services": Room("_glance _nova _placement", "model client"),
    "cloud": Room("_cloud", "clouds client services"),
    "act": Room(
        "_apply _book _emptying _exits _exodus _homecoming _maintenance _next_batch _noting _opening _started _stopped"
        " _survey _transfers",
        "model decide client cloud act",
    ),
    "page": Room("_page _page_template", "page", standard=PURE, outside="jinja2"),
    "paper": Room("_paper", "model page"),
    "options": Room("_options", "", standard=PURE),
    "run": Room("_run", "model clouds client cloud"),
    "module": Room("_module", "options run cloud", outside="ansible"),
}
# The folders of plugins beside module_utils, each a room of its own. What they need of the cloud is handed to them by
# ``_run``, so they name its type and no more of the wire.
FOLDERS = {
    "action": Room("", "", outside="modules plugin_utils"),
    "callback": Room("", "", outside="ansible"),
    "doc_fragments": Room("", "", standard="__future__"),
    "filter": Room("", "decide", standard="__future__ collections dataclasses typing", outside="ansible"),
    "inventory": Room("", "model decide clouds cloud options run", outside="ansible"),
    "modules": Room("", "model decide cloud act paper run module"),
    "plugin_utils": Room("", "model client cloud options run", outside="ansible"),
}


def imported(path: Path) -> set[str]:
    """Return the full names that a file imports anywhere, ours shortened to ``_name`` and ``modules.name``."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno} imports relatively: name {UTILS} in full"
            ours = node.module == UTILS
            names |= {f"{node.module}.{alias.name}" for alias in node.names} if ours else {str(node.module)}
    return {name.removeprefix(f"{UTILS}.").removeprefix(f"{PLUGINS}.") for name in names}


def forbidden(path: Path, room: Room) -> list[str]:
    """Return what a file imports although its room may not."""
    siblings = {file for name in room.rooms.split() for file in ROOMS[name].files.split()}
    allowed = {*room.standard.split(), *room.outside.split(), *siblings}
    return sorted(name for name in imported(path) if name.split(".")[0] not in allowed)


def plugin_files() -> list[Path]:
    """Return every Python file below plugins, relative to the checkout."""
    return sorted(path.relative_to(ROOT) for path in (ROOT / "plugins").rglob("*.py"))


def test_every_file_of_module_utils_has_one_room() -> None:
    housed = [file for room in ROOMS.values() for file in room.files.split()]
    assert sorted(housed) == sorted(path.stem for path in plugin_files() if path.parts[1] == "module_utils")


@pytest.mark.parametrize("path", plugin_files(), ids=str)
def test_file_imports_only_what_its_room_may(path: Path) -> None:
    if path.parts[1] == "module_utils":
        room = next(room for room in ROOMS.values() if path.stem in room.files.split())
    else:
        room = FOLDERS[path.parts[1]]
    assert forbidden(path, room) == []
