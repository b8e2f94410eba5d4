# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Make the moves of a roll once more with as little as can request them: no tool can make them in less time.

It knows everything beforehand, asks only whether the servers in flight have arrived, and checks nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.bench.processes import BenchError
from tests.cloud.embedded import servers
from tests.cloud.embedded.rest import Session
from tests.cloud.embedded.waiting import wait_for

POLL = 0.5  # seconds between two requests for a server in flight


@dataclass(frozen=True)
class Move:
    """A live migration of a server to a target."""

    server: str
    target: str


@dataclass
class HostMoves:
    """The moves of one host, in order: those of its drain, and those that brought its servers back."""

    out: list[Move] = field(default_factory=list)
    back: list[Move] = field(default_factory=list)


def newest(session: Session) -> int:
    """The number of the last migration record; 0 when there is none."""
    return max((record["id"] for record in session.compute("GET", "/os-migrations")["migrations"]), default=0)


def turns(session: Session, first_hosts: Mapping[str, str], after: int) -> dict[str, HostMoves]:
    """The moves of each host of the roll that Nova's migration records show, in the order in which they began.

    :param first_hosts: the host of each server before the roll. :param after: the last record before it.
    """
    migrations = session.compute("GET", "/os-migrations")["migrations"]
    records = sorted((record for record in migrations if record["id"] > after), key=lambda record: record["id"])
    if unfinished := [record["status"] for record in records if record["status"] != "completed"]:
        raise BenchError(f"The roll made moves that were not completed: {unfinished}.")
    made: dict[str, HostMoves] = {}
    for record in records:
        server, host = record["instance_uuid"], first_hosts[record["instance_uuid"]]
        moves = made.setdefault(host, HostMoves())
        leaving = record["source_compute"] == host
        (moves.out if leaving else moves.back).append(Move(server, record["dest_compute"]))
    return made


def replay(session: Session, rolled: Mapping[str, HostMoves], hosts_at_once: int, at_once: int) -> float:
    """Make all moves, the next host when one is done, ``at_once`` moves of each; returns the seconds it took.

    Like a roll, each host waits for a heartbeat of its compute service between its upgrade and its return.
    """
    providers = {
        hypervisor["service"]["host"]: hypervisor["id"]
        for hypervisor in session.compute("GET", "/os-hypervisors/detail")["hypervisors"]
    }

    def replay_host(host: str) -> None:
        service = _service(session, host)["id"]
        session.compute("PUT", f"/os-services/{service}", {"status": "disabled", "disabled_reason": "bench"})
        _make(session, rolled[host].out, at_once)
        beat = _service(session, host)["updated_at"]
        wait_for(f"heartbeat of {host}", lambda: _service(session, host)["updated_at"] != beat, interval=POLL)
        session.compute("PUT", f"/os-services/{service}", {"status": "enabled"})
        wait_for(f"{host} takes servers", lambda: _takes_servers(session, providers[host]), interval=POLL)
        _make(session, rolled[host].back, at_once)

    began = time.monotonic()
    with ThreadPoolExecutor(hosts_at_once) as pool:
        list(pool.map(replay_host, rolled))
    return time.monotonic() - began


def _service(session: Session, host: str) -> dict[str, Any]:
    service: dict[str, Any] = session.compute("GET", f"/os-services?binary=nova-compute&host={host}")["services"][0]
    return service


def _make(session: Session, moves: Sequence[Move], at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda move: _move(session, move), moves))


def _move(session: Session, move: Move) -> None:
    def arrived() -> bool:
        server = servers.show(session, move.server)
        return bool(server["OS-EXT-SRV-ATTR:host"] == move.target and server["OS-EXT-STS:task_state"] is None)

    servers.live_migrate(session, move.server, move.target)
    wait_for(f"{move.server} at {move.target}", arrived, interval=POLL)


def _takes_servers(session: Session, provider: str) -> bool:
    """Whether the scheduler knows by now that the host is enabled: until then it refuses every move there."""
    traits = session.placement("GET", f"/resource_providers/{provider}/traits")["traits"]
    return "COMPUTE_STATUS_DISABLED" not in traits
