# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The playbooks of a soak: each has a log of its own, has to end well in time, and leaves no process for good."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from tests.cloud.embedded.layout import Layout
from tests.cloud.embedded.waiting import wait_for
from tests.soak.playbook import Execution, Playbook, Victim

OWNER = "soak"
RUN_SECONDS = 900  # that a playbook may take
ORPHAN_SECONDS = 120  # in which what survived a kill has to end


class SoakError(Exception):
    """A kill had a consequence, or a playbook failed; the message says what, and where to read on."""


class Runs:
    """All runs of playbooks, in the order in which they were started."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.folder = folder
        self._claims = folder / "claims"
        self._settings = {
            "ANSIBLE_INVENTORY": str(layout.inventory),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callback_plugins")),
            "SOAK_CLAIMS": str(self._claims),
            "SOAK_STORE": str(layout.store),
        }
        self._runs: list[Playbook] = []
        self._lock = threading.Lock()
        self._over = False
        self.kills = self.too_late = 0
        self.longest_rerun = 0.0

    def start(self, name: str, execution: Execution, **variables: object) -> Playbook:
        extra_vars = [f"{key}={value}" for key, value in variables.items()]
        with self._lock:
            if self._over:
                raise SoakError("The soak was stopped.")
            log = self.folder / f"{len(self._runs):03}-{name}.log"
            run = Playbook(name, execution, log, self._settings, *extra_vars)
            self._runs.append(run)
        return run

    @property
    def count(self) -> int:
        return len(self._runs)

    def texts(self, first: int) -> dict[str, str]:
        """What the runs from that one on printed, by the names of their logs."""
        return {run.log.name: run.log.read_text(encoding="utf-8") for run in self._runs[first:]}

    def claims(self) -> list[dict[str, Any]]:
        """Each host that a drain called empty, and the guests that it had at that moment."""
        lines = self._claims.read_text(encoding="utf-8").splitlines() if self._claims.exists() else []
        return [json.loads(line) for line in lines]

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
        """Kill what still runs; no other run begins any more."""
        with self._lock:
            self._over = True
            for run in self._runs:
                run.kill(Victim.TREE)
