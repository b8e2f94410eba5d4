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
        entries = [
            {**_view(record), **hidden, **({"user_id": record.user} if tells_users else {})}
            for record in records
            if _passes(record, request.query)
        ]
        reply = self._paged(request, "migrations", entries, marker_is="uuid")
        return reply


def _passes(record: Record, query: dict[str, str]) -> bool:
    since = query.get("changes-since")
    # A record that was never changed has no time of change, and the filter leaves it out.
    if since and (record.updated is None or record.updated < datetime.fromisoformat(since).replace(tzinfo=None)):
        return False
    return (
        query.get("host") in (None, record.source, record.destination)
        and query.get("source_compute") in (None, record.source)
        and query.get("instance_uuid") in (None, record.server)
        and query.get("status") in (None, record.status)
        and query.get("migration_type") in (None, record.type)
    )


def _view(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "uuid": record.uuid,
        "instance_uuid": record.server,
        "source_compute": record.source,
        "dest_compute": record.destination,
        "status": record.status,
        "migration_type": record.type,
        "created_at": iso(record.created),
        "updated_at": iso(record.updated),
    }
