# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""One aggregate that is as declared already: the commonest task there is."""

from __future__ import annotations

from pathlib import Path

from tests.bench.clouds import cloud, declarations
from tests.bench.figures import Figure, at_most, compared
from tests.bench.plays import FEW, MANY, Player, empty, ours, ours_as_module, theirs

HOSTS = [f"cmp{number:03}" for number in range(50)]
KINDS = {"worker": ours, "module": ours_as_module, "peer": theirs, "empty": empty}


def figures(folder: Path, rounds: int) -> list[Figure]:
    wanted = declarations(MANY, HOSTS)
    cpu: dict[str, list[float]] = {kind: [] for kind in KINDS}
    requests: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with cloud(folder, HOSTS) as site:
        site.declare(wanted)
        player = Player(folder)
        for _round in range(rounds):
            for kind, task in KINDS.items():
                cpu[kind].append(player.each(task, wanted).cpu * 1000)
                requests[kind].append(site.asked()["compute"] / (FEW + MANY))
    what, peer = "one unchanged aggregate", "host_aggregate"
    return [
        compared(f"{what}, in Ansible's worker: CPU", "ms", 0.1, cpu["worker"], cpu["peer"], peer),
        at_most(f"{what}, in Ansible's worker: requests to Nova", "", 1, requests["worker"]),
        compared(f"{what}, module process: CPU", "ms", 0.7, cpu["module"], cpu["peer"], peer),
        compared(f"{what}, module process: CPU", "ms", 1.9, cpu["module"], cpu["empty"], "empty module"),
    ]
