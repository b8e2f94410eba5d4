# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Rounds of a drain and a return, killed and run once more, and judged.

The first round is left alone, to learn how long the work takes. The moments of the kills are spread over that time,
counted from the first change to the host.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from embedded.waiting import wait_for
from judge import drained, returned
from playbook import Door, Playbook, Victim
from runs import OWNER, RUN_SECONDS, Runs, SoakError
from world import HOST, Seen, World

WORK = 0.85  # of the time from the first change to the end; the rest is Ansible's own
KINDS = [(victim, door) for door in Door for victim in Victim]
START, STOP = "start_maintenance", "stop_maintenance"


@dataclass(frozen=True)
class Blow:
    """One kill: who, where the work is done, and at which part (0 to 1) of the time that the work takes."""

    victim: Victim
    door: Door
    part: float


def blows(number: int, dice: random.Random) -> list[Blow]:
    """Moments spread evenly, in any order; every kind of kill in turn."""
    parts = [WORK * (place + dice.random()) / number for place in range(number)]
    dice.shuffle(parts)
    return [Blow(*KINDS[place % len(KINDS)], part) for place, part in enumerate(parts)]


class Rounds:
    """The rounds on one cloud."""

    def __init__(self, world: World, runs: Runs) -> None:
        self._world, self._runs = world, runs
        self._work_seconds: dict[str, float] = {}

    def rehearse(self) -> None:
        """One round without a kill. Each must do its work, and do nothing when it is run again."""
        for name, enabled in ((START, False), (STOP, True)):
            run = self._run(name, Door.WORKER)
            began = self._await_first_change(run, enabled)
            self._runs.finish(run)
            self._work_seconds[name] = time.monotonic() - began
            print(f"  {name} works for {self._work_seconds[name]:.1f} s", flush=True)
            again = self._run(name, Door.WORKER)
            self._runs.finish(again)
            if not again.changed_nothing:
                raise SoakError(f"A second {name} changed something: read {again.log}.")

    def round(self, start: Blow | None, stop: Blow | None) -> None:
        """A drain and a return; after each of them, and when all survivors have ended, everything is judged."""
        first = self._world.look()
        killed = self._do(START, start, enabled=False)
        empty = self._world.look()
        self._runs.demand(drained(first, killed, empty, self._world.moves_since(first), OWNER))
        self._do(STOP, stop, enabled=True)
        self._runs.demand(returned(first, empty, self._world.look(), self._world.moves_since(empty)))
        self._runs.await_orphans()
        self._runs.demand(returned(first, empty, self._world.look(), self._world.moves_since(empty)))

    def _do(self, name: str, blow: Blow | None, enabled: bool) -> Seen:
        """Run a playbook; with a blow kill it and run it again. Returns what was seen after the kill, or at the end.

        :param enabled: the state of the compute service that shows the run's first change.
        """
        if blow is None:
            self._runs.finish(self._run(name, Door.WORKER))
            return self._world.look()
        run = self._run(name, blow.door)
        began = self._await_first_change(run, enabled)
        moment = blow.part * self._work_seconds[name]
        over = run.ends_within(max(0.0, began + moment - time.monotonic()))
        run.kill(blow.victim)
        self._runs.kills += 1
        self._runs.too_late += over
        killed = self._world.look()
        home = sorted(killed.names[key] for key in killed.at_home())
        took = self._runs.rerun(self._run(name, Door.WORKER))
        print(
            f"  {name} in a {blow.door.value}, SIGKILL to {blow.victim.value} after {moment:.1f} s"
            f"{' (it was over)' if over else ''}; on {HOST} then: {', '.join(home) or 'nobody'}; rerun {took:.1f} s",
            flush=True,
        )
        return killed

    def _run(self, name: str, door: Door) -> Playbook:
        return self._runs.start(name, door, host_maintenance_hosts=HOST, host_maintenance_owner=OWNER)

    def _await_first_change(self, run: Playbook, enabled: bool) -> float:
        """Return when the compute service was first seen enabled or disabled, on the monotonic clock."""

        def changed() -> bool:
            if run.status is not None:
                raise SoakError(f"The playbook ended with {run.status} before it changed anything: read {run.log}.")
            return self._world.enabled() == enabled

        wait_for(f"{HOST} enabled: {enabled}", changed, RUN_SECONDS, interval=0.05)
        return time.monotonic()
