# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a command costs: seconds of CPU of it and of all that it started and waited for, and seconds that passed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class BenchError(Exception):
    """The benchmark cannot go on; the message is one sentence."""


@dataclass(frozen=True)
class Spent:
    """Seconds. Those of CPU are user's and system's together."""

    cpu: float
    wall: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.cpu - other.cpu, self.wall - other.wall)

    def over(self, number: float) -> Spent:
        return Spent(self.cpu / number, self.wall / number)


def measured(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[Spent, str]:
    """Run it to its end in ``folder``; returns what it took and what it printed. :raises BenchError: it failed."""
    log = folder / "output"
    with log.open("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=output, stderr=output)
        try:
            _pid, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    printed = log.read_text()
    if process.returncode:
        raise BenchError(f"{command[0]} ended with status {process.returncode}:\n{printed[-3000:]}")
    return Spent(usage.ru_utime + usage.ru_stime, wall), printed
