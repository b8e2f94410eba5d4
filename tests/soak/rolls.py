# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Rolls of an upgrade through all hosts, each killed at a moment, run once more, and checked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.cloud.embedded.hypervisors import FIRST_VERSION
from tests.cloud.embedded.waiting import wait_for
from tests.soak.checks import after_roll, in_record, in_upgrades
from tests.soak.moments import LASTS, TO_HIT, Event, Moment, begun, lasted, parts_at_work
from tests.soak.playbook import Execution, Playbook
from tests.soak.runs import OWNER, RUN_SECONDS, Runs, SoakError
from tests.soak.world import POOL, World

HOOKS = Path(__file__).resolve().parents[1] / "demo" / "tasks"
STEP = 1000  # by which the hypervisor version rises with every roll


class Rolls:
    """The rolls on one cloud."""

    def __init__(self, world: World, runs: Runs) -> None:
        self._world, self._runs = world, runs
        self._number = 0
        self._lasts = dict(LASTS)
        self._hit: Counter[str] = Counter()

    def roll(self, moment: Moment) -> None:
        """Kill a roll and run it again. Check everything at its end, and when all surviving processes have ended."""
        self._number += 1
        version = FIRST_VERSION + STEP * self._number
        directory = self._runs.folder / f"rolls-{self._number:02}"
        first = self._world.observe()
        run = self._run(moment.execution, moment.abreast, version, directory)
        over = self._await(run, directory, moment, len(first.computes))
        run.kill(moment.victim)
        killed, events = self._world.observe(), _record(directory)
        hit, parts = parts_at_work(events)
        self._hit.update(parts)
        self._runs.kills += 1
        self._runs.too_late += over
        took = self._runs.rerun(self._run(Execution.WORKER, moment.abreast, version, directory))
        print(
            f"  rolling_upgrade by {moment.abreast} in a {moment.execution.value}, SIGKILL to {moment.victim.value} in "
            f"{', '.join(sorted(parts))}{' (it was over)' if over else ''}: "
            f"{', '.join(f'{host} {part}' for host, part in hit.items()) or 'no host at work'}; on their way: "
            f"{', '.join(sorted(killed.names[server] for server in killed.moving)) or 'no server'}; rerun {took:.1f} s",
            flush=True,
        )

        def check() -> None:
            now = self._world.observe()
            self._runs.demand_none(after_roll(first, killed, now, self._world.moves_since(first), version))
            self._runs.demand_none(in_record(_record(directory), now.computes))
            self._runs.demand_none(in_upgrades(self._world.upgrades(version), hit))

        check()
        self._runs.await_orphans()
        check()
        self._lasts |= lasted(_record(directory))
        if self._number == 1:
            third = self._run(Execution.WORKER, moment.abreast, version, directory)
            self._runs.finish(third)
            if not third.changed_nothing:
                raise SoakError(f"A roll after a finished one changed something: read {third.log}.")

    def missed(self) -> set[str]:
        """The parts of a roll that have to be hit and were not."""
        return TO_HIT - set(self._hit)

    def _run(self, execution: Execution, abreast: int, version: int, directory: Path) -> Playbook:
        return self._runs.start(
            "rolling_upgrade",
            execution,
            rolling_upgrade_aggregate=POOL,
            rolling_upgrade_owner=OWNER,
            rolling_upgrade_max_unavailable=abreast,
            rolling_upgrade_directory=directory,
            rolling_upgrade_needed_tasks=HOOKS / "needed.yml",
            rolling_upgrade_tasks=HOOKS / "upgrade.yml",
            rolling_upgrade_verify_tasks=HOOKS / "verify.yml",
            hypervisor_version=version,
        )

    def _await(self, run: Playbook, directory: Path, moment: Moment, hosts: int) -> bool:
        """Return at the moment of the kill; True when the roll was over before."""
        count = moment.count(hosts)

        def reached() -> bool:
            parts = [part for part, _at in begun(_record(directory))]
            return run.status is not None or parts.count(moment.part) >= count

        wait_for(f"{moment.part} number {count} in {directory}", reached, RUN_SECONDS, interval=0.02)
        if run.status:
            raise SoakError(f"The playbook ended with {run.status} before it was killed: read {run.log}.")
        return run.ends_within(moment.share * self._lasts[moment.part])


def _record(directory: Path) -> list[Event]:
    """The events of the one roll that is recorded there; none while it is not begun. A line that is not whole waits."""
    records = list(directory.glob("*/*/record.jsonl"))
    if len(records) > 1:
        raise SoakError(f"There are {len(records)} records in {directory} instead of one.")
    lines = records[0].read_bytes().split(b"\n")[:-1] if records else []
    return [json.loads(line) for line in lines]
