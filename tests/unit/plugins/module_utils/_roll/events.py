# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Events of a roll through the hosts a, b and c, and the roll that they add up to."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import read_record
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import Load, Pace, TurnLoad

STEPS = ["drain", "upgrade", "verify", "return"]
OPTIONS = {
    "aggregate": "nvme",
    "max_unavailable": 2,
    "max_failures": "0",
    "max_silence": 30,
    "max_lost_guests": 0,
    "windows": [],
    "windows_strict": False,
    "time_zone": None,
    "bring_back": True,
    "ramp": [],
    "soak": 0,
    "approve": None,
    "blocked": "refuse",
}
# The pace by which the phases of a host last 10, 20, 5 and 10 seconds.
PACE = Pace(seconds_per_move=10, moves_at_once=1, upgrade_seconds=20, verify_seconds=5)
ONE_SERVER = TurnLoad(Load.of([4]), Load.of([4]))


def foreseen(*hosts: str, at_once: int = 2) -> dict[str, Any]:
    """What a plan foresees of hosts with a server each."""
    return {host: [ONE_SERVER, max(0, number + 1 - at_once), 0] for number, host in enumerate(hosts)}


# What each run says of itself.
RUN = {
    "hosts": ["a", "b", "c"],
    "places": {"a": "at-a", "b": "at-b", "c": "at-c"},
    "upgraded": [],
    "kept_back": {},
    "versions": {},
    "options": OPTIONS,
    "pace": PACE.to_record(),
    "foreseen": foreseen("a", "b", "c"),
    "over": None,
    "session": "s1",
    "process": {"pid": 1, "started": "x"},
}
OPENED = {
    "event": "opened",
    "at": 100.0,
    "roll": "r1",
    "pool": "nvme",
    "owner": "me",
    "upgrade": "up.yml",
    "ahead": 0.0,
    "inherited": [],
    **RUN,
}


def event(at: float, kind: str, **more: Any) -> dict[str, Any]:
    return {"event": kind, "at": at, **more}


def begun(at: float, host: str, *servers: str, steps: list[str] | None = None) -> dict[str, Any]:
    """The turn of a host begins, and these servers move."""
    moves = [{"server": server, "name": f"vm-{server}", "target": "spare"} for server in servers]
    steps = STEPS if steps is None else steps
    return event(at, "begun", host=host, moves=moves, steps=steps, forecast=dict.fromkeys(steps, 10.0))


def resumed(at: float, *hosts: str, **more: Any) -> dict[str, Any]:
    run = {
        **RUN,
        "hosts": list(hosts),
        "foreseen": foreseen(*hosts),
        "session": "s2",
        "process": {"pid": 2, "started": "y"},
    }
    return event(at, "resumed", **{**run, **more})


def all_phases(at: float, host: str) -> list[dict[str, Any]]:
    """The events of a host whose turn began at this time, to its return 50 seconds later."""
    return [
        event(at + 10, "drained", host=host, left=[]),
        event(at + 30, "upgraded", host=host),
        event(at + 35, "verified", host=host),
        event(at + 50, "returned", host=host, left=[{"id": "1", "reason": "full"}]),
    ]


def roll_of(*events: dict[str, Any], **opened: Any) -> Roll:
    """The roll of these events, after it was opened, with these changes of how it was."""
    more = {"foreseen": foreseen(*opened["hosts"])} if "hosts" in opened else {}
    roll = read_record([{**OPENED, **more, **opened}, *events])
    assert roll is not None
    return roll
