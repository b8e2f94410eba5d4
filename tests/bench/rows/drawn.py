# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll through twelve hosts of a real cloud whose upgrades take different times, against the least that it can take.

The bound is that of any schedule: the hosts' own durations, shared among as many as may be under way, and never less
than the longest of them. How long an upgrade takes nobody knows beforehand, so the last hosts may run alone at the end:
the other figure is what that costs whoever knows no more than a roll does, and loses no time between two hosts.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, compared
from tests.bench.plays import HERE
from tests.bench.processes import BenchError
from tests.bench.rows import roll
from tests.cloud.embedded.rest import Session

SERVERS = 25
SECONDS = (5, 54)  # of an upgrade, at least and at most
SEED = 18


def figures(folder: Path, rounds: int) -> list[Figure]:
    """Roll once a round; each round has other durations."""
    took, bounds, without_gaps = [], [], []
    with roll.embedded_cloud(folder / "cloud") as state:
        session = Session.open(state / "clouds.yaml")
        hosts = [f"cmp{number:02}" for number in range(1, roll.HOSTS + 1)]
        roll.furnish(session, [hosts[number % roll.HOSTS] for number in range(SERVERS)])
        environment = roll.environment_of(folder, state)
        draw = random.Random(SEED)
        for number in range(rounds):
            drawn = {host: draw.randint(*SECONDS) for host in hosts}
            report = _roll(folder / str(number), state, environment, drawn)
            seconds = [host["seconds"] for host in report["hosts"]]
            took.append(report["roll"]["seconds"])
            bounds.append(max([sum(seconds) / roll.AT_ONCE, *seconds]))
            without_gaps.append(one_after_another(seconds, roll.AT_ONCE))
    what = f"roll of {roll.HOSTS} hosts with drawn durations, {SERVERS} servers, {roll.AT_ONCE} at once: time"
    return [
        compared(what, "s", 1.10, took, bounds, "the least by the hosts' own durations"),
        compared(what, "s", 1.05, took, without_gaps, "the same hosts in the same order without a gap"),
    ]


def one_after_another(seconds: Sequence[float], at_once: int) -> float:
    """When all hosts are done, if so many begin at once and each of the others as soon as one is done.

    :param seconds: how long each host takes, in the order in which they begin.
    """
    ends = [0.0] * at_once
    for host in seconds:
        heapq.heapreplace(ends, ends[0] + host)
    return max(ends)


def _roll(folder: Path, state: Path, environment: dict[str, str], drawn: dict[str, int]) -> dict[str, Any]:
    """Roll, and return its report."""
    folder.mkdir()
    variables = json.dumps({"drawn_seconds": drawn, "rolling_upgrade_directory": str(folder / "rolls")})
    roll.roll(folder, state, environment, "-e", variables, tasks=HERE / "tasks" / "drawn_upgrade.yml")
    reports = list(folder.glob("rolls/*/*/report.json"))
    if len(reports) != 1:
        raise BenchError(f"The roll left {len(reports)} reports in {folder}.")
    report: dict[str, Any] = json.loads(reports[0].read_text())
    if report["roll"]["outcome"] != "done":
        raise BenchError(f"The roll ended {report['roll']['outcome']}: {report['roll']['reason']}.")
    return report
