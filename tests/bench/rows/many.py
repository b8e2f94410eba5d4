# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Two hundred aggregates that are as declared already, in one task against one task each."""

from __future__ import annotations

from pathlib import Path

from tests.bench.clouds import cloud, declarations
from tests.bench.figures import Figure, at_most, compared
from tests.bench.plays import FEW, MANY, Player, ours_all, theirs

HOSTS = [f"cmp{number:04}" for number in range(500)]
COUNT = 200


def figures(folder: Path, rounds: int) -> list[Figure]:
    wanted = declarations(COUNT, HOSTS)
    own, peer, requests = [], [], []
    with cloud(folder, HOSTS) as site:
        site.declare(wanted)
        player = Player(folder)
        for _round in range(rounds):
            site.asked()  # what the peer asked in the round before is not ours
            own.append(player.each(ours_all, [wanted] * MANY).cpu)
            requests.append(site.asked()["compute"] / (FEW + MANY))
            peer.append(player.each(theirs, wanted).cpu * COUNT)
    what = f"{COUNT} unchanged aggregates in one task"
    return [
        compared(
            f"{what}: CPU", "s", 0.01, own, peer, f"host_aggregate ({MANY - FEW} tasks x {COUNT // (MANY - FEW)})"
        ),
        at_most(f"{what}: requests to Nova", "", 1, requests),
    ]
