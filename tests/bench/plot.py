# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Draw the figures: how much of its goal each takes. Run by the peers' Python, which has matplotlib.

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
    figures = json.loads(source.read_text())["figures"][::-1]
    # A goal of zero is reached or not, and has no share.
    shares = [
        figure["measure"] / figure["limit"] if figure["limit"] else float(figure["measure"] > 0) * 2
        for figure in figures
    ]
    colors = ["#2a7" if figure["reached"] else "#c33" for figure in figures]
    picture, axes = pyplot.subplots(figsize=(10, 1 + 0.4 * len(figures)), layout="constrained")
    axes.barh([figure["what"] for figure in figures], shares, color=colors)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlim(0, max(1.1, *shares))
    axes.set_xlabel("share of the goal (1 = just reached)")
    picture.savefig(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
