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
from .._openstack.model import Server
from .._text import counted, printable


class PoolHost(NamedTuple):
    """What a host of the pool runs: the uuid of its hypervisor, and the version."""

    hypervisor: str
    version: int


@dataclass(frozen=True, slots=True)
class PlannedHost:
    """A host, what leaves it, what stays aboard with the reason, and what an earlier run moved away and comes home."""

    host: str
    version: int
    zone: str | None
    moves: Sequence[Move]
    left: Sequence[tuple[Server, str]]
    returning: Sequence[str] = ()

    def to_result(self, pool: Mapping[str, PoolHost]) -> dict[str, Any]:
        moves = [
            {
                "server": one.server.id,
                "name": one.server.name,
                "target": one.target,
                "hypervisor": pool[one.target].hypervisor,
                "version": pool[one.target].version,
                "kind": "cold" if one.kind == COLD else "live",
            }
            for one in self.moves
        ]
        left = [
            {"server": one.id, "name": one.name, "running": runs(one), "reason": reason} for one, reason in self.left
        ]
        return {
            "host": self.host,
            "version": self.version,
            "zone": self.zone,
            "moves": moves,
            "left": left,
            "returning": list(self.returning),
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """Hosts that are upgraded at the same time; ``moves`` counts the way home too where there is one."""

    hosts: Sequence[PlannedHost]
    moves: int
    limited_by: str

    def to_result(self, pool: Mapping[str, PoolHost]) -> dict[str, Any]:
        return {
            "hosts": [one.to_result(pool) for one in self.hosts],
            "moves": self.moves,
            "limited_by": self.limited_by,
        }


@dataclass(frozen=True, slots=True)
class Blocker:
    """What keeps a host out of the plan: one of its servers, or the host itself; and what would help."""

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
        return printable(f"{self.host}: {f'server {name}: ' if self.server else ''}{self.reason}. {self.help}")


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """
    :ivar pool: its hosts by name. :ivar servers: how many different servers move.
    :ivar lower_bound: moves that no plan for them is below.
    """

    pool: Mapping[str, PoolHost]
    batches: Sequence[Batch]
    blockers: Sequence[Blocker]
    servers: int
    lower_bound: int

    @property
    def moves(self) -> int:
        return sum(batch.moves for batch in self.batches)

    def to_result(self) -> dict[str, Any]:
        return {
            "pool": list(self.pool),
            "possible": not self.blockers,
            "batches": [one.to_result(self.pool) for one in self.batches],
            "blockers": [one.to_result() for one in self.blockers],
            "totals": {
                "hosts": sum(len(batch.hosts) for batch in self.batches),
                "servers": self.servers,
                "moves": self.moves,
                "rounds": len(self.batches),
                "lower_bound": self.lower_bound,
                "gap": self.moves - self.lower_bound,
            },
        }

    def lines(self) -> list[str]:
        """For a person. Names are tenants' text: nothing in a line makes a terminal do something."""
        lines = []
        for number, batch in enumerate(self.batches, start=1):
            lines.append(f"batch {number}: {counted(batch.moves, 'move')}; not larger: {batch.limited_by}")
            for one in batch.hosts:
                where = f" in {one.zone}" if one.zone else ""
                back = f", {len(one.returning)} come home from an earlier run" if one.returning else ""
                leaving = f"{counted(len(one.moves), 'server')} to move" if one.moves else "nothing to move"
                lines.append(f"  {one.host}{where} (hypervisor {one.version}): {leaving}{back}")
                lines += [f"    {_live_or_cold(move)} {move.server.name} -> {move.target}" for move in one.moves]
                lines += [f"    stays {server.name}: {reason}" for server, reason in one.left]
        lines += [f"BLOCKED {blocker.text}" for blocker in self.blockers]
        hosts = sum(len(batch.hosts) for batch in self.batches)
        lines.append(
            f"total: {counted(hosts, 'host')} in {counted(len(self.batches), 'batch', 'batches')}, "
            f"{counted(self.servers, 'server')}, {counted(self.moves, 'move')} (at least {self.lower_bound} needed)"
            + (f", {counted(len(self.blockers), 'blocker')}" if self.blockers else "")
        )
        return [printable(line) for line in lines]


def _live_or_cold(move: Move) -> str:
    return "cold" if move.kind == COLD else "live"
