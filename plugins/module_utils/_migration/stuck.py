# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide when a live migration is stuck: when nothing more of its memory was copied for too long. Pure.

Time in Nova's queue does not count, for one hung move keeps all others of its source waiting.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .._openstack.model import LiveMigration

# Memory (MiB) up to which the limit counts as it is; a larger server has proportionally longer. As Nova reckons its
# own live_migration_completion_timeout, per GiB and from 2 GiB on.
_UNIT = 2048
_WAITING = frozenset({"accepted", "queued", "preparing"})


def patience(timeout: float, memory: int) -> float:
    """Seconds without progress after which a server of ``memory`` MiB counts as stuck."""
    return timeout * max(1.0, memory / _UNIT)


@dataclass(slots=True)
class CopyWatch:
    """The progress of the moves under way, by server."""

    _least: dict[str, tuple[int, int | None]] = field(default_factory=dict)  # server -> migration, least remaining
    _since: dict[str, float] = field(default_factory=dict)  # server -> when that was first seen

    def still_for(self, server: str, transfer: LiveMigration, now: float) -> float:
        """Seconds since this migration last copied something; 0 while it waits for its turn."""
        migration, least = self._least.get(server, (None, None))
        remaining = transfer.remaining
        fresh = migration != transfer.id or transfer.status in _WAITING
        if fresh or (remaining is not None and (least is None or remaining < least)):
            self._least[server] = (transfer.id, remaining)
            self._since[server] = now
        return now - self._since[server]

    def forget(self, server: str) -> None:
        self._least.pop(server, None)
        self._since.pop(server, None)
