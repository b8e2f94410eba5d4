# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Whatever is set around a roll: it works all the same, or is refused in one sentence before a host is touched.

By ansible-playbook on the fake cloud, with what stands in ansible.cfg, on the command line, in the inventory, in plays
of the operator's own, and in files of tasks. Several that work are tried at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore

from tests.unit.collection.repository import COLLECTION, ROOT, load
from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.loopback import served
from tests.unit.playbooks.test_hostile_text import passing_time

PROGRAM = str(Path(sys.executable).parent / "ansible-playbook")
HOSTS = ("cmp01", "cmp02", "cmp03", "cmp04", "cmp05")
OTHER_PYTHON = "python"  # a Python that is not Ansible's own, so modules need a process
INVENTORY: dict[str, Any] = {
    "all": {
        "hosts": dict.fromkeys(HOSTS, {}),
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
    }
}
BECOME = {"ansible_become": True, "ansible_become_method": "ansible.builtin.su"}
UPGRADE = "- debug: {msg: '{{ rolling_upgrade_host }} is upgraded'}\n"
LOST = """
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local
class Connection(Local):
    def exec_command(self, *args, **kwargs):
        raise AnsibleConnectionFailure("the line is dead")
"""


@dataclass(frozen=True)
class Played:
    """How a run ended: its exit status, what it printed, and the roll as recorded, if one was."""

    status: int
    printed: str
    roll: Roll | None


class Operator:
    """Rolls through the first hosts of a pool, from a folder of its own."""

    def __init__(self, cloud: FakeCloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        (folder / OTHER_PYTHON).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (folder / OTHER_PYTHON).chmod(0o755)

    def roll(
        self,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        plays: list[dict[str, Any]] | None = None,
        more_vars: Mapping[str, Any] | None = None,
        **variables: Any,
    ) -> Played:
        """Run the playbook.

        :param settings: variables of the environment. :param files: their contents; ``upgrade.yml`` has a default.
        :param plays: another playbook. :param more_vars: those of all hosts in the inventory.
        :param variables: those of the role.
        """
        inventory = {"all": {**INVENTORY["all"], "vars": {**INVENTORY["all"]["vars"], **(more_vars or {})}}}
        given = {
            "cloud": {"auth": self.cloud.auth()},
            **{"aggregate": "nvme", "owner": "me", "hosts": ["cmp01", "cmp02"], "max_unavailable": 2},
            **{"directory": "rolls", "tasks": "upgrade.yml", "check_machines": False},
            **variables,
        }
        texts = {
            "upgrade.yml": UPGRADE,
            "inventory.json": json.dumps(inventory),
            "variables.json": json.dumps({f"rolling_upgrade_{name}": value for name, value in given.items()}),
            **({"play.json": json.dumps(plays)} if plays else {}),
            **(files or {}),
        }
        for name, text in texts.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        ended = subprocess.run(
            [
                *(PROGRAM, "-i", "inventory.json", "-e", "@variables.json", *arguments),
                "play.json" if plays else f"{COLLECTION}.rolling_upgrade",
            ],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_CONNECTION_PLUGINS": str(self.folder),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
                **(settings or {}),
            },
            input="y\n" * 200,  # for --step
            capture_output=True,
            text=True,
            check=False,
        )
        records = sorted(self.folder.rglob("record.jsonl"))
        roll = RecordStore(records[-1].parent).roll() if records else None
        return Played(ended.returncode, ended.stdout + ended.stderr, roll)


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with served(*HOSTS) as cloud, passing_time(cloud):
        cloud.aggregate("nvme", *HOSTS)
        cloud.boot("web", "cmp01")
        yield Operator(cloud, tmp_path)


def plays(turns: Mapping[str, Any] | None = None, **keywords: Any) -> list[dict[str, Any]]:
    """The plays of the playbook as an operator may write them out, with these keywords.

    :param turns: keywords of the play in which hosts take their turns alone.
    """
    found: list[dict[str, Any]] = [{**play, **keywords} for play in load(Path("playbooks", "rolling_upgrade.yml"))]
    next(play for play in found if play["name"] == "Take the turns").update(turns or {})
    return found


