# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide who comes home to a host after its maintenance, from Nova's migration records. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .._migration.move import COLD, LIVE
from .._openstack.model import Migration
from .mark import Mark, mark_time_of


def departed_migrations(records: Iterable[Migration], host: str, mark: Mark) -> list[Migration]:
    """The finished move of each server that left ``host`` for its maintenance, the last one first.

    When the host is back in service: of those that were not home since. Whoever leaves it then was a guest that goes
    on, or is moved by somebody else. An owner's resize and an evacuation are no moves of ours and never count.
    """
    found: dict[str, Migration] = {}
    for record in sorted(records, key=lambda one: one.id):
        if (record.type, record.status) not in {(LIVE, "completed"), (COLD, "confirmed")}:
            continue
        at = mark_time_of(record.created_at)
        if record.source == host and mark.since <= at and (not mark.until or at <= mark.until):
            found.pop(record.server, None)
            found[record.server] = record
        elif mark.until and record.destination == host:
            found.pop(record.server, None)
    return list(reversed(found.values()))


def departed_servers(records: Iterable[Migration], host: str, mark: Mark) -> list[str]:
    """The servers of these moves."""
    return [one.server for one in departed_migrations(records, host, mark)]


def unconfirmed_arrivals(records: Iterable[Migration], host: str) -> dict[str, str]:
    """Servers whose last record is a cold move to ``host`` that nobody confirmed yet, and where each comes from.

    Nova has such a server on ``host`` already, and yet it is not home.
    """
    newest = {record.server: record for record in sorted(records, key=lambda one: one.id)}
    return {
        server: record.source or ""
        for server, record in newest.items()
        if (record.type, record.destination) == (COLD, host) and (record.status == "finished" or not record.ended)
    }


def to_bring_back(
    left: Iterable[str], parked: Collection[str], aboard: Collection[str], on_arrival: Collection[str] = ()
) -> list[str]:
    """Leavers that are not home now, but for guests of a third host that were only parked here.

    :param aboard: the servers on the host.
    :param on_arrival: those whose cold move there is still to be confirmed.
    """
    return [server for server in left if (server not in aboard or server in on_arrival) and server not in parked]
