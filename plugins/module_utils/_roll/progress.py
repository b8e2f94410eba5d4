# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How far a roll is, as a person reads it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from .._text import in_words
from .record import Roll


def how_far(roll: Roll, now: float, clock: datetime) -> str:
    """Hosts and servers so far, and when it will be over at this pace.

    :param now: seconds since 1970, as in the record; ``clock`` is the same moment as the operator reads it.
    """
    done = set(roll.done)
    moves = [(one["source"], one["server"]) for batch in roll.batches for one in batch.moves]
    text = f"{len(done)} of {len(roll.hosts)} hosts done, {len({s for h, s in moves if h in done})} servers moved"
    left = len(roll.hosts) - len(done)
    if not done or not left:
        return text
    # Only this run's pace counts: between two runs nobody worked.
    since = roll.resumed[-1] if roll.resumed else roll.opened
    ended = [span.end for lane in roll.lanes.values() if lane.returned and (span := lane.spans[-1]).end]
    lately = sum(1 for end in ended if end > since)
    if not lately:
        return text
    seconds = (now - since) / lately * left
    return f"{text}, about {in_words(seconds)} left, until {clock + timedelta(seconds=seconds):%H:%M}"
