# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The part of a report on what held a roll: pauses, soaks, approvals, gates, and who asked for what. Pure."""

from __future__ import annotations

from typing import Any

from .._roll.roll import Roll


def holds(roll: Roll, running: bool, until: float) -> list[dict[str, Any]]:
    """Times in which the roll waited, by their beginning. ``end`` is None where it still does.

    :param until: to where the report goes.
    """
    # While a gate does not hold no host begins either, which is the same time once more.
    waits = [_hold(hold.what, None, hold.begin, hold.end, hold.reason) for hold in roll.holds if hold.what != "gate"]
    waits += [_hold("gate", wait.host, wait.begin, wait.end, f"{wait.text}: {wait.reason}") for wait in roll.gates]
    for wait in waits:
        if wait["end"] is None and not running:
            wait["end"] = max(roll.last, wait["begin"])
        wait["seconds"] = round((until if wait["end"] is None else wait["end"]) - wait["begin"], 3)
    return sorted(waits, key=lambda wait: float(wait["begin"]))


def _hold(what: str, host: str | None, begin: float, end: float | None, reason: str) -> dict[str, Any]:
    return {"what": what, "host": host, "begin": begin, "end": end, "reason": reason}


def controls(roll: Roll) -> list[dict[str, Any]]:
    """What people asked of the roll."""
    return [
        {"at": control.at, "action": control.action, "who": control.who, "reason": control.reason}
        for control in roll.controls
    ]


def not_told(roll: Roll) -> list[dict[str, Any]]:
    """What others could not be told."""
    return [{"at": at, "reason": reason} for at, reason in roll.not_told]
