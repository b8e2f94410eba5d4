# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll through hundreds of hosts of the fake cloud whose moves and upgrades take no time: what Ansible and we cost.

CPU of ``ansible-playbook`` and all its processes, for each host. The fake cloud's own is not in it.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench import peers
from tests.bench.clouds import cloud
from tests.bench.figures import Figure, at_most, compared
from tests.bench.plays import HERE, Player
from tests.bench.processes import BenchError, Spent, measured

SMALL, LARGE = 100, 1000
AT_ONCE, FORKS = 10, 15
GOAL_SECONDS, GOAL_RATIO = 1.5, 1.3


def figures(folder: Path, rounds: int) -> list[Figure]:
    small, large = [], []
    for number in range(rounds):
        small.append(roll(folder / f"{SMALL}-{number}", SMALL).cpu / SMALL)
        large.append(roll(folder / f"{LARGE}-{number}", LARGE).cpu / LARGE)
    what = f"roll of {LARGE:,} hosts, moves and upgrades at once: CPU a host"
    return [
        at_most(what, "s", GOAL_SECONDS, large),
        compared(what, "s", GOAL_RATIO, large, small, f"of {SMALL} hosts"),
    ]


def roll(folder: Path, hosts: int) -> Spent:
    """What a roll through so many hosts takes, each with a server, all in one pool. :raises BenchError: it failed."""
    folder.mkdir(parents=True)
    names = [f"cmp{number:04}" for number in range(1, hosts + 1)]
    inventory = {"all": {"hosts": dict.fromkeys(names, {}), "vars": {"ansible_connection": "local"}}}
    (folder / "inventory.json").write_text(json.dumps(inventory))
    variables = {
        "rolling_upgrade_aggregate": "pool",
        "rolling_upgrade_tasks": str(HERE / "tasks" / "upgrade.yml"),
        "rolling_upgrade_check_machines": False,  # for all are this one
        "rolling_upgrade_max_unavailable": AT_ONCE,
        "rolling_upgrade_directory": str(folder / "rolls"),
    }
    with cloud(folder, names) as site:
        site.declare([{"name": "pool", "hosts": names, "metadata": {}}])
        site.boot_each(1)
        environment = {**Player(folder, "cached.yaml").environment, "OS_CLOUD": "bench", "ANSIBLE_FORKS": str(FORKS)}
        del environment["ANSIBLE_STDOUT_CALLBACK"]
        command = [str(peers.VENV / "bin" / "ansible-playbook"), "-i", "inventory.json", "-e", json.dumps(variables)]
        spent, _printed = measured([*command, "stackops.aggregates.rolling_upgrade"], environment, folder)
    (report,) = folder.glob("rolls/*/*/report.json")
    if json.loads(report.read_text())["roll"]["outcome"] != "done":
        raise BenchError(f"The roll through {hosts} hosts was not finished, see {report}.")
    return spent
