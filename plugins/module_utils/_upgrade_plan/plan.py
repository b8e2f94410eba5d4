# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The plan of an upgrade as data, as a module returns it, and as lines that a person reads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._migration.move import COLD, Move
from .._migration.rules import runs
from .._openstack.server import Server
from .._text import clock, counted, duration, grouped
from .pace import ASSUMED, Pace, TurnLoad


class PoolHost(NamedTuple):
    """What a host of the pool runs: the uuid of its hypervisor, and the version."""

    hypervisor: str
    version: int


@dataclass(frozen=True)
class PlannedHost:
    """A host that is to have its turn.

    :ivar moves: of the servers that leave it.
    :ivar left: the servers that stay on it, each with the reason.
    :ivar brought_back: uuids of the servers that an earlier run moved away and that its return brings back.
    :ivar room: moves of servers of other hosts that are made first, so that those of this one find room. They stay
        where they were moved.
    """

    host: str
    version: int
    zone: str | None
    moves: Sequence[Move]
    left: Sequence[tuple[Server, str]]
    brought_back: Sequence[str] = ()
    room: Sequence[Move] = ()

    @property
    def running(self) -> list[str]:
        """The names of servers that would run on it while it is upgraded."""
        return [server.name for server, _reason in self.left if runs(server)]

    def to_result(self, pool: Mapping[str, PoolHost]) -> dict[str, Any]:
        left = [
            {"server": server.id, "name": server.name, "running": runs(server), "reason": reason}
            for server, reason in self.left
        ]
        return {
            "host": self.host,
            "version": self.version,
            "zone": self.zone,
            "moves": [
                *({**_move_result(move, pool[move.target]), "source": move.server.host} for move in self.room),
                *(_move_result(move, pool[move.target]) for move in self.moves),
            ],
            "left": left,
            "returning": list(self.brought_back),
        }


@dataclass(frozen=True)
class Turn(PlannedHost):
    """The turn of a host as it is predicted.

    :ivar begin: when it begins, in seconds since the roll began.
    :ivar end: when it is over: its servers are back, if they are to be.
    :ivar waits_for: why it does not begin sooner; empty for one that begins at once.
    :ivar load: what is to be done in it.
    :ivar after: how many other turns are over when it begins, and ``soak`` how many seconds they are so by then.
    """

    begin: float = 0.0
    end: float = 0.0
    waits_for: str = ""
    load: TurnLoad = TurnLoad()
    after: int = 0
    soak: float = 0.0

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    def to_result(self, pool: Mapping[str, PoolHost]) -> dict[str, Any]:
        return {
            **super().to_result(pool),
            "begin": round(self.begin),
            "end": round(self.end),
            "waits_for": self.waits_for,
        }

    def lines(self) -> list[str]:
        """For a person."""
        where = f" in {self.zone}" if self.zone else ""
        leaving = f"{counted(len(self.moves), 'server')} to move" if self.moves else "nothing to move"
        room = f" after {counted(len(self.room), 'other server')} made room" if self.room else ""
        back = f", {len(self.brought_back)} to bring back from an earlier run" if self.brought_back else ""
        waits = f"; not sooner: {self.waits_for}" if self.waits_for else ""
        return [
            f"{clock(self.begin)} {self.host}{where} (hypervisor {self.version}): {leaving}{room}{back}{waits}",
            *(
                f"  first {move.server.name} {move.server.host} -> {move.target}, to make room on {move.server.host}"
                for move in self.room
            ),
            *(f"  {_live_or_cold(move)} {move.server.name} -> {move.target}" for move in self.moves),
            *(f"  stays {server.name}: {reason}" for server, reason in self.left),
        ]


def _move_result(move: Move, target: PoolHost) -> dict[str, Any]:
    return {
        "server": move.server.id,
        "name": move.server.name,
        "target": move.target,
        "hypervisor": target.hypervisor,
        "version": target.version,
        "kind": _live_or_cold(move),
    }


def _live_or_cold(move: Move) -> str:
    return "cold" if move.kind == COLD else "live"


