# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Migrations as Nova records them, and live ones in progress. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .fields import Fields

# Nova's own set of statuses that are not in progress, and 'finished': a cold migration that waits for confirmation.
ENDED = frozenset({"confirmed", "reverted", "error", "failed", "completed", "cancelled", "done", "finished"})


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration record. Its times are Nova's, ISO 8601 in UTC without a zone.

    ``updated_at`` is None until the record changes for the first time.
    """

    id: int
    uuid: str
    server: str
    source: str | None
    destination: str | None
    status: str
    type: str
    created_at: str
    updated_at: str | None = None
    user: str | None = None  # who asked for it; only Nova 2.80 (Ussuri) and newer tell

    @classmethod
    def read(cls, raw: Fields) -> Migration:
        return cls(
            id=raw.number("id"),
            uuid=raw.text("uuid"),
            server=raw.text("instance_uuid"),
            source=raw.text("source_compute", None),
            destination=raw.text("dest_compute", None),
            status=raw.text("status"),
            type=raw.text("migration_type"),
            created_at=raw.moment("created_at"),
            updated_at=raw.moment("updated_at", None),
            user=raw.text("user_id", None),
        )

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def lasted(self) -> float:
        """Seconds from its creation to its last change."""
        times = (self.created_at, self.updated_at or self.created_at)
        begin, end = (datetime.fromisoformat(time.removesuffix("Z")) for time in times)
        return (end - begin).total_seconds()


@dataclass(frozen=True, slots=True)
class LiveMigration:
    """A live migration in progress; amounts in bytes, all 0 before the hypervisor began to copy."""

    id: int
    status: str
    memory_remaining: int = 0
    memory_total: int = 0
    disk_remaining: int = 0
    disk_total: int = 0

    @classmethod
    def read(cls, raw: Fields) -> LiveMigration:
        amounts = (
            raw.number(f"{what}_{part}_bytes", 0) for what in ("memory", "disk") for part in ("remaining", "total")
        )
        return cls(raw.number("id"), raw.text("status"), *amounts)

    @property
    def remaining(self) -> int:
        """What is still to be copied."""
        return self.memory_remaining + self.disk_remaining

    @property
    def total(self) -> int:
        """What is to be copied in all, as far as the hypervisor tells."""
        return self.memory_total + self.disk_total

    @property
    def percent(self) -> int | None:
        """How much is copied; None where the hypervisor does not tell."""
        return round(100 * (self.total - self.remaining) / self.total) if self.total else None
