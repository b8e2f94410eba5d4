# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What would break the window is found in the files of tasks before anything is touched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.hook_files import problems_of_files


def found(folder: Path, text: str, **others: str) -> list[str]:
    """What is wrong with a file of this text, beside which these other files lie."""
    for name, content in {"tasks": text, **others}.items():
        (folder / f"{name}.yml").write_text(content)
    return problems_of_files([str(folder / "tasks.yml")])


@pytest.mark.parametrize(
    "text",
    [
        "- name: Upgrade\n  ansible.builtin.command: apt-get upgrade\n",
        "- ansible.builtin.meta: flush_handlers\n",
        "- command: x\n  run_once: false\n",
        "- debug:\n    msg: !unsafe '{{ pause }}'\n- copy:\n    content: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      3061\n"
        "    dest: /x\n",
        "- include_tasks: '{{ family }}.yml'\n- include_tasks: nowhere.yml\n",
        "- include_tasks: tasks.yml\n  when: again\n",
    ],
)
def test_tasks_of_one_host_are_fine(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(
    ("task", "what"),
    [
        ("pause: {seconds: 3}", "uses pause, which ends the turns of all hosts: wait with ansible.builtin.wait_for"),
        ("ansible.builtin.pause:", "uses pause, "),
        ("ansible.legacy.add_host: {name: x}", "uses add_host, .*: add the hosts before the roll"),
        ("meta: end_host", "is 'meta: end_host', which would leave a host in the middle of its turn"),
        ("ansible.builtin.meta: end_play", "is 'meta: end_play', "),
        ("{command: x, run_once: true}", "has run_once, which does not hold"),
        ("{command: x, run_once: '{{ first }}'}", "has run_once, "),
    ],
)
@pytest.mark.parametrize("where", ["", "block", "rescue", "always", "include_tasks", "import_tasks", "file"])
def test_what_would_break_the_window_is_told_with_what_to_do_instead(
    tmp_path: Path, where: str, task: str, what: str
) -> None:
    """Wherever it stands: in a block, or in a file that is included by its name."""
    inner = f"- {task}\n"
    if where in ("include_tasks", "import_tasks"):
        problems = found(tmp_path, f"- {where}: inner.yml\n", inner=inner)
    elif where == "file":
        problems = found(tmp_path, "- ansible.builtin.include_tasks: {file: inner.yml}\n", inner=inner)
    elif where:
        block = "" if where == "block" else "  block: []\n"
        problems = found(tmp_path, f"- name: All\n{block}  {where}:\n    {inner}")
    else:
        problems = found(tmp_path, inner)
    (problem,) = problems
    name = "inner" if where in ("include_tasks", "import_tasks", "file") else "tasks"
    assert re.match(f"The task 'without a name' in {re.escape(str(tmp_path))}/{name}.yml {what}", problem)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [", "is no YAML"),
        ("name: x\n", "holds no list of tasks"),
        ("", "holds no list of tasks"),
    ],
)
def test_what_is_no_file_of_tasks_is_told(tmp_path: Path, text: str, what: str) -> None:
    (problem,) = found(tmp_path, text)
    assert problem.startswith(f"The file of tasks {tmp_path}/tasks.yml {what}") and problem.endswith("correct it.")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of_files([str(tmp_path)])
    assert problem.startswith(f"The file of tasks {tmp_path} cannot be read")
