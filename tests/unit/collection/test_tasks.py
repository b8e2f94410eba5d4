# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The tasks in examples, roles, playbooks and scenarios call what exists, and hide no failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.collection.repository import COLLECTION, MODULES, actions, load, task_faults, task_files, tasks, text

# What a rescue of these does instead of failing, which its last task shows.
NO_FAILURE = {
    "gate.yml": "gate.yml",  # a gate is asked again for a limited time, and then the roll is stopped by its record
    "failed.yml": "ansible.builtin.set_fact",  # whoever includes it fails with what it remembers
    "notify.yml": "stackops.aggregates.os_upgrade_note",  # who cannot be told stops no roll; the record has it
}
SHIPPED = [path for path in task_files() if path.parts[0] != "extensions"]


@pytest.mark.parametrize("module", MODULES)
def test_examples_call_what_is_documented(module: str) -> None:
    examples = text(f"modules/{module}.py", "EXAMPLES")
    assert f"{COLLECTION}.{module}" in [action.module for action in actions(examples, module)]
    assert task_faults(examples, module) == []


@pytest.mark.parametrize("path", task_files(), ids=str)
def test_tasks_call_what_is_documented(path: Path) -> None:
    assert task_faults(load(path), str(path)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_every_rescue_fails_in_the_end(path: Path) -> None:
    for block in tasks(load(path)):
        if "rescue" in block:
            last = block["rescue"][-1]
            if instead := NO_FAILURE.get(path.name):
                assert instead in (*last, last.get("ansible.builtin.include_tasks")), f"{path}: {last}"
                continue
            assert "ansible.builtin.fail" in last and "when" not in last, f"{path}: a rescue hides the failure"


WAITING = (f"{COLLECTION}.os_host_maintenance", f"{COLLECTION}.os_upgrade_turn", "ansible.builtin.reboot")


@pytest.mark.parametrize("path", task_files(), ids=str)
def test_no_failure_is_ignored(path: Path) -> None:
    for entry in [*tasks(load(path)), *(play for play in load(path) if "hosts" in play)]:
        for key in ("ignore_errors", "ignore_unreachable"):
            assert entry.get(key, False) is False, f"{path}: {entry.get('name')} must not say {key}"
        assert entry.get("failed_when") is not False, f"{path}: {entry.get('name')} can never fail"


@pytest.mark.parametrize("path", [path for path in SHIPPED if "rolling_upgrade" in path.parts], ids=str)
def test_what_waits_for_the_cloud_or_a_host_is_ended_by_no_task_timeout_of_ansible_cfg(path: Path) -> None:
    for action in actions(load(path), str(path)):
        waits = action.module in WAITING or "until" in action.task or action.task.get("changed_when") is True
        assert not waits or action.task.get("timeout") == 0, f"{action.where} has to say timeout: 0"


def test_nor_is_any_task_of_the_plays_that_run_nothing_of_the_operators() -> None:
    for play in load(Path("playbooks", "rolling_upgrade.yml")):
        assert (play["hosts"].startswith("localhost:")) != (play.get("timeout") == 0), play["name"]
