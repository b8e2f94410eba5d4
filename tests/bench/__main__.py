# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Measure the collection beside what a user would take instead, on this machine, in one run.

``python3 -m tests.bench [--rounds 3] [ROW ...]`` prints a table, writes it to ``build/bench/results.json`` and draws
it in ``build/bench/results.svg``. The exit status is 1 when a goal was missed. The rounds are interleaved, so what
else the machine does falls on all alike; the figures are medians, and the ratios are medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(1, str(ROOT / "build" / "collections"))

from tests.bench import peers
from tests.bench.figures import Figure, table
from tests.bench.processes import BenchError
from tests.cloud.embedded.errors import CloudError

ROWS = ("unchanged", "many", "created", "tokens", "drain", "planning", "tight", "inventory", "roll", "drawn", "fleet")


def measure(row: str, rounds: int) -> list[Figure]:
    """The figures of one row, measured in a folder of its own."""
    folder = peers.FOLDER / row
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    began = time.monotonic()
    print(f"Measuring {row} ...", end="", flush=True)
    figures: list[Figure] = importlib.import_module(f"tests.bench.rows.{row}").figures(folder, rounds)
    print(f" {time.monotonic() - began:.0f} s", flush=True)
    return figures


def write(figures: list[Figure], seconds: float) -> None:
    """Write the figures for machines, and draw them."""
    results = peers.FOLDER / "results.json"
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    document = {"seconds": round(seconds), "machine": machine, "figures": [figure.exported() for figure in figures]}
    results.write_text(json.dumps(document, indent=2) + "\n")
    command = [
        str(peers.VENV / "bin" / "python"),
        str(HERE / "plot.py"),
        str(results),
        str(results.with_suffix(".svg")),
    ]
    subprocess.run(command, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench", description="Measure the collection and its peers.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(ROWS)}; all of them without")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"there is no row {', '.join(sorted(unknown))}")
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        peers.install_peers()
        figures = [figure for row in options.rows or ROWS for figure in measure(row, options.rounds)]
    except (BenchError, CloudError) as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    seconds = time.monotonic() - began
    print(f"\n{table(figures)}\n")
    write(figures, seconds)
    missed = sum(not figure.reached for figure in figures)
    print(
        f"{len(figures) - missed} goals reached, {missed} missed, in {seconds / 60:.1f} minutes; "
        "build/bench/results.svg"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
