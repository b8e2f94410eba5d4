# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The moves of a roll once more, by as little as can post them: the floor under any tool that makes these moves.

It knows everything beforehand, asks only whether the servers in flight have arrived, and checks nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from embedded import servers
from embedded.rest import Session
from embedded.waiting import wait_for
from processes import BenchError

POLL = 0.5  # seconds between two looks at a server in flight


@dataclass(frozen=True)
class Move:
    server: str
    target: str


@dataclass
class Turn:
    """What happened to one host: the servers that left it, and those that came back, in order."""

    out: list[Move] = field(default_factory=list)
    back: list[Move] = field(default_factory=list)


Batch = dict[str, Turn]


def newest(session: Session) -> int:
    """The number of the last migration record; 0 when there is none."""
    return max((one["id"] for one in session.compute("GET", "/os-migrations")["migrations"]), default=0)


def batches(session: Session, homes: Mapping[str, str], after: int) -> list[Batch]:
    """The roll that Nova's migration records tell of: each batch is over when its servers are home.

    :param homes: the host of each server before the roll. :param after: the last record before it.
    """
    found = session.compute("GET", "/os-migrations")["migrations"]
    records = sorted((one for one in found if one["id"] > after), key=lambda one: one["id"])
    if unfinished := [one["status"] for one in records if one["status"] != "completed"]:
        raise BenchError(f"The roll made moves that were not completed: {unfinished}.")
    made: list[Batch] = []
    for one in records:
        server, home = one["instance_uuid"], homes[one["instance_uuid"]]
        leaving = one["source_compute"] == home
        if leaving and (not made or home not in made[-1] and any(turn.back for turn in made[-1].values())):
            made.append({})
        turn = made[-1].setdefault(home, Turn())
        (turn.out if leaving else turn.back).append(Move(server, one["dest_compute"]))
    return made


def replay(session: Session, rolled: Sequence[Batch], at_once: int) -> float:
    """Make all moves, the hosts of a batch side by side, ``at_once`` moves of each; returns the seconds it took.

    Like a roll, each host waits for a heartbeat of its compute service between its upgrade and its return.
    """
    providers = {
        one["service"]["host"]: one["id"] for one in session.compute("GET", "/os-hypervisors/detail")["hypervisors"]
    }
    began = time.monotonic()
    for batch in rolled:

        def turn(host: str, batch: Batch = batch) -> None:
            service = _service(session, host)["id"]
            session.compute("PUT", f"/os-services/{service}", {"status": "disabled", "disabled_reason": "bench"})
            _make(session, batch[host].out, at_once)
            beat = _service(session, host)["updated_at"]
            wait_for(f"heartbeat of {host}", lambda: _service(session, host)["updated_at"] != beat, interval=POLL)
            session.compute("PUT", f"/os-services/{service}", {"status": "enabled"})
            wait_for(f"{host} takes servers", lambda: _takes_servers(session, providers[host]), interval=POLL)
            _make(session, batch[host].back, at_once)

        with ThreadPoolExecutor(len(batch)) as pool:
            list(pool.map(turn, batch))
    return time.monotonic() - began


def _service(session: Session, host: str) -> dict[str, Any]:
    found: dict[str, Any] = session.compute("GET", f"/os-services?binary=nova-compute&host={host}")["services"][0]
    return found


def _make(session: Session, moves: Sequence[Move], at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda move: _move(session, move), moves))


def _move(session: Session, move: Move) -> None:
    def arrived() -> bool:
        seen = servers.show(session, move.server)
        return bool(seen["OS-EXT-SRV-ATTR:host"] == move.target and seen["OS-EXT-STS:task_state"] is None)

    servers.live_migrate(session, move.server, move.target)
    wait_for(f"{move.server} at {move.target}", arrived, interval=POLL)


def _takes_servers(session: Session, provider: str) -> bool:
    """Whether the scheduler knows by now that the host is enabled: until then it refuses every move there."""
    traits = session.placement("GET", f"/resource_providers/{provider}/traits")["traits"]
    return "COMPUTE_STATUS_DISABLED" not in traits
