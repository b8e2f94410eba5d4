# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What would break the window is found in the files of tasks before anything is touched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.hook_files import problems_of_files


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "upgrade.yml"
    path.write_text(text)
    return problems_of_files([str(path)])


@pytest.mark.parametrize(
    "task",
    [
        "{name: Reboot, ansible.builtin.reboot: }",
        "{name: Restart, ansible.builtin.meta: flush_handlers}",
        "{name: Here, ansible.builtin.command: pause, run_once: false}",
        "{name: Secret, ansible.builtin.debug: {msg: !vault 'x'}}",
        "{name: Elsewhere, ansible.builtin.include_tasks: '{{ other }}.yml'}",
        "{name: Elsewhere, ansible.builtin.include_role: {name: kernel}}",
    ],
)
def test_what_is_for_a_single_host_is_fine(tmp_path: Path, task: str) -> None:
    assert problems(tmp_path, f"- {task}\n") == []


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("{name: Wait, ansible.builtin.pause: {seconds: 5}}", "'Wait' in .* uses pause.*wait_for"),
        ("{name: Wait, pause: }", "'Wait' in .* uses pause"),
        ("{name: Add, add_host: {name: x}}", "'Add' in .* uses add_host.*before the roll"),
        ("{name: Leave, ansible.builtin.meta: end_host}", "'Leave' in .* is 'meta: end_host'"),
        ("{name: Leave, meta: end_play}", "'Leave' in .* is 'meta: end_play'"),
        ("{name: Leave, meta: end_role}", "'Leave' in .* is 'meta: end_role'"),
        ("{name: Once, ansible.builtin.command: x, run_once: true}", "'Once' in .* has run_once"),
        ("{block: [{rescue: [{pause: }]}]}", "'without a name' in .* uses pause"),
    ],
)
def test_what_is_not_is_named(tmp_path: Path, task: str, why: str) -> None:
    (problem,) = problems(tmp_path, f"- {task}\n")
    assert problem.startswith("The task ") and re.search(why, problem)


def test_files_that_are_included_by_name_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "more.yml").write_text("- {name: Deep, pause: }\n- {include_tasks: upgrade.yml}\n")
    (problem,) = problems(tmp_path, "- {ansible.builtin.include_tasks: {file: more.yml}}\n- {import_tasks: gone.yml}\n")
    assert f"'Deep' in {tmp_path / 'more.yml'}" in problem


@pytest.mark.parametrize("include", ["include_role: {name: kernel}", "ansible.builtin.import_role: {name: kernel}"])
def test_roles_that_are_included_by_name_are_read_too(tmp_path: Path, include: str) -> None:
    """A role may end itself, and nothing else."""
    for file, task in {"tasks": "{name: Settle, pause: }", "handlers": "{name: Leave, meta: end_host}"}.items():
        path = tmp_path / "roles" / "kernel" / file / "main.yml"
        path.parent.mkdir(parents=True)
        path.write_text(f"- {task}\n- {{name: Over, meta: end_role}}\n")
    (tmp_path / "upgrade.yml").write_text(f"- {include}\n")
    found = problems_of_files([str(tmp_path / "upgrade.yml")], [str(tmp_path / "none"), str(tmp_path / "roles")])
    assert [re.findall(r"'(\w+)' in .*/roles/kernel/(\w+)/main.yml", problem)[0] for problem in found] == [
        ("Settle", "tasks"),
        ("Leave", "handlers"),
    ]


@pytest.mark.parametrize("text", ["a: 1\n", "- [", "hosts"])
def test_what_is_no_list_of_tasks_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"The file of tasks {tmp_path / 'upgrade.yml'} ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes(b"- debug: {msg: '\xe9'}")
    for file in ("latin.yml", "missing.yml"):
        (problem,) = problems_of_files([str(tmp_path / file)])
        assert problem.startswith(f"The file of tasks {tmp_path / file} cannot be read (")
