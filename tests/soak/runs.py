# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The playbooks of a soak: each has a log of its own, has to end well in time, and leaves no process for good."""

from __future__ import annotations

import time
from pathlib import Path

from embedded.waiting import wait_for
from playbook import Execution, Playbook, Victim

OWNER = "soak"
RUN_SECONDS = 900  # that a playbook may take
ORPHAN_SECONDS = 120  # in which what survived a kill has to end


class SoakError(Exception):
    """A kill had a consequence, or a playbook failed; the message says what, and where to read on."""


class Runs:
    """All runs of playbooks, in the order in which they were started."""

    def __init__(self, folder: Path, inventory: Path) -> None:
        self.folder, self._inventory = folder, inventory
        self._runs: list[Playbook] = []
        self.kills = self.too_late = 0
        self.longest_rerun = 0.0

    def start(self, name: str, execution: Execution, **variables: object) -> Playbook:
        log = self.folder / f"{len(self._runs):03}-{name}.log"
        run = Playbook(name, execution, log, self._inventory, *(f"{key}={value}" for key, value in variables.items()))
        self._runs.append(run)
        return run

    def finish(self, run: Playbook) -> None:
        """Wait for its end. :raises SoakError: if it does not end well in time."""
        if not run.ends_within(RUN_SECONDS):
            raise SoakError(f"The playbook did not end within {RUN_SECONDS} s: read {run.log}.")
        if run.status:
            raise SoakError(f"The playbook ended with {run.status}: read {run.log}.")

    def rerun(self, run: Playbook) -> float:
        """Wait for the end of a run after a kill, and return how many seconds it took."""
        began = time.monotonic()
        self.finish(run)
        took = time.monotonic() - began
        self.longest_rerun = max(self.longest_rerun, took)
        return took

    def await_orphans(self) -> None:
        """Return when no process of any run is left."""
        wait_for("Every process of the killed runs ended", self._no_process_left, ORPHAN_SECONDS)

    def _no_process_left(self) -> bool:
        return not any(True for run in self._runs for _pid in run.survivors())

    def demand_none(self, problems: list[str]) -> None:
        """:raises SoakError: if there is a problem."""
        if problems:
            raise SoakError(f"{'; '.join(problems)}. The playbooks' output is in {self.folder}.")

    def end(self) -> None:
        """Kill what still runs."""
        for run in self._runs:
            run.kill(Victim.TREE)
