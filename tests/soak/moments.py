# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The moments at which rolls are killed, and what a roll's record says that it is at. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from playbook import Door, Victim

Event = Mapping[str, Any]

# How many seconds each part of a roll lasts, until a roll has shown it.
LASTS = {"opening": 2.0, "drain": 4.0, "upgrade": 4.0, "verify": 3.0, "return": 4.0, "between": 1.0, "closing": 1.0}
# What an event of a host begins.
BEGINS = {"drained": "upgrade", "upgraded": "verify", "verified": "return"}
# Of twenty kills: how many are meant for which part.
TWENTY = {"opening": 1, "drain": 6, "upgrade": 4, "verify": 1, "return": 5, "between": 2, "closing": 1}
TO_HIT = {"drain", "upgrade", "return", "between"}


@dataclass(frozen=True)
class Moment:
    """One kill of a roll: who, where its modules work, and when.

    :ivar turn: which of the parts of that kind, 0 to 1 of them all. :ivar share: of its length that is over by then.
    """

    victim: Victim
    door: Door
    abreast: int
    part: str
    turn: float
    share: float

    def count(self, hosts: int) -> int:
        """How many parts of that kind have begun by then, in a roll of so many hosts."""
        batches = -(-hosts // self.abreast)
        parts = {"opening": 1, "closing": 1, "drain": batches, "between": batches - 1}.get(self.part, hosts)
        return 1 + int(self.turn * parts)


def moments(number: int, dice: random.Random) -> list[Moment]:
    """Twenty hit every part, in any order; every fifth roll has its modules in processes of their own."""
    bag = [part for part, times in TWENTY.items() for _time in range(times)]
    parts = [part for _bag in range(-(-number // len(bag))) for part in dice.sample(bag, len(bag))][:number]
    return [
        Moment(
            victim=list(Victim)[place % 2],
            door=Door.MODULE if place % 5 == 4 else Door.WORKER,
            abreast=dice.choice((2, 3)),
            part=part,
            turn=dice.random(),
            share=dice.random(),
        )
        for place, part in enumerate(parts)
    ]


def begun(events: Iterable[Event]) -> list[tuple[str, float]]:
    """The parts that the record says have begun, in their order, and when; its resumption and its end besides."""
    parts: list[tuple[str, float]] = []
    away: set[str] = set()
    left: set[str] = set()
    for event in events:
        what, at = event["event"], event["at"]
        if what == "opened":
            left = set(event["hosts"])
            parts.append(("opening", at))
        elif what == "batch":
            away |= set(event["hosts"])
            parts.append(("drain", at))
        elif what in BEGINS:
            parts.append((BEGINS[what], at))
        elif what == "returned":
            away.discard(event["host"])
            left.discard(event["host"])
            if not away:
                parts.append(("between" if left else "closing", at))
        elif what in ("resumed", "closed"):
            parts.append((what, at))
    return parts


def lasted(events: Iterable[Event]) -> dict[str, float]:
    """How many seconds the last part of each kind took that was not killed. Hosts of a batch go in step."""
    steps = [next(group) for _part, group in groupby(begun(events), itemgetter(0))]
    return {part: end - at for (part, at), (after, end) in pairwise(steps) if part in LASTS and after != "resumed"}


def at_work(events: Sequence[Event]) -> dict[str, str]:
    """What each host is at that was begun and is not back."""
    hosts: dict[str, str] = {}
    for event in events:
        what = event["event"]
        if what == "batch":
            hosts |= dict.fromkeys(event["hosts"], "drain")
        elif what in BEGINS:
            hosts[event["host"]] = BEGINS[what]
        elif what == "returned":
            del hosts[event["host"]]
    return hosts
