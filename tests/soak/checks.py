# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What must be so after a run that was killed was run once more. Pure: each function returns the problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.soak.moments import Event
from tests.soak.world import HOST, Observation

RUNS = {"ACTIVE": "running", "PAUSED": "paused", "SHUTOFF": "shutdown"}


def after_drain(
    first: Observation, killed: Observation, now: Observation, moves: Mapping[str, int], owner: str
) -> list[str]:
    """:param first: before the drain. :param killed: when its first run was killed."""
    problems = _guests(first, now) + _moved_once(first, first.on_host(), moves)
    problems += [f"{now.names[server]} is still on {HOST}" for server in now.on_host()]
    before, after = killed.computes[HOST], now.computes[HOST]
    if after.enabled or not (after.reason or "").startswith(f"stackops:{owner}:"):
        problems.append(f"the mark of {HOST} is {after.reason!r}, enabled: {after.enabled}")
    if not before.enabled and before.reason != after.reason:
        problems.append(f"the mark changed from {before.reason!r} to {after.reason!r}")
    return problems + _no_return(now)


def after_return(first: Observation, drained: Observation, now: Observation, moves: Mapping[str, int]) -> list[str]:
    """:param first: before the drain. :param drained: after it."""
    problems = _guests(first, now) + _moved_once(first, first.on_host() - drained.on_host(), moves)
    return problems + _in_place(first, now) + _in_service(now) + _no_return(now)


def after_roll(
    first: Observation, killed: Observation, now: Observation, moves: Mapping[str, int], version: int
) -> list[str]:
    """Each server is moved away and back, so twice; once more, where the kill met it on its way.

    :param first: before the roll. :param killed: when its first run was killed.
    """
    problems = _guests(first, now) + _in_place(first, now) + _in_service(now) + _no_return(now)
    problems += [
        f"{host} runs {compute.version} instead of {version}"
        for host, compute in now.computes.items()
        if compute.version != version
    ]
    return problems + [
        f"{first.names[server]} was moved {number} times"
        for server, number in moves.items()
        if number > 2 + (server in killed.moving)
    ]


def in_record(events: Sequence[Event], hosts: Iterable[str]) -> list[str]:
    """The record of a finished roll holds the return of each host once, and was closed last."""
    returned = [event["host"] for event in events if event["event"] == "returned"]
    problems = [
        f"{host} is recorded to have returned {returned.count(host)} times"
        for host in hosts
        if returned.count(host) != 1
    ]
    if [event["event"] for event in events].count("closed") != 1 or events[-1]["event"] != "closed":
        problems.append(f"the record ends with {events[-1]['event']!r}")
    return problems


def in_upgrades(upgrades: Mapping[str, int], hit: Mapping[str, str]) -> list[str]:
    """Each host is upgraded once; twice, where the kill came in the middle of that.

    :param hit: the phase of each host when the roll was killed.
    """
    return [
        f"{host} was upgraded {number} times"
        for host, number in upgrades.items()
        if number not in ((1, 2) if hit.get(host) == "upgrade" else (1,))
    ]


def _guests(first: Observation, now: Observation) -> list[str]:
    """Each server is as it was, and on one hypervisor, the one that Nova says."""
    problems = [
        f"{first.names[server]} was {status} and is {now.statuses.get(server)}"
        for server, status in first.statuses.items()
        if now.statuses.get(server) != status
    ]
    for server, host in now.hosts.items():
        wanted = ((host, RUNS.get(now.statuses[server], "unknown")),)
        if now.guests.get(server) != wanted:
            problems.append(
                f"{now.names[server]} should be {wanted}, and the hypervisors hold {now.guests.get(server)}"
            )
    return problems


def _in_place(first: Observation, now: Observation) -> list[str]:
    """Each server is on its first host."""
    return [
        f"{first.names[server]} is on {now.hosts.get(server)} and was on {host}"
        for server, host in first.hosts.items()
        if now.hosts.get(server) != host
    ]


def _in_service(now: Observation) -> list[str]:
    return [
        f"{host} is back in service, yet enabled: {compute.enabled}, reason {compute.reason!r}"
        for host, compute in now.computes.items()
        if not compute.enabled or compute.reason
    ]


def _moved_once(first: Observation, wanted: set[str], moves: Mapping[str, int]) -> list[str]:
    return [
        f"{first.names[server]} was moved {moves.get(server, 0)} times instead of {int(server in wanted)}"
        for server in first.names
        if moves.get(server, 0) != int(server in wanted)
    ]


def _no_return(now: Observation) -> list[str]:
    return [f"the return trait {name} was left behind" for name in now.returns]
