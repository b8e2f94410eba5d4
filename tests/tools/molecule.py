# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run the molecule scenarios one after the other, also those after a failing one, and say which failed.

With ``ONLY=name`` in the environment just that one. They need a running cloud: see ``on_cloud.py``.
"""

from __future__ import annotations

import os
import sys
import time

from tests.tools.layout import ROOT, call, environment, run_tool


def main() -> int:
    """Return 1 if a scenario failed, or if there is none."""
    names = sorted(path.parent.name for path in (ROOT / "extensions" / "molecule").glob("*/molecule.yml"))
    only = os.environ.get("ONLY", "")
    scenarios = [name for name in names if only in ("", name)]
    if not scenarios:
        there = ", ".join(names) or "none"
        print(f"extensions/molecule holds no scenario {only or 'at all'}; it holds: {there}.", file=sys.stderr)
        return 1
    lines = []
    failed = 0
    for name in scenarios:
        started = time.monotonic()
        status = call(["molecule", "test", "--scenario-name", name], environment())
        failed += status != 0
        again = f"  make molecule ONLY={name}" if status else ""
        lines.append(f"{name:40}{'FAILED' if status else 'passed'}{(time.monotonic() - started) / 60:6.1f} min{again}")
    print("\n".join(["", *lines]))
    return 1 if failed else 0


if __name__ == "__main__":
    run_tool(main)
