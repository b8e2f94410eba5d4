# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How far a roll is, as people read it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from .._text import duration
from .roll import Roll


def how_far(roll: Roll, now: float, clock: datetime) -> str:
    """Count the hosts and servers so far, and say when the roll will be over at this pace.

    :param now: seconds since 1970, as in the record; ``clock`` is the same moment as the operator reads it.
    """
    done = set(roll.done)
    servers = {move["server"] for turn in roll.turns if turn.host in done for move in turn.moves}
    text = f"{len(done)} of {len(roll.hosts)} hosts done, {len(servers)} servers moved"
    left = len(roll.hosts) - len(done)
    if not done or not left:
        return text
    # Only this run's pace counts: between two runs nobody worked.
    since = roll.resumed[-1] if roll.resumed else roll.opened
    lately = sum(1 for host in done if (roll.progress[host].phases[-1].end or 0.0) > since)
    if not lately:
        return text
    seconds = (now - since) / lately * left
    exactness = 1 if seconds < 60 else 60  # seconds
    rounded = exactness * round(seconds / exactness)
    return f"{text}, about {duration(rounded)} left, until {clock + timedelta(seconds=seconds):%H:%M}"
