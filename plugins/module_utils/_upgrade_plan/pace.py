# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How long the parts of a turn are taken to last. Pure.

``learn`` makes a pace of what is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from .._text import counted, duration


class Load(NamedTuple):
    """Servers that move: how many, their memory together, and the largest of them, in GiB."""

    servers: int = 0
    gib: float = 0.0
    largest: float = 0.0

    @classmethod
    def of(cls, sizes: Iterable[float]) -> Load:
        """:param sizes: the memory of each server in GiB."""
        some = list(sizes)
        return cls(len(some), round(sum(some), 3), round(max(some, default=0.0), 3))


class TurnLoad(NamedTuple):
    """What is to be done in a turn.

    :ivar leaving: the servers that leave the host, or another one to make room; ``back``: those that come back to it.
    :ivar upgraded: whether the host has the upgrade already.
    """

    leaving: Load = Load()
    back: Load = Load()
    upgraded: bool = False

    @classmethod
    def read(cls, raw: Iterable[Any]) -> TurnLoad:
        """Read what a record has of it."""
        leaving, back, upgraded = raw
        return cls(Load(*leaving), Load(*back), upgraded)


class TurnSeconds(NamedTuple):
    """How long each phase of a turn lasts, in the order of the phases."""

    drain: float
    upgrade: float
    verify: float
    returning: float

    @property
    def total(self) -> float:
        return sum(self)


class Correction(NamedTuple):
    """What a phase takes in fact, over what its moves alone would."""

    factor: float = 1.0
    seconds: float = 0.0

    def of(self, seconds: float) -> float:
        return self.factor * seconds + self.seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """What predictions of time rest on.

    The defaults are assumptions, not measurements: a guest of some GiB over 10 Gbit/s, two moves at once as Nova's and
    os_host_maintenance's defaults have it, and an upgrade with a reboot of a large machine.

    :ivar seconds_per_move: how long one server takes to its target or back, and ``seconds_per_gib`` how much longer
        for each GiB of its memory.
    :ivar moves_at_once: how many servers leave a host, or come back to it, at the same time.
    :ivar upgrade_seconds: how long the upgrade of an empty host takes, and ``verify_seconds`` what proves it.
    :ivar drain: what a drain takes over its moves, and ``returning`` what a return does.
    :ivar moves_seen: of how many migrations this was learnt, and ``hosts_seen`` of how many hosts; 0 where it is
        assumed.
    """

    seconds_per_move: float = 30.0
    seconds_per_gib: float = 0.0
    moves_at_once: int = 2
    upgrade_seconds: float = 900.0
    verify_seconds: float = 0.0
    drain: Correction = Correction()
    returning: Correction = Correction()
    moves_seen: int = 0
    hosts_seen: int = 0

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Pace:
        """Read what a record has of it."""
        return cls(**{**raw, "drain": Correction(*raw["drain"]), "returning": Correction(*raw["returning"])})

    def to_record(self) -> dict[str, Any]:
        return asdict(self)

    def turn_seconds(self, load: TurnLoad) -> TurnSeconds:
        """Return how long a turn lasts."""
        return TurnSeconds(
            0.0 if load.upgraded and not load.leaving.servers else self.drain.of(self.moving(load.leaving)),
            0.0 if load.upgraded else self.upgrade_seconds,
            0.0 if load.upgraded else self.verify_seconds,
            self.returning.of(self.moving(load.back)),
        )

    def moving(self, load: Load) -> float:
        """Return how long the moves alone take: none is over sooner than that of the largest server."""
        if not load.servers:
            return 0.0
        at_once = max(1, self.moves_at_once)
        rounds = -(-load.servers // at_once) * self.seconds_per_move
        return max(
            rounds + load.gib / at_once * self.seconds_per_gib,
            self.seconds_per_move + load.largest * self.seconds_per_gib,
        )

    @property
    def basis(self) -> str:
        """What the times rest on, for a person."""
        size = f" and {duration(self.seconds_per_gib)} for each GiB" if self.seconds_per_gib else ""
        moves = f"{duration(self.seconds_per_move)}{size} a move, {self.moves_at_once} at once"
        upgrade = f"{duration(self.upgrade_seconds + self.verify_seconds)} an upgrade"
        seen = f"seen in {counted(self.moves_seen, 'migration')} of the pool" if self.moves_seen else "assumed"
        known = f"seen on {counted(self.hosts_seen, 'host')}" if self.hosts_seen else "assumed"
        return f"times: {moves}, {seen}; {upgrade}, {known}"


ASSUMED = Pace()
