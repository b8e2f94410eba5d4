# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a user would take instead: installed by the benchmark, in an environment of their own."""

from __future__ import annotations

import subprocess

from tests.bench.processes import BenchError
from tests.tools.install import install
from tests.tools.layout import BUILD, ROOT, alone

FOLDER = BUILD / "bench"
VENV = FOLDER / "venv"
REQUIREMENTS = ROOT / "requirements" / "bench.txt"


def install_peers() -> None:
    """:raises BenchError: the package index did not have them."""
    with alone("bench") as lock:
        try:
            install("the peers", VENV, REQUIREMENTS, lock)
        except subprocess.CalledProcessError as error:
            raise BenchError(
                f"The peers could not be installed from requirements/bench.txt ({error.cmd[0]} ended with"
                f" {error.returncode}): mend what it says above and run the same command again."
            ) from None
