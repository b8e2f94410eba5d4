# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Nova's migration records, by server. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._openstack.migration import Migration

RecordsByServer = Mapping[str, Sequence[Migration]]


def by_server(records: Iterable[Migration]) -> dict[str, list[Migration]]:
    """Group records by the server that they are about."""
    grouped: dict[str, list[Migration]] = {}
    for record in records:
        grouped.setdefault(record.server, []).append(record)
    return grouped


def newest(records: Iterable[Migration]) -> Migration | None:
    """Return the record that was created last; Nova numbers the records of a cell in this order."""
    return max(records, key=lambda record: record.id, default=None)


def newest_id(records: Iterable[Migration]) -> int:
    """Return the number of the newest record of a server: only later ones belong to its next migration."""
    record = newest(records)
    return record.id if record else 0
