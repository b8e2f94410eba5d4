# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""An inventory of a thousand hosts, loaded as every play loads it, and what loading one costs that has none.

Not by ``ansible-inventory --list``, which besides prints every variable of every host, at more than loading them takes.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench import peers
from tests.bench.clouds import cloud, declarations
from tests.bench.figures import Figure, at_most
from tests.bench.plays import HERE, Player
from tests.bench.processes import BenchError, measured

HOSTS = [f"cmp{number:04}" for number in range(1000)]
OURS, EMPTY = "pool.os_aggregate_hosts.yml", "nothing.yml"
# By name of the file, the plugin's settings.
FILES = {
    OURS: {"plugin": "stackops.aggregates.os_aggregate_hosts", "cloud": "bench"},
    EMPTY: {"plugin": "bench_empty"},
}


def figures(folder: Path, rounds: int) -> list[Figure]:
    environment = {**Player(folder).environment, "ANSIBLE_INVENTORY_PLUGINS": str(HERE / "inventory_plugins")}
    del environment["ANSIBLE_STDOUT_CALLBACK"]
    for name, settings in FILES.items():
        (folder / name).write_text(json.dumps(settings))
    beyond, requests, known = [], [], set(HOSTS)
    with cloud(folder, HOSTS) as site:
        site.declare(declarations(20, HOSTS, members=100))
        for _round in range(rounds):
            spent = {}
            for name, settings in FILES.items():
                plugins = {"ANSIBLE_INVENTORY_ENABLED": settings["plugin"]}
                command = [str(peers.VENV / "bin" / "ansible"), "all", "--list-hosts", "-i", name]
                spent[name], printed = measured(command, {**environment, **plugins}, folder)
                hosts = [line for line in map(str.strip, printed.splitlines()) if line in known]
                if sorted(hosts) != (HOSTS if name == OURS else []):
                    raise BenchError(f"The inventory of {name} holds {len(hosts)} hosts.")
            beyond.append((spent[OURS] - spent[EMPTY]).cpu)
            asked = site.asked()
            requests.append(sum(asked.values()) - asked["writes"])
    what = f"inventory of {len(HOSTS):,} hosts"
    return [
        at_most(f"{what}: CPU beyond an empty inventory", "s", 1.5, beyond),
        at_most(f"{what}: requests", "", 6, requests),
    ]
