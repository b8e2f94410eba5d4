# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether the probe of guests still checks them. It is a process of its own, which may end or get stuck unseen.

It notes each round that worked beside the record, and not in it, for a roll has thousands of rounds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .limits import Stop
from .process import is_running
from .roll import Probing, Roll
from .store import private
from .waits import Wait
from .window import windows_of

_FILE = "probe_rounds.json"
# Seconds without a round that worked, after which a run does not wait for one any more.
LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class _Round:
    """The last round that worked, in seconds since 1970."""

    begin: float
    end: float


def note_round(folder: Path, begin: float, end: float) -> None:
    """Note a round that checked the guests. :param folder: of the roll."""
    draft = folder / f"{_FILE}.draft"
    with open(draft, "w", encoding="utf-8", opener=private) as file:
        json.dump({"begin": begin, "end": end}, file)
    draft.replace(folder / _FILE)


def probe_ended(folder: Path, roll: Roll, now: float) -> Stop | None:
    """Return why no further host may begin in this run: its probe is gone, or has not worked for long."""
    if roll.probing is None:
        return None
    last = _last_round(folder, roll.probing)
    if not is_running(roll.probing.process):
        return Stop(f"the probe of guests has ended: {_unseen(folder, roll, last)}")
    return Stop(_not_working(folder, roll, last)) if now - last.end > LONGEST_WAIT else None


def probe_is_late(folder: Path, roll: Roll, now: float) -> Wait | None:
    """Return why no host may begin before the probe works again: it may have missed one round, and not two."""
    if roll.probing is None:
        return None
    last = _last_round(folder, roll.probing)
    most = roll.options["max_silence"] + 2 * max(roll.probing.interval, last.end - last.begin)
    if now - last.end <= most:
        return None
    return Wait("probe", _not_working(folder, roll, last))


def _not_working(folder: Path, roll: Roll, last: _Round) -> str:
    return f"the probe of guests does not work: {_unseen(folder, roll, last)}"


def _unseen(folder: Path, roll: Roll, last: _Round) -> str:
    since = f"{windows_of(roll.options).clock(last.end):%H:%M:%S}"
    return f"whether guests answer was seen last at {since}, see {folder / 'probe.log'}"


def _last_round(folder: Path, probing: Probing) -> _Round:
    """Return the last round. Without a note of it that can be read there was none since the probe began."""
    try:
        noted = json.loads((folder / _FILE).read_bytes())
        return _Round(float(noted["begin"]), float(noted["end"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _Round(probing.at, probing.at)
