# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The moments at which rolls are killed, and what a roll's record says that it is at. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.soak.playbook import Execution, Victim

Event = Mapping[str, Any]

# How many seconds each part of a roll lasts, until a roll has shown it.
LASTS = {"opening": 2.0, "drain": 4.0, "upgrade": 4.0, "verify": 3.0, "return": 4.0, "between": 1.0, "closing": 1.0}
# What an event of a host begins.
BEGINS = {"drained": "upgrade", "upgraded": "verify", "verified": "return"}
OF_NO_HOST = {"opening", "between", "closing"}
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
        # As many begin at once as there may be, and each return but the last ones makes room for another.
        parts = {"opening": 1, "closing": 1, "between": hosts - self.abreast}.get(self.part, hosts)
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


class Standing:
    """Where a roll stands, event after event.

    :ivar hosts: the phase of each host that was begun and has not returned, as a killed run left them.
    :ivar between: whether a host returned since the last one began, and another has to begin.
    """

    def __init__(self) -> None:
        self.hosts: dict[str, str] = {}
        self.between = False
        self._waiting: set[str] = set()
        self._under_way: set[str] = set()

    def add(self, event: Event) -> str | None:
        """Take in the next event, and return the part that begins with it."""
        kind, host = event["event"], event.get("host", "")
        if kind in ("opened", "resumed"):
            self._waiting, self._under_way, self.between = set(event["hosts"]), set(), False
            return "opening" if kind == "opened" else str(kind)
        if kind == "begun":
            self._waiting.discard(host)
            self._under_way.add(host)
            self.between = False
            self.hosts[host] = event["steps"][0]
            return self.hosts[host]
        if kind in BEGINS:
            self.hosts[host] = BEGINS[kind]
            return self.hosts[host]
        if kind == "returned":
            del self.hosts[host]
            self._under_way.discard(host)
            self.between = bool(self._waiting)
            return "between" if self.between else None if self._under_way else "closing"
        return "closed" if kind == "closed" else None


def begun(events: Iterable[Event]) -> list[tuple[str, float]]:
    """The parts that have begun, in their order, and when; among them when the roll was resumed and closed."""
    standing = Standing()
    return [(part, event["at"]) for event in events if (part := standing.add(event))]


def lasted(events: Iterable[Event]) -> dict[str, float]:
    """How many seconds the last part of each kind lasted that was not killed."""
    lasts: dict[str, float] = {}
    standing = Standing()
    since: dict[str, tuple[str, float]] = {}  # by host; by no name what is no host's
    for event in events:
        part, host, at = standing.add(event), event.get("host", ""), event["at"]
        if part == "resumed":
            since.clear()
        for ended in {host, ""} if event["event"] in ("begun", "closed") else {host}:
            if ended in since:
                name, began = since.pop(ended)
                lasts[name] = at - began
        if part in LASTS:
            since["" if part in OF_NO_HOST else host] = (part, at)
    return lasts


def parts_at_work(events: Iterable[Event]) -> tuple[dict[str, str], set[str]]:
    """The phase of each host that was begun and has not returned; and the parts that a roll is at."""
    standing, last = Standing(), ""
    for event in events:
        last = standing.add(event) or last
    parts = set(standing.hosts.values()) | ({"between"} if standing.between else set())
    return standing.hosts, parts or {last}
