# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Migrations as Nova records them, and live ones in progress. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    def read(cls, raw: Mapping[str, Any]) -> Migration:
        return cls(
            id=raw["id"],
            uuid=raw["uuid"],
            server=raw["instance_uuid"],
            source=raw.get("source_compute"),
            destination=raw.get("dest_compute"),
            status=raw["status"],
            type=raw["migration_type"],
            created_at=raw["created_at"],
            updated_at=raw.get("updated_at"),
            user=raw.get("user_id"),
        )

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def lasted(self) -> float:
        """Seconds from its creation to its last change."""
        begin, end = (datetime.fromisoformat(at[:26]) for at in (self.created_at, self.updated_at or self.created_at))
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
    def read(cls, raw: Mapping[str, Any]) -> LiveMigration:
        amounts = (
            raw.get(f"{what}_{part}_bytes") or 0 for what in ("memory", "disk") for part in ("remaining", "total")
        )
        return cls(raw["id"], raw["status"], *amounts)

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
