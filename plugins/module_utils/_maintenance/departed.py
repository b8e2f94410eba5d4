# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which servers left a host for its maintenance, and which of them are to be brought back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .._migration.move import COLD, LIVE
from .._openstack.migration import Migration
from .mark import Mark

_ENDED = {(LIVE, "completed"), (COLD, "confirmed")}


def departed_migrations(
    records: Iterable[Migration], host: str, mark: Mark, ended: Collection[int] = ()
) -> list[Migration]:
    """Return the last migration of each server that left ``host`` for its maintenance, the last one first.

    When the host is back in service: of those that were not back since. A server that leaves it then is one that its
    owner or somebody else moves. An owner's resize and an evacuation never count.

    :param ended: numbers of records that say they are open for ever, and whose migrations are over.
    """
    departed: dict[str, Migration] = {}
    for record in sorted(records, key=lambda record: record.id):
        if (record.type, record.status) not in _ENDED and record.id not in ended:
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


def at_another_home(own: Iterable[Migration], others: Mapping[str, Iterable[Migration]]) -> dict[str, str]:
    """Return the servers that left another host in maintenance before they left ours, and that host: it is their home.

    They were only parked here.

    :param own: the migrations by which servers left our host.
    :param others: those by which servers left each other host whose maintenance is not over.
    """
    left = {record.server: record.id for record in own}
    return {
        record.server: host
        for host, records in others.items()
        for record in records
        if record.id < left.get(record.server, 0)
    }


def moved_again(
    own: Iterable[Migration], records: Iterable[Migration], others: Mapping[str, Iterable[Migration]]
) -> set[str]:
    """Return the servers that migrated again since they left our host, and that no other maintenance took away last.

    :param own: the migrations by which servers left our host. :param records: all since then.
    :param others: those by which servers left each other host whose maintenance is not over.
    """
    left = {record.server: record.id for record in own}
    newest = {record.server: record.id for record in sorted(records, key=lambda record: record.id)}
    taken = {record.id for several in others.values() for record in several}
    return {server for server, number in left.items() if newest.get(server, 0) > number} - {
        server for server, number in newest.items() if number in taken
    }


def went_home(server: str, records: Iterable[Migration], host: str) -> str | None:
    """Return where a server that left ``host`` is again, if that is a host on which it was before it came: its home.

    It was parked on ``host``, which may have been the last of several.

    :param records: all of this server.
    """
    before: set[str | None] = set()  # hosts on which it was before it came
    visited: set[str | None] = set()
    latest: Migration | None = None
    for record in sorted(records, key=lambda record: record.id):
        if record.server == server and (record.type, record.status) in _ENDED:
            visited.add(record.source)
            before |= visited if record.destination == host else set()
            latest = record
    return latest.destination if latest and latest.destination in before - {host} else None


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
