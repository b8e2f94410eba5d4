# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A maintenance as modules return it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._host_info import maintenance_result
from .._migration.outcome import MigrationAttempt
from .._migration.rules import runs
from .._openstack.model import Server, Service
from .mark import Mark


def host_result(service: Service, mark: Mark | None, returning: Mark | None) -> dict[str, Any]:
    """A host's service and maintenance as modules return them."""
    return {
        "name": service.host,
        "status": "enabled" if service.enabled else "disabled",
        "state": "up" if service.up else "down",
        "disabled_reason": service.reason,
        "maintenance": maintenance_result(mark, returning),
    }


def move_result(server: str, name: str, kind: str, source: str, target: str) -> dict[str, Any]:
    return {"id": server, "name": name, "kind": kind, "source": source, "target": target}


def attempts_result(attempts: Iterable[MigrationAttempt]) -> list[dict[str, Any]]:
    return [move_result(one.server, one.name, one.kind, one.source, one.target) for one in attempts]


def left_result(key: str, server: Server | None, reason: str) -> dict[str, Any]:
    """A server that stays where it is; what was never looked at has no name and no status."""
    return {
        "id": key,
        "name": server.name if server else None,
        "status": server.status if server else None,
        "running": runs(server) if server else None,
        "reason": reason,
    }