@dataclass(frozen=True, slots=True)
class Blocker:
    """What keeps a host out of the plan, and what would help.

    :ivar server: the uuid of the server that is in the way, with its name in ``name``; None if it is the host itself.
    :ivar roomless: whether the server could leave, and finds no room.
    """

    host: str
    server: str | None
    name: str | None
    reason: str
    help: str
    roomless: bool = False

    def to_result(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "server": self.server,
            "name": self.name,
            "reason": self.reason,
            "help": self.help,
            "text": self.text,
        }

    @property
    def what(self) -> str:
        """The host, and the server that is in the way, for a person."""
        name = f"{self.name} ({self.server})" if self.name else self.server
        return f"{self.host}: server {name}" if self.server else self.host

    @property
    def why(self) -> str:
        """The same for all hosts that have the same trouble."""
        return f"{self.reason}. {self.help}"

    @property
    def kind(self) -> str:
        """What is said at once of all hosts that have the same trouble."""
        return f"a server of it: {self.why}" if self.server else self.why

    @property
    def text(self) -> str:
        """For a person."""
        return f"{self.what}: {self.why}"


def grouped_blockers(blockers: Iterable[Blocker]) -> list[str]:
    """Return what keeps hosts out of the plan, a sentence for each kind."""
    return grouped((blocker.what, blocker.why) for blocker in blockers)


@dataclass(frozen=True, slots=True)
class NextTurns:
    """The turns that can begin now.

    :ivar pool: all hosts of the pool, by name.
    :ivar turns: in the order of the plan.
    :ivar waiting: the other hosts that are to be upgraded, each with why it cannot begin.
    :ivar blocked: those of them that wait for no host under way.
    """

    pool: Mapping[str, PoolHost]
    turns: Sequence[PlannedHost]
    waiting: Mapping[str, str]
    blocked: Mapping[str, Sequence[Blocker]]

    @property
    def lacks_room(self) -> bool:
        """Whether servers of a host find no room although no host is waited for."""
        return any(blocker.roomless for blockers in self.blocked.values() for blocker in blockers)

    def to_result(self) -> dict[str, Any]:
        return {"turns": [turn.to_result(self.pool) for turn in self.turns], "waiting": dict(self.waiting)}


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """The turns in which hosts are upgraded, and what keeps the other hosts from it.

    :ivar pool: all hosts of the pool, by name.
    :ivar turns: in the order in which they begin.
    :ivar servers: how many different servers move.
    :ivar moves: how many moves the turns take, with those that bring servers back.
    :ivar lower_bound: no plan for these hosts takes fewer moves.
    :ivar seconds_bound: no plan for these hosts is over sooner.
    :ivar pace: what the times rest on.
    """

    pool: Mapping[str, PoolHost]
    turns: Sequence[Turn]
    blockers: Sequence[Blocker]
    servers: int
    moves: int
    lower_bound: int
    seconds_bound: float
    pace: Pace = ASSUMED

    @property
    def lacks_room(self) -> bool:
        """Whether servers of a host find no room although no host is waited for."""
        return any(blocker.roomless for blocker in self.blockers)

    @property
    def seconds(self) -> float:
        """When the last turn is over, in seconds since the roll began."""
        return max((turn.end for turn in self.turns), default=0.0)

    def to_result(self) -> dict[str, Any]:
        return {
            "pool": list(self.pool),
            "possible": not self.blockers,
            "turns": [turn.to_result(self.pool) for turn in self.turns],
            "blockers": [blocker.to_result() for blocker in self.blockers],
            "totals": {
                "hosts": len(self.turns),
                "servers": self.servers,
                "moves": self.moves,
                "lower_bound": self.lower_bound,
                "gap": self.moves - self.lower_bound,
                "seconds": round(self.seconds),
                "seconds_bound": round(self.seconds_bound),
            },
            "basis": self.pace.basis,
        }

    def lines(self) -> list[str]:
        """For a person."""
        lines = [line for turn in self.turns for line in turn.lines()]
        lines += [f"BLOCKED {sentence}" for sentence in grouped_blockers(self.blockers)]
        lines.append(
            f"total: {counted(len(self.turns), 'host')}, {counted(self.servers, 'server')}, "
            f"{counted(self.moves, 'move')} (at least {self.lower_bound} needed), "
            f"about {duration(self.seconds)} (at least {duration(self.seconds_bound)})"
            + (f", {counted(len(self.blockers), 'blocker')}" if self.blockers else "")
        )
        return [*lines, self.pace.basis] if self.turns else lines