WORKS: dict[str, dict[str, Any]] = {
    "ansible.cfg": {
        "settings": {
            "ANSIBLE_ANY_ERRORS_FATAL": "true",
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": "facts",
            "ANSIBLE_FORCE_HANDLERS": "true",
            "ANSIBLE_FORKS": "1",
            "ANSIBLE_GATHERING": "implicit",
            "ANSIBLE_HASH_BEHAVIOUR": "merge",
            "ANSIBLE_INJECT_FACT_VARS": "false",
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
            "ANSIBLE_STRATEGY": "debug",
        }
    },
    "command line": {
        "arguments": ["--step", "-b", "--become-method", "ansible.builtin.su", "-f", "2", "--flush-cache"]
    },
    "inventory and environment": {
        "more_vars": {**BECOME, "ansible_python_interpreter": f"{{{{ inventory_dir }}}}/{OTHER_PYTHON}"},
        "plays": plays(environment={"LC_MESSAGES": "C"}),
        "hosts": ["cmp01"],
    },
    "two rolls in one playbook": {"plays": plays() + plays(), "hosts": ["cmp01"]},
}


@pytest.mark.parametrize("given", WORKS.values(), ids=WORKS)
def test_a_roll_goes_through(operator: Operator, given: dict[str, Any]) -> None:
    given = dict(given)
    hosts = given.setdefault("hosts", ["cmp01", "cmp02"])
    played = operator.roll(*given.pop("arguments", ()), **given)
    assert played.status == 0, played.printed
    assert played.roll and played.roll.closed is not None and sorted(played.roll.done) == hosts
    assert all(host.enabled for host in operator.cloud.world.hosts.values())


NO_PLAN = "Nobody has looked and planned before this task. Run or import the playbook"
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "--limit": ({"arguments": ["--limit", "cmp01"]}, "Give no --limit, --tags or --skip-tags"),
    "--limit --check": ({"arguments": ["--limit", "cmp01", "--check"]}, "Give no --limit, --tags or --skip-tags"),
    "--tags": ({"arguments": ["--tags", "kernel"]}, "Give no --limit, --tags or --skip-tags"),
    "--skip-tags": ({"arguments": ["--skip-tags", "untagged", "--check"]}, "Give no --limit, --tags or --skip-tags"),
    "--start-at-task in a turn": (
        {
            "arguments": ["--start-at-task", "Put the host back into service and bring its servers back"],
            "before_return_tasks": "upgrade.yml",
        },
        NO_PLAN,
    ),
    "--start-at-task in the plan": ({"arguments": ["--start-at-task", "Show the plan"]}, NO_PLAN),
    "-e ansible_become": (
        {"arguments": ["-e", "ansible_become=true", "--check"]},
        "The controller's tasks have to run as you, and ansible_become is set for them",
    ),
    "a role that pauses": (
        {
            "arguments": ["--check"],
            "plays": plays(),
            "files": {"upgrade.yml": "- include_role: {name: settle}\n", "roles/settle/tasks/main.yml": "- pause:\n"},
        },
        "uses pause, which ends the turns of all hosts",
    ),
    "linear": (
        {"plays": plays({"strategy": "linear"})},
        "The host was not touched, for its turn needs a play with the strategy ansible.builtin.host_pinned",
    ),
    "a question that ends its host": (
        {"needed_tasks": "needed.yml", "files": {"needed.yml": "- meta: end_host\n"}},
        "nothing was touched. Ansible lost cmp01, cmp02",
    ),
}


@pytest.mark.parametrize(("given", "says"), REFUSED.values(), ids=REFUSED)
def test_a_roll_is_refused_before_a_host_is_touched(operator: Operator, given: dict[str, Any], says: str) -> None:
    given = dict(given)
    played = operator.roll(*given.pop("arguments", ()), **given)
    assert played.status == 2 and says in played.printed, played.printed
    assert operator.cloud.writes == [] and "is upgraded" not in played.printed
    assert played.roll is None or not played.roll.progress


