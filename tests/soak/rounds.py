# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Rounds of a drain and a return, each killed, run once more, and checked.

The first round is left alone, to learn how long the work takes. The moments of the kills are spread over that time,
counted from the first change to the host.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from tests.cloud.embedded.waiting import wait_for
from tests.soak.checks import after_drain, after_return
from tests.soak.playbook import Execution, Playbook, Victim
from tests.soak.runs import OWNER, RUN_SECONDS, Runs, SoakError
from tests.soak.world import HOST, Observation, World

WORK = 0.85  # of the time from the first change to the end; the rest is Ansible's own
KINDS = [(victim, execution) for execution in Execution for victim in Victim]
START, STOP = "start_maintenance", "stop_maintenance"


@dataclass(frozen=True)
class Kill:
    """One kill: which processes, where modules are executed, and at which part (0 to 1) of the time that they take."""

    victim: Victim
    execution: Execution
    part: float


def spread_kills(number: int, dice: random.Random) -> list[Kill]:
    """That many kills, spread evenly over the time, in any order; every kind of kill in turn."""
    parts = [WORK * (place + dice.random()) / number for place in range(number)]
    dice.shuffle(parts)
    return [Kill(*KINDS[place % len(KINDS)], part) for place, part in enumerate(parts)]


class Rounds:
    """The rounds on one cloud."""

    def __init__(self, world: World, runs: Runs) -> None:
        self._world, self._runs = world, runs
        self._work_seconds: dict[str, float] = {}

    def rehearse(self) -> None:
        """Do a round without a kill. Each playbook must do its work, and change nothing when it is run again."""
        for name, enabled in ((START, False), (STOP, True)):
            run = self._run(name, Execution.WORKER)
            began = self._await_first_change(run, enabled)
            self._runs.finish(run)
            self._work_seconds[name] = time.monotonic() - began
            print(f"  {name} works for {self._work_seconds[name]:.1f} s", flush=True)
            again = self._run(name, Execution.WORKER)
            self._runs.finish(again)
            if not again.changed_nothing:
                raise SoakError(f"A second {name} changed something: read {again.log}.")

    def round(self, start: Kill | None, stop: Kill | None) -> None:
        """Drain and bring back. Check everything after each, and when all surviving processes have ended."""
        first = self._world.observe()
        killed = self._do(START, start, enabled=False)
        empty = self._world.observe()
        self._runs.demand_none(after_drain(first, killed, empty, self._world.moves_since(first), OWNER))
        self._do(STOP, stop, enabled=True)
        self._runs.demand_none(after_return(first, empty, self._world.observe(), self._world.moves_since(empty)))
        self._runs.await_orphans()
        self._runs.demand_none(after_return(first, empty, self._world.observe(), self._world.moves_since(empty)))

    def _do(self, name: str, kill: Kill | None, enabled: bool) -> Observation:
        """Run a playbook; with a kill, kill it and run it again. Returns the cloud after the kill, or else at the end.

        :param enabled: the state of the compute service that shows the run's first change.
        """
        if kill is None:
            self._runs.finish(self._run(name, Execution.WORKER))
            return self._world.observe()
        run = self._run(name, kill.execution)
        began = self._await_first_change(run, enabled)
        moment = kill.part * self._work_seconds[name]
        over = run.ends_within(max(0.0, began + moment - time.monotonic()))
        run.kill(kill.victim)
        self._runs.kills += 1
        self._runs.too_late += over
        killed = self._world.observe()
        on_host = sorted(killed.names[server] for server in killed.on_host())
        took = self._runs.rerun(self._run(name, Execution.WORKER))
        print(
            f"  {name} in a {kill.execution.value}, SIGKILL to {kill.victim.value} after {moment:.1f} s"
            f"{' (it was over)' if over else ''}; on {HOST} then: {', '.join(on_host) or 'no server'}; "
            f"rerun {took:.1f} s",
            flush=True,
        )
        return killed

    def _run(self, name: str, execution: Execution) -> Playbook:
        return self._runs.start(name, execution, host_maintenance_hosts=HOST, host_maintenance_owner=OWNER)

    def _await_first_change(self, run: Playbook, enabled: bool) -> float:
        """Return when the compute service was first seen enabled or disabled, on the monotonic clock."""

        def changed() -> bool:
            if run.status is not None:
                raise SoakError(f"The playbook ended with {run.status} before it changed anything: read {run.log}.")
            return self._world.enabled() == enabled

        wait_for(f"{HOST} enabled: {enabled}", changed, RUN_SECONDS, interval=0.05)
        return time.monotonic()
