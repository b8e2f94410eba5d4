# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Render the report of a roll as one HTML page that needs nothing else: no script, no network, no second file.

What the page shows, its sections, tables and columns, is in ``html_template``, how it looks in ``html_style``; this
gives it the data, and the places of the bars on the time line.

Names on it were chosen by tenants. They are made printable like all text of this collection, and escaped by the
template engine (jinja2, not Ansible's templar).
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

try:
    import jinja2
except ImportError:
    HAS_JINJA2 = False
else:
    HAS_JINJA2 = True


from .._text import duration, printable_data
from .html_style import STYLE
from .html_template import TEMPLATE
from .versions import KINDS, changed_kinds

# Seconds between two marks of the time axis: the first step is taken that makes no more than ``MARKS`` of them.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)
MARKS = 8
# In pixels: the bar of a phase, that of a move, and the space around them.
PHASE, MOVE, SPACE = 18, 5, 2
# How many of the guests with the longest gaps, and of the moves that went wrong, the page shows; the JSON has them all.
SHOWN = 100


def html_page(report: Mapping[str, Any]) -> str:
    """The page for a report as ``build_report`` makes it. jinja2 must be there (``HAS_JINJA2``)."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters.update(time=clock, duration=unbroken_duration, isolated=isolated, deviation=deviation)
    view = printable_data(report)
    scale = Scale(view["roll"]["begin"], view["roll"]["until"])
    lengths = _lengths(view)
    probe = view["probe"]
    silent = [guest for guest in probe["guests"] if guest["gaps"]] if probe else []
    return environment.from_string(TEMPLATE).render(
        **view,
        style=STYLE,
        version_kinds=[kind for kind in KINDS if any(any(host[kind].values()) for host in view["hosts"])],
        changed_kinds=changed_kinds(view["hosts"]),
        marks=scale.marks(MARKS),
        lengths=lengths,
        finer_marks=scale.marks(max(MARKS, lengths)),
        hold_bars=_hold_bars(view["holds"], scale),
        lanes=_lanes(view["hosts"], view["moves"], scale),
        wrong=[move for move in view["moves"] if move["outcome"] in ("failed", "aborted") or not move["planned"]],
        silent=silent,
        silences=[_silences(guest, scale) for guest in silent[:SHOWN]],
        shown=SHOWN,
    )


def _lengths(report: Mapping[str, Any]) -> int:
    """How many times as long as the median host the whole roll is: so many follow one another in its time line."""
    seconds = [host["seconds"] for host in report["hosts"] if host["phases"]]
    return math.ceil(report["roll"]["seconds"] / max(1.0, statistics.median(seconds))) if seconds else 1


class Scale:
    """Where a moment lies on the time axis, in percent."""

    def __init__(self, begin: float, end: float) -> None:
        self._begin = begin
        self._length = max(end - begin, 1.0)

    def at(self, moment: float) -> float:
        """The place of a moment, in percent. A moment beside the axis lies at its nearer end."""
        return round(min(max((moment - self._begin) / self._length, 0.0), 1.0) * 100, 3)

    def span(self, begin: float, end: float | None) -> dict[str, float]:
        """``x`` and ``width`` of a bar, in percent. What has not ended lasts to the end of the axis."""
        left = self.at(begin)
        right = 100.0 if end is None else self.at(end)
        return {"x": left, "width": round(max(right - left, 0.0), 3)}

    def marks(self, most: int) -> list[dict[str, Any]]:
        """Round times of the clock (UTC) along the axis, about ``most`` of them."""
        step = next((step for step in STEPS if self._length / step <= most), STEPS[-1])
        form = "%H:%M:%S" if step < 60 else "%H:%M" if self._length < 86400 else "%d %b %H:%M"
        first, end = math.ceil(self._begin / step) * step, self._begin + self._length
        return [
            {"x": self.at(moment), "text": f"{_utc(moment):{form}}"}
            for moment in range(first, math.floor(end) + 1, step)
        ]


def _lanes(
    hosts: Sequence[Mapping[str, Any]], moves: Iterable[Mapping[str, Any]], scale: Scale
) -> list[dict[str, Any]]:
    """A lane for each host: its phases above, below them its moves, on as many lines as moves ran at once."""
    by_lane = defaultdict(list)
    for move in moves:
        by_lane[move["lane"]].append(move)
    lanes = []
    for host in hosts:
        placed = _on_lines(by_lane[host["host"]])
        bars = [
            {**move, **scale.span(move["begin"], move["end"]), "y": PHASE + SPACE + line * (MOVE + SPACE)}
            for line, move in placed
        ]
        phases = [{**phase, **scale.span(phase["begin"], phase["end"])} for phase in host["phases"]]
        height = PHASE + SPACE + max((line + 1 for line, move in placed), default=0) * (MOVE + SPACE)
        lanes.append({"host": host, "phases": phases, "moves": bars, "height": height})
    return lanes


def _hold_bars(holds: Iterable[Mapping[str, Any]], scale: Scale) -> list[dict[str, Any]]:
    """A bar for each time in which the roll was held, on as many lines as there are at once."""
    return [
        {**hold, **scale.span(hold["begin"], hold["end"]), "y": line * (PHASE + SPACE)}
        for line, hold in _on_lines(holds)
    ]


def _on_lines(moves: Iterable[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    """Each move with the first line that is free when it begins. A move that has not ended keeps its line."""
    ends: list[float] = []
    placed = []
    for move in moves:
        line = next((line for line, end in enumerate(ends) if end <= move["begin"]), len(ends))
        end = math.inf if move["end"] is None else move["end"]
        ends[line : line + 1] = [end]
        placed.append((line, move))
    return placed


def _silences(guest: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    """A guest with a bar for each of its gaps."""
    return {**guest, "bars": [{**gap, **scale.span(gap["begin"], gap["end"])} for gap in guest["gaps"]]}


def isolated(text: str) -> str:
    """A name for a tooltip, kept from turning around what follows it where it is written from right to left."""
    return f"\u2068{text}\u2069"


def unbroken_duration(seconds: float) -> str:
    """Return a duration that no narrow column breaks."""
    return duration(seconds).replace(" ", "\u00a0")


def deviation(percent: float | None) -> str:
    """By how much something took longer or shorter than was foreseen, such as ``+4 %``; empty if it is not over."""
    return "" if percent is None else f"{percent:+.0f} %"


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def clock(moment: float) -> str:
    """Such as ``21 Nov 2026 10:15:00``, in UTC."""
    return f"{_utc(moment):%d %b %Y %H:%M:%S}"
