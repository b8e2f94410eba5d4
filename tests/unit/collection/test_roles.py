# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The tasks of roles: which file an import takes must not depend on what lies beside somebody's playbook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TASKS = sorted((Path(__file__).resolve().parents[3] / "roles").glob("*/tasks"))
REFERENCE = re.compile(r"ansible\.builtin\.(include|import)_tasks: *([a-z_]+\.yml)")


@pytest.mark.parametrize("folder", TASKS, ids=lambda folder: folder.parent.name)
def test_included_files_import_nothing(folder: Path) -> None:
    """In a file that was included Ansible looks for an import beside the playbook before it looks into the role."""
    found = {file.name: REFERENCE.findall(file.read_text()) for file in folder.glob("*.yml")}
    included = {name for references in found.values() for how, name in references if how == "include"}
    reached: set[str] = set()
    while included:
        reached |= included
        included = {name for file in included for _how, name in found[file]} - reached
    imports = [(file, name) for file in sorted(reached) for how, name in found[file] if how == "import"]
    assert not imports
