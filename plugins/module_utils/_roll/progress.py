# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How far a roll is, as people read it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .._text import counted, duration
from .forecast import ends
from .roll import Roll
from .window import Windows, windows_of


def how_far(roll: Roll, now: float) -> str:
    """Count the hosts and servers so far, and say when the roll will be over.

    :param now: seconds since 1970, as in the record.
    """
    done = set(roll.done)
    servers = {move["server"] for turn in roll.turns if turn.host in done for move in turn.moves}
    text = f"{len(done)} of {len(roll.hosts)} hosts done, {len(servers)} servers moved"
    end = max(ends(roll, now).values(), default=math.inf)
    return text if math.isinf(end) else f"{text}; will be over at {about(end, now, roll.options['time_zone'])}"


def about(end: float, now: float, time_zone: str | None) -> str:
    """Return a moment to come for the end of a sentence, such as ``about 14:32, in 1 h 20 min``."""
    seconds = end - now
    exactness = 1 if seconds < 60 else 60  # seconds
    at = Windows.parse([], time_zone).text(end, now)
    return f"about {at}, in {duration(exactness * round(seconds / exactness))}"


def lines_of_windows(over: Mapping[str, float], options: Mapping[str, Any], now: float) -> list[str]:
    """Say what the windows make of a plan; nothing where there are none.

    :param over: when each host will be over.
    """
    windows = windows_of(options)
    if not windows.windows:
        return []
    opens = windows.opens(now)
    shuts = windows.shuts(opens)
    state = "is open" if opens == now else f"opens at {windows.text(opens, now)}"
    first = sum(end <= shuts for end in over.values())
    end = max(over.values(), default=math.inf)
    last = "no end is known" if math.isinf(end) else f"all of them at about {windows.text(end, now)}"
    more = ", if the same command runs in each window" if first < len(over) else ""
    until = "" if math.isinf(shuts) else f" and shuts at {windows.text(shuts, now)}"
    return [f"the window {state}{until}: {first} of {counted(len(over), 'host')} over by then, {last}{more}"]
