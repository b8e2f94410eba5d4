# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The README's tables name every module, playbook and role, and nothing else."""

from __future__ import annotations

import re

from tests.unit.collection.repository import INVENTORIES, MODULES, ROLES, ROOT

README = (ROOT / "README.md").read_text()
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


def cells(heading: str, number: int) -> list[str]:
    """Return the names in one column of the table whose first heading is this, sorted."""
    (table,) = re.findall(rf"^\| {heading} \|.*\n\| ---.*\n((?:\|.*\n)+)", README, re.MULTILINE)
    return sorted(name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[number]))


def test_the_table_of_modules_names_each_once() -> None:
    assert cells("module", 1) == MODULES


def test_the_table_of_playbooks_names_each_once() -> None:
    assert cells("playbook", 1) == PLAYBOOKS


def test_the_table_of_playbooks_names_each_role_once() -> None:
    assert cells("playbook", 2) == ROLES


def test_every_inventory_plugin_is_named() -> None:
    assert [name for name in INVENTORIES if f"`{name}`" not in README] == []
