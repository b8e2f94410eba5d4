# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which file may import which, by the folders: deciders stay pure, the wire knows no Ansible, only the edge knows it.

A file of ``plugins/module_utils`` is pure unless it stands in ``ACTING``: no input, no output, no clock. It imports
from its own package, from ``_errors`` and ``_text``, and from the packages that its own may use.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.collection.repository import ROOT

UTILS = ROOT / "plugins" / "module_utils"
COLLECTION = "ansible_collections.stackops.aggregates"
# What a file without input, output and clock may take from the standard library.
PURE = (
    "__future__ abc bisect collections contextlib dataclasses datetime email enum fnmatch functools heapq itertools"
    " json math operator re statistics string textwrap typing unicodedata urllib.parse uuid"
    " zoneinfo"  # reads a table that does not change while a module runs
)
# Package or single file -> the packages and files that it may use, beside itself.
USES = {
    "_errors": "",
    "_text": "",
    "_openstack": "",
    "_aggregates": "_openstack",
    "_migration": "_openstack",
    "_canary": "_openstack _migration",
    "_targets": "_openstack _aggregates _migration",
    "_maintenance": "_openstack _migration _targets",
    "_upgrade_plan": "_openstack _migration _targets _maintenance",
    "_roll": "_openstack _aggregates _canary _migration _maintenance _upgrade_plan",
    "_report": "_openstack _roll",
    "_host_packages": "",
    "_host_info": "_openstack _maintenance",
    "_inventory": "_openstack _aggregates _host_info",
    "_ansible": "_openstack",
}
EVERYBODY = {"_errors", "_text"}
# Files that act, observe or wait, and so may use all of the standard library and other acting files.
ACTING = (
    "_openstack/client _openstack/session _openstack/auth _openstack/auth_types _openstack/token_cache"
    " _openstack/clouds_yaml _openstack/config_files _openstack/chosen_cloud _openstack/cloud _openstack/nova"
    " _openstack/placement _openstack/glance _openstack/neutron _aggregates/apply _migration/pace"
    " _migration/beside"
    " _migration/requests _migration/loop _migration/live_progress _targets/finder _maintenance/options"
    " _maintenance/observe _maintenance/start _maintenance/drain _maintenance/stop _maintenance/bring_back"
    " _maintenance/unfinished_drain _maintenance/make_room _maintenance/insist _maintenance/overlap"
    " _maintenance/open_return"
    " _maintenance/rehearsal"
    " _maintenance/departed_servers _maintenance/start_stopped _maintenance/begin _upgrade_plan/observe"
    " _upgrade_plan/observe_pace _roll/process _roll/store _roll/pool_record _roll/hook_files _roll/prepare"
    " _roll/look _roll/open _roll/turn _openstack/own_servers _canary/look_up _canary/sweep _canary/trip"
    " _roll/control _roll/gate _roll/notice _roll/record_event _roll/close _report/files"
    " _roll/samples _roll/probe_rounds _roll/try_host _ansible/execute _ansible/module _roll/evidence"
    " _roll/record_failure"
)
# Libraries that Python does not bring along, and which files may use them.
LIBRARIES = {
    "_openstack/client": "keystoneauth1 requests",
    "_openstack/session": "keystoneauth1 requests",
    "_openstack/failures": "keystoneauth1 requests",
    "_openstack/responses": "requests",
    "_openstack/auth": "keystoneauth1",
    "_roll/hook_files": "yaml",
    "_openstack/auth_types": "keystoneauth1",
    "_openstack/config_files": "yaml",
    "_report/render": "jinja2",
    "_ansible/module": "ansible",
}
# The folders of plugins beside module_utils: what they may use of module_utils, and what else.
FOLDERS = {
    "action": ("", "modules plugin_utils"),
    "callback": ("", "ansible"),
    "doc_fragments": ("", ""),
    "filter": ("_host_packages", "ansible"),
    "inventory": ("_openstack _aggregates _inventory _ansible", "ansible"),
    "modules": (" ".join(USES), ""),
    "plugin_utils": ("_openstack _ansible", "ansible"),
}


def imports(path: Path) -> Iterator[str]:
    """Yield what a file imports anywhere: outside packages by name, our own files as paths below ``plugins``."""
    here = path.relative_to(ROOT / "plugins").parent
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = here if node.level == 1 else here.parents[node.level - 2]
            module = base / (node.module or "").replace(".", "/")
            files = [str(module / alias.name) for alias in node.names] if not node.module or module.is_dir() else []
            yield from files or [str(module)]
        elif isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith(COLLECTION), f"{path}:{node.lineno}: import our own relatively"
            yield node.module or ""


def top(name: str) -> str:
    """Return the outermost package of a module, ``urllib`` of ``urllib.parse``."""
    return name.partition(".")[0]


def file_of(name: str) -> str | None:
    """Return the file of module_utils that an import names, such as ``_roll/record``; None for anything else."""
    return name.removeprefix("module_utils/") if name.startswith("module_utils/") else None


def package(file: str) -> str:
    """Return the package of a file of module_utils, which is the file itself at the top."""
    return file.partition("/")[0]


def forbidden(file: str) -> list[str]:
    """Return what a file of module_utils imports although it may not."""
    acting = ACTING.split()
    standard = sys.stdlib_module_names if file in acting else PURE.split()
    packages = {package(file), *EVERYBODY, *USES[package(file)].split()}
    wrong = []
    for name in imports(UTILS / f"{file}.py"):
        ours = file_of(name)
        if ours is None:
            allowed = bool({name, top(name)} & {*standard, *LIBRARIES.get(file, "").split()})
        else:
            allowed = package(ours) in packages and (file in acting or ours not in acting)
        wrong += [] if allowed else [name]
    return sorted(wrong)


def utils() -> list[str]:
    """Return every file of module_utils as in ``ACTING``, but for the maps of the packages."""
    files = (str(path.relative_to(UTILS).with_suffix("")) for path in UTILS.rglob("*.py"))
    return sorted(file for file in files if not file.endswith("__init__"))


def other_plugins() -> list[Path]:
    """Return the other files below plugins."""
    return sorted(path for folder in FOLDERS for path in (ROOT / "plugins" / folder).glob("*.py"))


def test_the_lists_name_what_is_there() -> None:
    assert set(USES) == {package(file) for file in utils()}
    assert set(utils()) >= {*ACTING.split(), *LIBRARIES}


def test_every_package_says_what_it_holds() -> None:
    for folder in sorted(path for path in UTILS.iterdir() if path.name in USES):
        if folder.is_dir():
            assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text())), folder


@pytest.mark.parametrize("file", utils())
def test_a_file_imports_only_what_it_may(file: str) -> None:
    assert forbidden(file) == []


@pytest.mark.parametrize("path", other_plugins(), ids=lambda path: str(path.relative_to(ROOT)))
def test_other_plugins_import_only_what_they_may(path: Path) -> None:
    packages, outside = FOLDERS[path.parent.name]
    allowed = {*sys.stdlib_module_names, *outside.split()}
    wrong = [
        name
        for name in imports(path)
        if (
            package(ours) not in {*EVERYBODY, *packages.split()}
            if (ours := file_of(name))
            else top(name.partition("/")[0]) not in allowed
        )
    ]
    assert wrong == []
