# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which servers left a host for its maintenance, and which of them are to be brought back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from .._migration.move import COLD, LIVE
from .._openstack.migration import Migration
from .mark import Mark

_ENDED = {(LIVE, "completed"), (COLD, "confirmed")}


def is_over(record: Migration, ended: Collection[int] = ()) -> bool:
    """Return whether a maintenance, or somebody in its place, moved the server of this record.

    :param ended: numbers of records that say they are open for ever, and whose migrations are over.
    """
    return (record.type, record.status) in _ENDED or record.id in ended


def departed_migrations(
    records: Iterable[Migration], host: str, mark: Mark, ended: Collection[int] = ()
) -> list[Migration]:
    """Return the last migration of each server that left ``host`` for its maintenance, the last one first.

    When the host is back in service: of those that were not back since. A server that leaves it then is one that its
    owner or somebody else moves. An owner's resize and an evacuation never count.

    :param ended: as of ``is_over``.
    """
    departed: dict[str, Migration] = {}
    for record in sorted(records, key=lambda record: record.id):
        if not is_over(record, ended):
            continue
        if record.source == host and mark.covers(record.id, record.created_at):
            departed.pop(record.server, None)
            departed[record.server] = record
        elif mark.until and record.destination == host:
            departed.pop(record.server, None)
    return list(reversed(departed.values()))


def departed_servers(records: Iterable[Migration], host: str, mark: Mark) -> list[str]:
    """Return the servers of these migrations."""
    return [record.server for record in departed_migrations(records, host, mark)]


def unconfirmed_arrivals(records: Iterable[Migration], host: str) -> dict[str, str]:
    """Return the servers whose last record is a cold migration to ``host`` that is not confirmed, and their sources.

    Nova has such a server on ``host`` already, and yet it is not back.
    """
    newest = {record.server: record for record in sorted(records, key=lambda record: record.id)}
    return {
        server: record.source or ""
        for server, record in newest.items()
        if (record.type, record.destination) == (COLD, host) and (record.status == "finished" or not record.ended)
    }


def any_away(records: Sequence[Migration], host: str, mark: Mark, places: Mapping[str, str | None]) -> bool:
    """Return whether a server that left ``host`` for its maintenance is not back. If none is, its return is over.

    :param records: of all migrations since the mark. :param places: the host of each server that exists.
    """
    unconfirmed = unconfirmed_arrivals(records, host)
    departed = (server for server in departed_servers(records, host, mark) if server in places)
    return any(places[server] != host or server in unconfirmed for server in departed)


def to_bring_back(
    departed: Iterable[str],
    on_host: Collection[str],
    unconfirmed: Collection[str] = (),
    elsewhere: Collection[str] = (),
) -> list[str]:
    """Return the departed servers that are not back.

    :param on_host: the servers on the host. :param unconfirmed: those whose cold migration to it is to be confirmed.
    :param elsewhere: those whose home is another host.
    """
    return [
        server for server in departed if (server not in on_host or server in unconfirmed) and server not in elsewhere
    ]
