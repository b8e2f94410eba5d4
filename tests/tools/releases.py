# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run the conformance tests and the demo's roll on each older release of OpenStack, and print a table of them.

With ``ONLY=2025.1`` in the environment just that one. Each has its services in a virtualenv of its own, made from
``requirements/cloud-RELEASE.txt`` once (0.5 GB), with Python 3.11: the oldest of them know no newer one.
"""

from __future__ import annotations

import os
import sys
import time

from tests.cloud.embedded.layout import RELEASES
from tests.tools.layout import call, environment, run_tool
from tests.tools.versions import find

PYTHON = "3.11"
LIMIT = "20m"  # for each part; one that takes longer is told to end
PARTS = {
    "install": ["tests/cloud", "install"],
    "conformance": ["-m", "tests.tools.on_cloud", "pytest", "-q", "tests/conformance", "-k", "real"],
    "roll": ["-m", "tests.demo"],
}


def run(release: str, python: str) -> list[str]:
    """Run each part, also those after a failing one, and return a cell of the table for each."""
    cells = []
    for part, arguments in PARTS.items():
        print(f"\n== {release}: {part}", flush=True)
        started = time.monotonic()
        command = ["timeout", LIMIT, python, *arguments]
        status = call(command, environment(EMBEDDED_CLOUD_RELEASE=release))
        cells.append(f"{'FAILED' if status else 'passed'}{(time.monotonic() - started) / 60:6.1f}")
    return cells


def main() -> int:
    """Return 1 when a part failed on a release."""
    only = os.environ.get("ONLY", "")
    releases = [release for release in RELEASES if only in ("", release)]
    python = find(PYTHON)
    if not releases or not python:
        unknown = f"There is no release {only} here: there are {', '.join(RELEASES)}."
        print(unknown if python else f"There is no python{PYTHON} in the PATH: install one.", file=sys.stderr)
        return 1
    rows = {release: run(release, python) for release in releases}
    print("\n" + "".join(f"{title:14}" for title in ("minutes", *PARTS)))
    for release, cells in rows.items():
        print("".join(f"{cell:14}" for cell in (release, *cells)))
    return int(any("FAILED" in cell for cells in rows.values() for cell in cells))


if __name__ == "__main__":
    run_tool(main)
