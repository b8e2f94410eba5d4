# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Migration records by server. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._openstack.model import Migration


def newest_record(records: Sequence[Migration]) -> int:
    """The newest record of a server: only later ones belong to the next attempt."""
    return max((record.id for record in records), default=0)


def by_server(records: Iterable[Migration]) -> dict[str, list[Migration]]:
    found: dict[str, list[Migration]] = {}
    for record in records:
        found.setdefault(record.server, []).append(record)
    return found
