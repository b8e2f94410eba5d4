# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A maintenance as modules return it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._migration.outcome import MigrationAttempt
from .._migration.rules import runs
from .._openstack.server import Server
from .._openstack.service import Service
from .mark import Mark
from .occupancy import Arrival


def maintenance_result(mark: Mark | None, returning: Mark | None) -> dict[str, Any] | None:
    """Return who keeps a host, out of service or while its servers are brought back; None if nobody does."""
    standing = mark or returning
    if standing is None:
        return None
    return {
        "phase": "maintenance" if mark else "return",
        "owner": standing.owner,
        "since": standing.since,
        "mode": standing.mode,
        "reason": standing.reason,
    }


def host_result(
    service: Service, mark: Mark | None, returning: Mark | None, arriving: Iterable[Arrival] = ()
) -> dict[str, Any]:
    """Return the service and the maintenance of a host, and what is on its way there."""
    return {
        "name": service.host,
        "status": "enabled" if service.enabled else "disabled",
        "state": "up" if service.up else "down",
        "disabled_reason": service.reason,
        "maintenance": maintenance_result(mark, returning),
        "arriving": [arrival.to_result() for arrival in arriving],
    }


def move_result(server: str, name: str, kind: str, source: str, target: str) -> dict[str, Any]:
    """Return one move; ``server`` is its uuid."""
    return {"id": server, "name": name, "kind": kind, "source": source, "target": target}


def attempts_result(attempts: Iterable[MigrationAttempt]) -> list[dict[str, Any]]:
    """Return the moves that were made."""
    return [
        move_result(attempt.server, attempt.name, attempt.kind, attempt.source, attempt.target) for attempt in attempts
    ]


def left_result(key: str, server: Server | None, reason: str) -> dict[str, Any]:
    """Return a server that stays where it is; one that was never observed has no name and no status."""
    return {
        "id": key,
        "name": server.name if server else None,
        "status": server.status if server else None,
        "running": runs(server) if server else None,
        "reason": reason,
    }
