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

from tests.soak.playbook import Execution, Victim

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
    """One kill of a roll: which processes, where its modules are executed, and when.

    :ivar position: of the part among all of its kind, 0 to 1.
    :ivar share: of the part's length that is over by then.
    """

    victim: Victim
    execution: Execution
    abreast: int
    part: str
    position: float
    share: float

    def count(self, hosts: int) -> int:
        """How many parts of that kind have begun by then, in a roll of so many hosts."""
        batches = -(-hosts // self.abreast)
        parts = {"opening": 1, "closing": 1, "drain": batches, "between": batches - 1}.get(self.part, hosts)
        return 1 + int(self.position * parts)


def moments(number: int, dice: random.Random) -> list[Moment]:
    """That many moments: twenty hit every part, in any order, and every fifth roll has module processes."""
    bag = [part for part, times in TWENTY.items() for _time in range(times)]
    parts = [part for _bag in range(-(-number // len(bag))) for part in dice.sample(bag, len(bag))][:number]
    return [
        Moment(
            victim=list(Victim)[place % 2],
            execution=Execution.MODULE if place % 5 == 4 else Execution.WORKER,
            abreast=dice.choice((2, 3)),
            part=part,
            position=dice.random(),
            share=dice.random(),
        )
        for place, part in enumerate(parts)
    ]


def begun(events: Iterable[Event]) -> list[tuple[str, float]]:
    """The parts that have begun, in their order, and when; among them when the roll was resumed and closed."""
    parts: list[tuple[str, float]] = []
    away: set[str] = set()
    left: set[str] = set()
    for event in events:
        kind, at = event["event"], event["at"]
        if kind == "opened":
            left = set(event["hosts"])
            parts.append(("opening", at))
        elif kind == "batch":
            away |= set(event["hosts"])
            parts.append(("drain", at))
        elif kind in BEGINS:
            parts.append((BEGINS[kind], at))
        elif kind == "returned":
            away.discard(event["host"])
            left.discard(event["host"])
            if not away:
                parts.append(("between" if left else "closing", at))
        elif kind in ("resumed", "closed"):
            parts.append((kind, at))
    return parts


def lasted(events: Iterable[Event]) -> dict[str, float]:
    """How many seconds the last part of each kind lasted that was not killed. Hosts of a batch go in step."""
    steps = [next(group) for _part, group in groupby(begun(events), itemgetter(0))]
    return {part: end - at for (part, at), (after, end) in pairwise(steps) if part in LASTS and after != "resumed"}


def at_work(events: Sequence[Event]) -> dict[str, str]:
    """The phase of each host that was begun and has not returned."""
    hosts: dict[str, str] = {}
    for event in events:
        kind = event["event"]
        if kind == "batch":
            hosts |= dict.fromkeys(event["hosts"], "drain")
        elif kind in BEGINS:
            hosts[event["host"]] = BEGINS[kind]
        elif kind == "returned":
            del hosts[event["host"]]
    return hosts
