# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Authentication where the token is kept between tasks."""

from __future__ import annotations

from pathlib import Path

from tests.bench.clouds import cloud, declarations
from tests.bench.figures import Figure, at_most
from tests.bench.plays import FEW, Player, ours, ours_as_module

HOSTS = [f"cmp{number:03}" for number in range(50)]


def figures(folder: Path, rounds: int) -> list[Figure]:
    wanted = declarations(FEW, HOSTS)
    tokens, requests = [], []
    with cloud(folder, HOSTS) as site:
        site.declare(wanted)
        player = Player(folder, "cached.yaml")
        player.play([ours(wanted[0])])
        site.asked()
        for _round in range(rounds):
            player.play([task(declaration) for declaration in wanted for task in (ours, ours_as_module)])
            asked = site.asked()
            tokens.append(asked["identity"])
            requests.append(asked["compute"] / (2 * FEW))
    return [
        at_most("token kept, in the worker and as a module: authentications", "", 0, tokens),
        at_most("token kept, one unchanged aggregate: requests to Nova", "", 1, requests),
    ]
