# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The README names everything there is, and its tables of options are those of the modules."""

from __future__ import annotations

import subprocess
import sys

from collection.repository import INVENTORIES, MODULES, ROLES, ROOT

README = (ROOT / "README.md").read_text()


def test_the_tables_of_options_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tests" / "tools" / "readme.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_every_module_inventory_role_and_playbook_is_named() -> None:
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    missing = [name for name in {*MODULES, *INVENTORIES, *ROLES, *playbooks} if f"`{name}`" not in README]
    assert not missing, f"README.md does not name {missing}"
