# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The maintenance of one host in a storm: its operator runs the same command again when it was killed or failed."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.soak.journal import Journal
from tests.soak.playbook import Execution, Playbook
from tests.soak.rounds import START, STOP, Kill
from tests.soak.runs import RUN_SECONDS, Runs, SoakError
from tests.soak.script import Plan

TRIES = 3  # that the operator makes while the storm lasts
TRIES_IN_CALM = 3
TIMEOUT = 60  # seconds that a drain or a return may take
FIRST_SECONDS = 6.0  # that a playbook takes, until one has shown it


class Maintenance:
    """Its runs, as its operator has them."""

    def __init__(self, plan: Plan, runs: Runs, journal: Journal, lasts: dict[str, float]) -> None:
        self.plan = plan
        self._runs, self._journal, self._lasts = runs, journal, lasts
        self._stops: list[Playbook] = []

    @property
    def texts(self) -> str:
        """What the playbooks of its return printed."""
        return "\n".join(run.log.read_text(encoding="utf-8") for run in self._stops)

    def drain(self) -> None:
        """Drain the host, as well as the storm lets."""
        self._journal.wait_until(self.plan.at)
        self._insist(START, self.plan.start)

    def bring_back(self) -> None:
        """Bring its servers back, as well as the storm lets."""
        time.sleep(self.plan.pause)
        self._insist(STOP, self.plan.stop)

    def end(self, is_over: Callable[[str], bool]) -> None:
        """Bring everything back, now that it is calm.

        :param is_over: whether nothing of a maintenance stands at a host.
        """
        for _try in range(TRIES_IN_CALM):
            if is_over(self.plan.host):
                return
            self._finish(self._run(STOP, Execution.WORKER))
        if not is_over(self.plan.host):
            self._journal.find(f"the maintenance of {self.plan.host} does not end: read {self._stops[-1].log}")

    def _insist(self, name: str, kill: Kill | None) -> None:
        """Run a playbook, kill it where that is planned, and run it again until the tries are over or it ends well."""
        if kill:
            self._kill(self._run(name, kill.execution), name, kill)
        for _try in range(TRIES):
            began = time.monotonic()
            if self._finish(self._run(name, Execution.WORKER)):
                self._lasts[name] = time.monotonic() - began
                return

    def _kill(self, run: Playbook, name: str, kill: Kill) -> None:
        seconds = kill.part * self._lasts.get(name, FIRST_SECONDS)
        over = run.ends_within(seconds)
        run.kill(kill.victim)
        self._runs.kills += 1
        self._runs.too_late += over
        self._journal.did(
            "kill", f"{kill.victim.value} of {run.log.name} after {seconds:.1f} s{' (it was over)' if over else ''}"
        )

    def _run(self, name: str, execution: Execution) -> Playbook:
        run = self._runs.start(
            name,
            execution,
            host_maintenance_hosts=self.plan.host,
            host_maintenance_owner=self.plan.owner,
            host_maintenance_timeout=TIMEOUT,
        )
        if name == STOP:
            self._stops.append(run)
        self._journal.note(f"{self.plan.host}: {run.log.name} begins")
        return run

    def _finish(self, run: Playbook) -> bool:
        """Whether it ended well. :raises SoakError: if it does not end at all."""
        if not run.ends_within(RUN_SECONDS):
            raise SoakError(f"The playbook did not end within {RUN_SECONDS} s: read {run.log}.")
        self._journal.did("failed" if run.status else "done", f"{run.log.name}{run.failure}")
        return not run.status
