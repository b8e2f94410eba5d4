# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Every list that is kept by hand names exactly what it lists."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.collection.repository import COLLECTION, INVENTORIES, MODULES, ROLES, ROOT, fragments, load, text
from tests.unit.collection.test_imports import FOLDERS, LIBRARIES


def test_action_group_names_every_module() -> None:
    groups = load(Path("meta", "runtime.yml"))["action_groups"]
    assert sorted(groups["all"]) == MODULES


def test_every_module_has_its_action_plugin() -> None:
    assert sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py")) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_action_plugin_does_what_its_module_does(module: str) -> None:
    assert f"    implementation = {module}\n" in (ROOT / "plugins" / "action" / f"{module}.py").read_text()


@pytest.mark.parametrize("module", MODULES)
def test_module_shares_the_cloud_options(module: str) -> None:
    assert f"{COLLECTION}.cloud" in fragments(module)


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_inventory_shares_the_cloud_options(inventory: str) -> None:
    assert f"{COLLECTION}.cloud" in fragments(inventory, "inventory")


def test_every_documentation_fragment_is_used() -> None:
    used = {fragment for module in MODULES for fragment in fragments(module)}
    used |= {fragment for inventory in INVENTORIES for fragment in fragments(inventory, "inventory")}
    ours = set()
    for path in (ROOT / "plugins" / "doc_fragments").glob("*.py"):
        parts = re.findall(r"^    ([A-Z_]+) = ", path.read_text(), re.MULTILINE)
        ours |= {
            f"{COLLECTION}.{path.stem}" + ("" if part == "DOCUMENTATION" else f".{part.lower()}") for part in parts
        }
    assert ours == {fragment for fragment in used if fragment.startswith(f"{COLLECTION}.")}


@pytest.mark.parametrize("module", MODULES)
def test_module_says_what_it_supports(module: str) -> None:
    assert f"{COLLECTION}.attributes" in fragments(module)
    attributes: dict[str, Any] = text(f"modules/{module}.py", "DOCUMENTATION").get("attributes", {})
    if f"{COLLECTION}.attributes.info_module" in fragments(module):
        attributes = text("doc_fragments/attributes.py", "INFO_MODULE")["attributes"] | attributes
    for attribute in ("check_mode", "diff_mode", "idempotent"):
        assert attributes.get(attribute, {}).get("support") in ("full", "partial", "none", "N/A"), attribute


@pytest.mark.parametrize("role", ROLES)
def test_role_defaults_are_the_documented_ones(role: str) -> None:
    """An option with a default in the argument specs has it in defaults/main.yml, and nothing else stands there."""
    specs = load(Path("roles", role, "meta", "argument_specs.yml"))["argument_specs"]
    documented = {
        name: option["default"]
        for spec in specs.values()
        for name, option in spec.get("options", {}).items()
        if "default" in option
    }
    defaults = Path("roles", role, "defaults", "main.yml")
    assert documented == (load(defaults) or {} if (ROOT / defaults).is_file() else {})


@pytest.mark.parametrize("role", ROLES)
def test_documented_entry_points_of_a_role_exist(role: str) -> None:
    """Each argument spec belongs to a task file, for an entry point that does not exist would be documented."""
    specs = load(Path("roles", role, "meta", "argument_specs.yml"))["argument_specs"]
    tasks = {path.stem for path in (ROOT / "roles" / role / "tasks").glob("*.yml")}
    assert set(specs) <= tasks


def test_the_supported_versions_are_those_that_are_tested() -> None:
    """The README, meta/runtime.yml and ``make versions`` agree."""
    tool = ast.parse((ROOT / "tests" / "tools" / "versions.py").read_text())
    (tested,) = [
        ast.literal_eval(node.value)
        for node in tool.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SUPPORTED"
    ]
    cores = sorted({core for core, _python in tested})
    readme = (ROOT / "README.md").read_text()
    assert re.findall(r"^\| ansible-core \| (.*) \|$", readme, re.MULTILINE) == [", ".join(cores)]
    assert load(Path("meta", "runtime.yml"))["requires_ansible"] == f">={cores[0]}.0"
    (pythons,) = re.findall(r"^\| Python, .*? \| ([\d., ]+) \|$", readme, re.MULTILINE)
    assert sorted({python for _core, python in tested}) == pythons.split(", ")


def test_an_execution_environment_gets_what_the_plugins_import() -> None:
    """All but what ansible-core itself needs. The names are those of the package index."""
    outside = [*LIBRARIES.values(), *(names for _packages, names in FOLDERS.values())]
    imported = {name for names in outside for name in names.split()}
    asked = (ROOT / "meta" / "ee-requirements.txt").read_text().splitlines()
    assert {line.split()[0] for line in asked} - {"PyYAML"} == imported - {
        "ansible",
        "jinja2",
        "modules",
        "plugin_utils",
        "yaml",
    }
