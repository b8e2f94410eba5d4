# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide when a live migration is stuck: when nothing more of its memory or its disks was copied for too long. Pure.

Time in Nova's queue does not count, for one hung migration keeps all others of its source waiting. Nor does the time
before the hypervisor began to copy. libvirt copies disks before memory, and shows no memory meanwhile
(nova/virt/libvirt/driver.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .._openstack.migration import LiveMigration

_UNIT = 2 << 30  # bytes that ``migration_timeout`` is meant for
_WAITING = frozenset({"accepted", "queued", "preparing"})


def patience(timeout: float, total: int) -> float:
    """Return the seconds without progress after which a live migration is stuck; Nova's own patience grows alike.

    :param timeout: for a small server. :param total: bytes of memory, and of disks if they are copied.
    """
    return timeout * max(1.0, total / _UNIT)


@dataclass(slots=True)
class _Copied:
    """The progress of one live migration; times in monotonic seconds, amounts in bytes."""

    migration: LiveMigration
    since: float  # when it last made progress
    began: float  # when it began to copy
    at_first: int  # what was left then


@dataclass(slots=True)
class CopyWatch:
    """The progress of the live migrations under way, by server."""

    _seen: dict[str, _Copied] = field(default_factory=dict)

    def seconds_still(self, server: str, migration: LiveMigration, now: float) -> float:
        """Return for how many seconds a migration has copied nothing; 0 while it waits or has not begun to copy."""
        seen = self._seen.get(server)
        waits = _waits(migration)
        if seen is None or seen.migration.id != migration.id or waits or _waits(seen.migration):
            self._seen[server] = _Copied(migration, now, now, migration.remaining)
        elif _has_progressed(seen.migration, migration):
            self._seen[server] = _Copied(migration, now, seen.began, max(seen.at_first, migration.remaining))
        return now - self._seen[server].since

    def seconds_left(self, server: str, now: float) -> float | None:
        """Return how long the rest would take at the pace so far; None where nothing tells."""
        seen = self._seen.get(server)
        copied = seen.at_first - seen.migration.remaining if seen else 0
        if seen is None or copied <= 0 or now <= seen.began:
            return None
        return seen.migration.remaining / (copied / (seen.since - seen.began or now - seen.began))


def _waits(migration: LiveMigration) -> bool:
    return migration.status in _WAITING or not migration.total


def _has_progressed(before: LiveMigration, now: LiveMigration) -> bool:
    return (
        now.memory_remaining < before.memory_remaining
        or now.disk_remaining < before.disk_remaining
        or now.memory_total > before.memory_total
        or now.disk_total > before.disk_total
    )
