# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Events of a roll through the hosts a, b and c, and the roll that they add up to."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import read_record
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll

OPENED = {
    "event": "opened",
    "at": 100.0,
    "roll": "r1",
    "pool": "nvme",
    "owner": "me",
    "hosts": ["a", "b", "c"],
    "bring_back": True,
    "upgrade": "up.yml",
    "ahead": 0.0,
    "session": "s1",
    "process": {"pid": 1, "started": "x"},
}


def event(at: float, kind: str, **more: Any) -> dict[str, Any]:
    return {"event": kind, "at": at, **more}


def batch(at: float, *hosts: str) -> dict[str, Any]:
    return event(at, "batch", hosts=hosts, moves=[], limited_by="")


def resumed(at: float, *hosts: str) -> dict[str, Any]:
    return event(at, "resumed", hosts=hosts, session="s2", process={"pid": 2, "started": "y"})


def all_phases(at: float, host: str) -> list[dict[str, Any]]:
    """The events of a host whose batch began at this time, to its return 50 seconds later."""
    return [
        event(at + 10, "drained", host=host, left=[]),
        event(at + 30, "upgraded", host=host),
        event(at + 35, "verified", host=host),
        event(at + 50, "returned", host=host, left=[{"id": "1", "reason": "full"}]),
    ]


def roll_of(*events: dict[str, Any]) -> Roll:
    """The roll of these events, after it was opened."""
    roll = read_record([OPENED, *events])
    assert roll is not None
    return roll
