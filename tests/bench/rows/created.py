# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Two hundred aggregates created with hosts and metadata, on a cloud that takes its time to answer."""

from __future__ import annotations

from pathlib import Path

from tests.bench.clouds import cloud, declarations
from tests.bench.figures import Figure, at_most, compared
from tests.bench.plays import FEW, MANY, Player, ours_all, theirs
from tests.bench.processes import BenchError

HOSTS = [f"cmp{number:04}" for number in range(500)]
COUNT = 200
DELAY = 0.02  # seconds before each answer


def figures(folder: Path, rounds: int) -> list[Figure]:
    wanted = declarations(COUNT, HOSTS)
    own, peer, beside = [], [], []
    with cloud(folder, HOSTS, delay=DELAY) as site:
        player = Player(folder)
        for _round in range(rounds):
            site.clear()
            site.asked()
            own.append(player.play([ours_all(wanted)])[0].wall)
            asked = site.asked()
            beside.append(sum(asked[service] for service in ("identity", "compute", "placement")) - asked["writes"])
            if site.aggregates() != wanted:
                raise BenchError("Our task did not make the aggregates that it declares.")
            peer.append(player.each(theirs, wanted, changed=True, before=site.clear).wall * COUNT)
            if site.aggregates() != wanted[:MANY]:
                raise BenchError("The tasks of host_aggregate did not make the aggregates that they declare.")
    what = f"{COUNT} aggregates created in one play"
    return [
        compared(
            f"{what}: time", "s", 0.2, own, peer, f"host_aggregate ({MANY - FEW} tasks x {COUNT // (MANY - FEW)})"
        ),
        at_most(f"{what}: requests beside the writes", "", 3, beside),
    ]
