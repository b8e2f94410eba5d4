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
def test_only_the_file_that_a_play_names_imports_others(folder: Path) -> None:
    """In a file that another one took Ansible looks for an import beside the playbook before it looks into the role."""
    found = {file.name: REFERENCE.findall(file.read_text()) for file in folder.glob("*.yml")}
    taken = {name for references in found.values() for _how, name in references}
    assert not [(file, name) for file in sorted(taken) for how, name in found[file] if how == "import"]
