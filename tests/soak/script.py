# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What happens in one round of a storm: who maintains which host, and who does what meanwhile. Pure.

All of it is drawn from the seed and the round's number, also which server an act meets among those that it then fits.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.soak.playbook import Execution, Victim
from tests.soak.rounds import Kill

SECONDS = 14.0  # in which acts begin, from the start of a round
FRONT = ("away", "busy", "unavailable", "hang", "lose")
TENANT = (
    *("build", "build", "build", "delete", "delete"),
    *("resize", "resize", "resize and revert"),
    *("stop", "start", "pause", "unpause", "snapshot", "shelve", "unshelve", "unshelve"),
)
OPERATOR = (
    "live-migrate",
    "live-migrate",
    "live-migrate here",
    "cold-migrate",
    "disable",
    "disable ours",
    "enable ours",
)


@dataclass(frozen=True)
class Act:
    """What somebody else does.

    :ivar at: seconds since the start of the round. :ivar lasts: seconds until it is undone, where it has an end.
    :ivar choice: which server or host it meets, 0 to 1, among those that it fits.
    """

    at: float
    what: str
    lasts: float
    choice: float


@dataclass(frozen=True)
class Outage:
    """How the API of a service, `compute` or `placement`, fails for clients."""

    at: float
    service: str
    fail: str
    seconds: float


@dataclass(frozen=True)
class Plan:
    """One maintenance: of which host, when, for how long, and where it is killed."""

    host: str
    owner: str
    at: float
    pause: float
    start: Kill | None
    stop: Kill | None


@dataclass(frozen=True)
class Script:
    """One round."""

    plans: Sequence[Plan]
    tenants: Sequence[Act]
    operators: Sequence[Act]
    outages: Sequence[Outage]


def script(seed: int, number: int, hosts: Sequence[str]) -> Script:
    """The round of that number."""
    dice = random.Random(f"{seed}/{number}")
    maintained = dice.sample(sorted(hosts), dice.choice((1, 1, 2)))
    return Script(
        plans=[_plan(dice, host, place) for place, host in enumerate(maintained)],
        tenants=[_act(dice, TENANT) for _act_number in range(dice.randint(6, 10))],
        operators=[_act(dice, OPERATOR) for _act_number in range(dice.randint(2, 4))],
        outages=[_outage(dice) for _outage_number in range(dice.randint(0, 3))],
    )


def _plan(dice: random.Random, host: str, place: int) -> Plan:
    """The second maintenance begins while the first one is at work."""
    return Plan(
        host=host,
        owner=f"storm{place}",
        at=place * dice.uniform(1.0, 6.0),
        pause=dice.uniform(0.0, 1.5),
        start=_kill(dice),
        stop=_kill(dice),
    )


def _kill(dice: random.Random) -> Kill | None:
    """Three of five runs are killed."""
    kill = Kill(dice.choice(list(Victim)), dice.choice(list(Execution)), dice.random())
    return kill if dice.random() < 0.6 else None


def _act(dice: random.Random, kinds: Sequence[str]) -> Act:
    return Act(dice.uniform(0.0, SECONDS), dice.choice(kinds), dice.uniform(0.5, 4.0), dice.random())


def _outage(dice: random.Random) -> Outage:
    service = dice.choice(("compute", "compute", "placement"))
    return Outage(dice.uniform(0.0, SECONDS), service, dice.choice(FRONT), dice.uniform(0.5, 3.0))
