# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's migration records: the list with its filters, newest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fake.model import Record, World, iso
from fake.policies import RECORD_HOSTS, Policies
from fake.wire import Refusal, Reply, Request, Routes

_FILTERS = {"host", "source_compute", "instance_uuid", "status", "migration_type", "changes-since", "limit", "marker"}
_NO_HOSTS = {"source_compute": None, "dest_compute": None}


class Migrations:
    def __init__(self, world: World, policies: Policies, routes: Routes, paged: Callable[..., Reply]) -> None:
        self._world, self._policies, self._paged = world, policies, paged
        routes.add("GET", "/os-migrations", self._list)

    def _list(self, request: Request) -> Reply:
        for name in sorted(set(request.query) - _FILTERS):
            raise Refusal(400, f"Additional properties are not allowed ({name!r} was unexpected)")
        records = [record for record in reversed(self._world.records) if self._world.answers(record.source)]
        hidden = {} if self._policies.allow(request, RECORD_HOSTS) else _NO_HOSTS
        tells_users = request.microversion >= (2, 80)
        rows = [
            {**_shown(record), **hidden, **({"user_id": record.user} if tells_users else {})}
            for record in records
            if _passes(record, request.query)
        ]
        reply = self._paged(request, "migrations", rows, marker_is="uuid")
        return reply


def _passes(one: Record, query: dict[str, str]) -> bool:
    since = query.get("changes-since")
    # A record that was never changed has no time of change, and the filter leaves it out.
    if since and (one.updated is None or one.updated < datetime.fromisoformat(since).replace(tzinfo=None)):
        return False
    return (
        query.get("host") in (None, one.source, one.destination)
        and query.get("source_compute") in (None, one.source)
        and query.get("instance_uuid") in (None, one.server)
        and query.get("status") in (None, one.status)
        and query.get("migration_type") in (None, one.type)
    )


def _shown(one: Record) -> dict[str, Any]:
    return {
        "id": one.id,
        "uuid": one.uuid,
        "instance_uuid": one.server,
        "source_compute": one.source,
        "dest_compute": one.destination,
        "status": one.status,
        "migration_type": one.type,
        "created_at": iso(one.created),
        "updated_at": iso(one.updated),
    }