HOOKS = {
    "needed.yml": """
- {name: Wait for all, ansible.builtin.pause: {seconds: 1}}
- {name: Ask once, ansible.builtin.command: echo cmp02, run_once: true, changed_when: false, register: asked}
- {name: Answer, ansible.builtin.set_fact: {rolling_upgrade_needed: "{{ rolling_upgrade_host == asked.stdout }}"}}
""",
    "upgrade.yml": """
- {name: Install, ansible.builtin.include_role: {name: kernel}}
- {name: As root, ansible.builtin.command: id -un, become: true, become_method: ansible.builtin.su, changed_when: false}
- {name: There, ansible.builtin.debug: {msg: delegated}, delegate_to: cmp05}
- {name: Hidden, ansible.builtin.command: echo a secret, no_log: true, changed_when: false}
""",
    "roles/kernel/tasks/main.yml": """
- {name: Touch, ansible.builtin.command: 'true', changed_when: true, notify: Restart}
- {name: Over, ansible.builtin.meta: end_role}
""",
    "roles/kernel/handlers/main.yml": "- {name: Restart, ansible.builtin.debug: {msg: restarted}}\n",
    "verify.yml": "- {name: Verify, ansible.builtin.debug: {msg: looked at}}\n",
}


def test_tasks_of_the_operator_may_do_what_is_for_a_single_host(operator: Operator) -> None:
    """Handlers run before what they restart is verified. All hosts together are asked, so there may be more."""
    played = operator.roll(plays=plays(), files=HOOKS, needed_tasks="needed.yml", verify_tasks="verify.yml")
    assert played.status == 0, played.printed
    assert played.roll and played.roll.done == ["cmp02"] and "a secret" not in played.printed
    assert 0 < played.printed.index("delegated") < played.printed.index("restarted") < played.printed.index("looked at")


# How the upgrade of each host ends, in a file whose name is not known before the roll.
ENDS = {
    "cmp01": "- meta: end_host\n",
    "cmp02": "- meta: end_role\n",
    "cmp03": "- {name: Reach, ansible.builtin.command: id, vars: {ansible_connection: lost}}\n",
    "cmp04": "- {name: Hide, ansible.builtin.fail: {msg: a secret}, no_log: true}\n",
    "cmp05": UPGRADE,
}
# A play around the role that would forgive each failure of a turn.
FORGIVING = {"ignore_errors": True, "ignore_unreachable": True, "any_errors_fatal": True, "max_fail_percentage": 0}


def test_every_end_of_a_host_is_recorded(operator: Operator) -> None:
    """Also where the play would have Ansible go on after a failure, or let the others fail too."""
    files = {
        "upgrade.yml": "- include_tasks: '{{ rolling_upgrade_host }}.yml'\n- debug: {msg: went on}\n",
        **{f"{host}.yml": tasks for host, tasks in ENDS.items()},
        "lost.py": LOST,
    }
    played = operator.roll(
        "-f", "6", plays=plays(FORGIVING), files=files, hosts=HOSTS, max_unavailable=4, max_failures=4
    )
    assert played.status != 0 and played.roll, played.printed
    assert played.roll.done == ["cmp05"] and played.roll.under_way == [] and played.roll.closed is None
    assert sorted(played.roll.failed) == ["cmp01", "cmp02", "cmp03", "cmp04"]
    assert "cmp02 did not go through its turn to the end" in played.printed
    assert played.roll.failed["cmp04"] == "The task 'Hide' failed: what it says is hidden, for it has no_log."
    assert played.printed.count('"went on"') == 1
    ours = [file.read_text() for file in (operator.folder / "rolls").rglob("*") if file.is_file()]
    assert not any("a secret" in text for text in ours)


def test_a_play_that_was_ended_is_recorded(operator: Operator) -> None:
    files = {"upgrade.yml": "- include_tasks: '{{ rolling_upgrade_host }}.yml'\n", "cmp01.yml": "- meta: end_play\n"}
    played = operator.roll(files=files, hosts=["cmp01"])
    assert played.status == 2 and played.roll, played.printed
    assert played.roll.failed["cmp01"].startswith("Ansible works on the host no more")
