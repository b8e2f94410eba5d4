# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What kept trouble from going through the pool: canaries, guests that were lost, what Nova said of a failure. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._roll.host_progress import HostProgress
from .._roll.roll import Roll


def canary_servers(roll: Roll) -> set[str]:
    """Return the ids of the throw-away servers of a roll, whose moves are no tenant's."""
    return {
        server for progress in roll.progress.values() for canary in progress.canaries for server in canary["servers"]
    }


def canary_results(progress: HostProgress) -> list[dict[str, Any]]:
    """Return how each canary of a host fared.

    ``silent`` is for how many seconds its guest did not answer around a move; None where nobody checked.
    """
    return [
        {
            "begin": canary["begin"],
            "end": canary["end"],
            "outcome": _outcome(canary),
            "failure": canary["failure"],
            "stops": [
                {key: stop[key] for key in ("host", "how", "begin", "end", "answered")} for stop in canary["stops"]
            ],
            "silent": max((stop["silent"] for stop in canary["stops"] if _moved_and_answered(stop)), default=None),
        }
        for canary in progress.canaries
    ]


def _moved_and_answered(stop: Mapping[str, Any]) -> bool:
    return stop["how"] == "live-migrated" and stop["answered"] is not None


def _outcome(canary: Mapping[str, Any]) -> str:
    if canary["end"] is None:
        return "interrupted"
    return "failed" if canary["failure"] else "done"


def loss_results(roll: Roll) -> list[dict[str, Any]]:
    """Return the guests that became silent, the first one first."""
    return [
        {
            "at": loss.at,
            "server": loss.server,
            "name": loss.name,
            "host": loss.host,
            "since": loss.since,
            "aborted": loss.aborted,
        }
        for loss in roll.lost
    ]


def of_tenants(samples: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Leave out what the probe says of canaries."""
    return (sample for sample in samples if not sample["canary"])
