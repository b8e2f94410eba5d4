# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The plan of an upgrade as data, as a module returns it, and as lines that a person reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._migration.move import COLD, Move
from .._migration.rules import runs
from .._openstack.server import Server
from .._text import counted


class PoolHost(NamedTuple):
    """What a host of the pool runs: the uuid of its hypervisor, and the version."""

    hypervisor: str
    version: int


@dataclass(frozen=True, slots=True)
class PlannedHost:
    """A host of a batch.

    :ivar moves: of the servers that leave it.
    :ivar left: the servers that stay on it, each with the reason.
    :ivar brought_back: uuids of the servers that an earlier run moved away and that its return brings back.
    """

    host: str
    version: int
    zone: str | None
    moves: Sequence[Move]
    left: Sequence[tuple[Server, str]]
    brought_back: Sequence[str] = ()

    def to_result(self, pool: Mapping[str, PoolHost]) -> dict[str, Any]:
        left = [
            {"server": server.id, "name": server.name, "running": runs(server), "reason": reason}
            for server, reason in self.left
        ]
        return {
            "host": self.host,
            "version": self.version,
            "zone": self.zone,
            "moves": [_move_result(move, pool[move.target]) for move in self.moves],
            "left": left,
            "returning": list(self.brought_back),
        }

    def lines(self) -> list[str]:
        """For a person."""
        where = f" in {self.zone}" if self.zone else ""
        leaving = f"{counted(len(self.moves), 'server')} to move" if self.moves else "nothing to move"
        back = f", {len(self.brought_back)} to bring back from an earlier run" if self.brought_back else ""
        return [
            f"  {self.host}{where} (hypervisor {self.version}): {leaving}{back}",
            *(f"    {_live_or_cold(move)} {move.server.name} -> {move.target}" for move in self.moves),
            *(f"    stays {server.name}: {reason}" for server, reason in self.left),
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
class Batch:
    """Hosts that are upgraded at the same time.

    :ivar moves: how many moves that takes, with those that bring servers back.
    :ivar limited_by: why there are not more hosts in it.
    """

    hosts: Sequence[PlannedHost]
    moves: int
    limited_by: str

    def to_result(self, pool: Mapping[str, PoolHost]) -> dict[str, Any]:
        return {
            "hosts": [host.to_result(pool) for host in self.hosts],
            "moves": self.moves,
            "limited_by": self.limited_by,
        }


@dataclass(frozen=True, slots=True)
class Blocker:
    """What keeps a host out of the plan, and what would help.

    :ivar server: the uuid of the server that is in the way, with its name in ``name``; None if it is the host itself.
    """

    host: str
    server: str | None
    name: str | None
    reason: str
    help: str

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
    def text(self) -> str:
        """For a person."""
        name = f"{self.name} ({self.server})" if self.name else self.server
        return f"{self.host}: {f'server {name}: ' if self.server else ''}{self.reason}. {self.help}"


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """The batches in which hosts are upgraded, and what keeps the other hosts from it.

    :ivar pool: all hosts of the pool, by name.
    :ivar servers: how many different servers move.
    :ivar lower_bound: no plan for the hosts in the batches takes fewer moves.
    """

    pool: Mapping[str, PoolHost]
    batches: Sequence[Batch]
    blockers: Sequence[Blocker]
    servers: int
    lower_bound: int

    @property
    def hosts(self) -> int:
        """How many hosts are in its batches."""
        return sum(len(batch.hosts) for batch in self.batches)

    @property
    def moves(self) -> int:
        return sum(batch.moves for batch in self.batches)

    def to_result(self) -> dict[str, Any]:
        return {
            "pool": list(self.pool),
            "possible": not self.blockers,
            "batches": [batch.to_result(self.pool) for batch in self.batches],
            "blockers": [blocker.to_result() for blocker in self.blockers],
            "totals": {
                "hosts": self.hosts,
                "servers": self.servers,
                "moves": self.moves,
                "rounds": len(self.batches),
                "lower_bound": self.lower_bound,
                "gap": self.moves - self.lower_bound,
            },
        }

    def lines(self) -> list[str]:
        """For a person."""
        lines = []
        for number, batch in enumerate(self.batches, start=1):
            lines.append(f"batch {number}: {counted(batch.moves, 'move')}; not larger: {batch.limited_by}")
            lines += [line for host in batch.hosts for line in host.lines()]
        lines += [f"BLOCKED {blocker.text}" for blocker in self.blockers]
        lines.append(
            f"total: {counted(self.hosts, 'host')} in {counted(len(self.batches), 'batch', 'batches')}, "
            f"{counted(self.servers, 'server')}, {counted(self.moves, 'move')} (at least {self.lower_bound} needed)"
            + (f", {counted(len(self.blockers), 'blocker')}" if self.blockers else "")
        )
        return lines
