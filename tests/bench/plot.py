# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Draw the figures: how much of its goal each one takes. Run by the peers' Python, which has matplotlib.

``plot.py results.json results.svg``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402


def main(source: Path, target: Path) -> None:
    found = json.loads(source.read_text())["figures"][::-1]
    # A goal of zero is reached or not, and has no share.
    shares = [one["measure"] / one["limit"] if one["limit"] else float(one["measure"] > 0) * 2 for one in found]
    figure, axes = pyplot.subplots(figsize=(10, 1 + 0.4 * len(found)), layout="constrained")
    axes.barh([one["what"] for one in found], shares, color=["#2a7" if one["reached"] else "#c33" for one in found])
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlim(0, max(1.1, *shares))
    axes.set_xlabel("share of the goal (1 = just reached)")
    figure.savefig(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
