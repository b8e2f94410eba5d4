# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is written about the collection names only what it has, and quotes only what it says."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from collection.repository import COLLECTION, INVENTORIES, MODULES, ROLES, ROOT, load, options, task_faults

PAGES = sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.rst"))
PROSE = [*PAGES, Path("README.md"), Path("CONTRIBUTING.md"), *(Path("roles", role, "README.md") for role in ROLES)]
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
# Facts and groups of the roles that are no options: what hooks read and set, and where the playbook puts the hosts.
TOLD = {"rolling_upgrade_host", "rolling_upgrade_needed", "rolling_upgrade_members"}


def code(page: Path, language: str) -> list[str]:
    """Return the blocks of code in one language."""
    if page.suffix == ".md":
        return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    block = rf"^\.\. code-block:: {re.escape(language)}\n\n((?:(?: {{4}}.*)?\n)+)"
    return re.findall(block, (ROOT / page).read_text(), re.MULTILINE)


@cache
def variables() -> set[str]:
    """Return the documented variables of all roles."""
    specs = [load(Path("roles", role, "meta", "argument_specs.yml"))["argument_specs"] for role in ROLES]
    return {name for spec in specs for entry in spec.values() for name in entry.get("options", {})}


@pytest.mark.parametrize("page", PROSE, ids=str)
def test_page_names_only_what_there_is(page: Path) -> None:
    text = (ROOT / page).read_text()
    named = set(re.findall(rf"\b{re.escape(COLLECTION)}\.(?!docsite|git)(\w+)", text))
    assert named <= {*MODULES, *INVENTORIES, *ROLES, *PLAYBOOKS, "all"}
    # A role's name with an underscore behind it begins a variable, unless it is a key, a folder or a page.
    told = set(re.findall(rf"(?<![\w/.])((?:{'|'.join(ROLES)})_[a-z_]*[a-z])(?![\w.(]|-of)", text))
    assert told - variables() - TOLD == set()


@pytest.mark.parametrize("page", PROSE, ids=str)
def test_tasks_on_a_page_call_what_is_documented(page: Path) -> None:
    for block in [*code(page, "yaml"), *code(page, "yaml+jinja")]:
        entries = yaml.safe_load(block)
        if isinstance(entries, list) and all("name" in entry and len(entry) > 1 for entry in entries):
            assert task_faults(entries, str(page)) == []


@pytest.mark.parametrize("page", PROSE, ids=str)
def test_commands_on_a_page_give_options_that_there_are(page: Path) -> None:
    for block in [*code(page, "console"), *code(page, "sh")]:
        for module, given in re.findall(rf"-m {re.escape(COLLECTION)}\.(\w+) -a \"(.*?)\"", block):
            assert {one.split("=")[0] for one in given.split()} <= set(options(module))


@cache
def sentences() -> tuple[str, ...]:
    """Return every text in the code and in the tasks, with ``…`` where something is filled in."""
    found = []
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                found.append("".join(str(part) for part in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    for path in (ROOT / "roles").rglob("*.yml"):
        for filled_in in (r"\{\{.*?\}\}", r"""(['"]) ~ [^'"]* ~ \1"""):
            found.append(re.sub(filled_in, "…", " ".join(path.read_text().split())))
    return tuple(found)


def quoted() -> list[str]:
    guide = (ROOT / "docs" / "docsite" / "rst" / "failures_guide.rst").read_text()
    return re.findall(r"^``(.*)``\n {4}", guide, re.MULTILINE)


@pytest.mark.parametrize("sentence", quoted())
def test_the_guide_to_failures_quotes_what_is_said(sentence: str) -> None:
    pattern = ".{0,150}".join(re.escape(part) for part in sentence.split("…"))
    assert any(re.search(pattern, one) for one in sentences()), f"nothing in the code says {sentence!r} any more"
