# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What must be so after a run that was killed was run once more. Pure: each function returns what is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from moments import Event
from world import HOST, Seen

RUNS = {"ACTIVE": "running", "PAUSED": "paused", "SHUTOFF": "shutdown"}


def drained(first: Seen, killed: Seen, now: Seen, moves: Mapping[str, int], owner: str) -> list[str]:
    """:param first: before the drain. :param killed: when its first run was killed."""
    found = _guests(first, now) + _moved_once(first, first.at_home(), moves)
    found += [f"{now.names[key]} is still on {HOST}" for key in now.at_home()]
    before, after = killed.computes[HOST], now.computes[HOST]
    if after.enabled or not (after.reason or "").startswith(f"stackops:{owner}:"):
        found.append(f"the mark of {HOST} is {after.reason!r}, enabled: {after.enabled}")
    if not before.enabled and before.reason != after.reason:
        found.append(f"the mark changed from {before.reason!r} to {after.reason!r}")
    return found + _no_return(now)


def returned(first: Seen, drained_: Seen, now: Seen, moves: Mapping[str, int]) -> list[str]:
    """:param first: before the drain. :param drained_: after it."""
    found = _guests(first, now) + _moved_once(first, first.at_home() - drained_.at_home(), moves)
    return found + _at_home(first, now) + _in_service(now) + _no_return(now)


def rolled(first: Seen, killed: Seen, now: Seen, moves: Mapping[str, int], version: int) -> list[str]:
    """A roll that takes each server away and home again, so twice; once more, where the kill met it on its way.

    :param first: before the roll. :param killed: when its first run was killed.
    """
    found = _guests(first, now) + _at_home(first, now) + _in_service(now) + _no_return(now)
    found += [
        f"{host} runs {compute.version} instead of {version}"
        for host, compute in now.computes.items()
        if compute.version != version
    ]
    return found + [
        f"{first.names[key]} was moved {number} times"
        for key, number in moves.items()
        if number > 2 + (key in killed.moving)
    ]


def recorded(events: Sequence[Event], hosts: Iterable[str]) -> list[str]:
    """The record of a roll that is over."""
    returned_ = [one["host"] for one in events if one["event"] == "returned"]
    found = [
        f"{host} is recorded to have returned {returned_.count(host)} times"
        for host in hosts
        if returned_.count(host) != 1
    ]
    if [one["event"] for one in events].count("closed") != 1 or events[-1]["event"] != "closed":
        found.append(f"the record ends with {events[-1]['event']!r}")
    return found


def upgraded_once(upgrades: Mapping[str, int], hit: Mapping[str, str]) -> list[str]:
    """Each host is upgraded once; twice, where the kill came in the middle of that.

    :param hit: what each host was at when the roll was killed.
    """
    return [
        f"{host} was upgraded {number} times"
        for host, number in upgrades.items()
        if number not in ((1, 2) if hit.get(host) == "upgrade" else (1,))
    ]


def _guests(first: Seen, now: Seen) -> list[str]:
    """Each server as it was, on one hypervisor, the one that Nova says."""
    found = [
        f"{first.names[key]} was {status} and is {now.statuses.get(key)}"
        for key, status in first.statuses.items()
        if now.statuses.get(key) != status
    ]
    for key, host in now.hosts.items():
        wanted = ((host, RUNS.get(now.statuses[key], "unknown")),)
        if now.guests.get(key) != wanted:
            found.append(f"{now.names[key]} should be {wanted}, and the hypervisors hold {now.guests.get(key)}")
    return found


def _at_home(first: Seen, now: Seen) -> list[str]:
    return [
        f"{first.names[key]} is on {now.hosts.get(key)} and was on {host}"
        for key, host in first.hosts.items()
        if now.hosts.get(key) != host
    ]


def _in_service(now: Seen) -> list[str]:
    return [
        f"{host} is back in service, yet enabled: {compute.enabled}, reason {compute.reason!r}"
        for host, compute in now.computes.items()
        if not compute.enabled or compute.reason
    ]


def _moved_once(first: Seen, wanted: set[str], moves: Mapping[str, int]) -> list[str]:
    return [
        f"{first.names[key]} was moved {moves.get(key, 0)} times instead of {int(key in wanted)}"
        for key in first.names
        if moves.get(key, 0) != int(key in wanted)
    ]


def _no_return(now: Seen) -> list[str]:
    return [f"the return trait {name} was left behind" for name in now.returns]
