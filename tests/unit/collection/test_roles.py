# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The tasks of roles: which file an import takes must not depend on what lies beside the playbook of a user."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TASKS = sorted((Path(__file__).resolve().parents[3] / "roles").glob("*/tasks"))
REFERENCE = re.compile(r"ansible\.builtin\.(include|import)_tasks: *([a-z_]+\.yml)")


@pytest.mark.parametrize("folder", TASKS, ids=lambda folder: folder.parent.name)
def test_only_the_file_that_a_play_names_imports_others(folder: Path) -> None:
    """In a file that another file included, Ansible searches imports beside the playbook before those of the role."""
    references_of = {file.name: REFERENCE.findall(file.read_text()) for file in folder.glob("*.yml")}
    taken = {name for references in references_of.values() for _how, name in references}
    assert not [(file, name) for file in sorted(taken) for how, name in references_of[file] if how == "import"]
