# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is installed is pinned by hash, from no index by name; what a user needs at least is one list, and is tried."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.unit.collection.repository import ROOT, files, text

FOLDER = ROOT / "requirements"
PINS = sorted(FOLDER.glob("*.txt"))
LEAST = dict(line.split(" >= ") for line in (ROOT / "meta" / "ee-requirements.txt").read_text().splitlines())


def names(path: Path) -> set[str]:
    """Return the names that a file of requirements has, also by way of those that it includes."""
    found = set()
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            found |= names(path.parent / line[3:])
        elif match := re.match(r"[\w.-]+", line):
            found.add(re.sub(r"[-_.]+", "-", match.group()).lower())
    return found


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_each_release_is_exact_and_has_its_hashes(path: Path) -> None:
    """And no line names an index, a server or a folder to take it from."""
    entries = re.split(r"(?<!\\)\n", "\n".join(line for line in path.read_text().splitlines() if line[:1] != "#"))
    release = r"[a-z0-9-]+==[\w.]+(?: ; [^\\]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+"
    assert entries and [entry for entry in entries if entry and not re.fullmatch(release, entry)] == []


def test_every_wanted_package_is_pinned() -> None:
    sources = {path.with_suffix(".in") for path in PINS if path.name != "lowest.txt"}
    assert {FOLDER / "unit.in", *sources} == {*FOLDER.glob("*.in")}
    assert [
        (path.name, lacking) for path in sources if (lacking := names(path) - names(path.with_suffix(".txt")))
    ] == []


def test_the_compiled_files_are_those_that_are_there() -> None:
    """``make requirements`` makes all of them, and needs none of its own tools to be there before."""
    tool = ast.parse((ROOT / "tests" / "tools" / "requirements.py").read_text())
    (compiled,) = [node for node in tool.body if isinstance(node, ast.Assign) and "COMPILED" in ast.unparse(node)]
    made = {node.value for node in ast.walk(compiled) if isinstance(node, ast.Constant)}
    assert {path.stem for path in PINS} <= made


def test_nothing_is_installed_without_hashes() -> None:
    """By our own programs. What ansible-test installs for itself, ansible-core pins by version."""
    ours = [path for path in files() if path.parts[0] == "tests" and path.suffix == ".py"]
    installing = [path for path in ours if re.search(r'"pip"(, |[\s\S]{0,200})"install"', (ROOT / path).read_text())]
    strict = [path for path in installing if '"--require-hashes"' in (ROOT / path).read_text()]
    sanity, here = Path("tests/tools/sanity.py"), Path("tests/unit/collection/test_requirements.py")
    assert strict and {*installing} - {*strict} <= {sanity, here}


def test_the_least_is_what_is_tried_and_told() -> None:
    lowest = (FOLDER / "lowest.txt").read_text()
    assert [name for name, least in LEAST.items() if f"\n{name.lower()}=={least} " not in lowest] == []
    documented = text("doc_fragments/cloud.py", "DOCUMENTATION")["requirements"]
    assert documented[1:] == [f"{name} >= {least}" for name, least in LEAST.items()]
    readme = (ROOT / "README.md").read_text()
    (told,) = re.findall(r"^\| libraries there \| (.*) \|$", readme, re.MULTILINE)
    assert told == ", ".join(f"{name} {least}" for name, least in LEAST.items()) + " or newer"
    assert f"pip install {' '.join(repr(f'{name}>={least}') for name, least in LEAST.items())} " in readme
