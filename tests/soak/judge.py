# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What must be so after a run that was killed was run once more. Pure: each function returns what is not."""

from __future__ import annotations

from collections.abc import Mapping

from world import HOST, Seen

RUNS = {"ACTIVE": "running", "PAUSED": "paused", "SHUTOFF": "shutdown"}


def drained(first: Seen, killed: Seen, now: Seen, moves: Mapping[str, int], owner: str) -> list[str]:
    """:param first: before the drain. :param killed: when its first run was killed."""
    found = _guests(first, now) + _moved_once(first, first.at_home(), moves)
    found += [f"{now.names[key]} is still on {HOST}" for key in now.at_home()]
    if now.enabled or not (now.reason or "").startswith(f"stackops:{owner}:"):
        found.append(f"the mark of {HOST} is {now.reason!r}, enabled: {now.enabled}")
    if not killed.enabled and killed.reason != now.reason:
        found.append(f"the mark changed from {killed.reason!r} to {now.reason!r}")
    return found + _no_return(now)


def returned(first: Seen, drained_: Seen, now: Seen, moves: Mapping[str, int]) -> list[str]:
    """:param first: before the drain. :param drained_: after it."""
    found = _guests(first, now) + _moved_once(first, first.at_home() - drained_.at_home(), moves)
    found += [
        f"{first.names[key]} is on {now.hosts.get(key)} and was on {host}"
        for key, host in first.hosts.items()
        if now.hosts.get(key) != host
    ]
    if not now.enabled or now.reason:
        found.append(f"{HOST} is back in service, yet enabled: {now.enabled}, reason {now.reason!r}")
    return found + _no_return(now)


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


def _moved_once(first: Seen, wanted: set[str], moves: Mapping[str, int]) -> list[str]:
    return [
        f"{first.names[key]} was moved {moves.get(key, 0)} times instead of {int(key in wanted)}"
        for key in first.names
        if moves.get(key, 0) != int(key in wanted)
    ]


def _no_return(now: Seen) -> list[str]:
    return [f"the return trait {name} was left behind" for name in now.returns]
