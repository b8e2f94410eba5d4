# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How far a live migration has come, as libvirt reports it: disks are copied first, and memory is 0 of 0 meanwhile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Bytes of a live migration; all are unknown until it runs."""

    memory_total: int | None = None
    memory_remaining: int | None = None
    disk_total: int | None = None
    disk_remaining: int | None = None

    @property
    def view(self) -> dict[str, int | None]:
        """Return them as GET /servers/{id}/migrations does."""
        return {
            "memory_total_bytes": self.memory_total,
            "memory_processed_bytes": _processed(self.memory_total, self.memory_remaining),
            "memory_remaining_bytes": self.memory_remaining,
            "disk_total_bytes": self.disk_total,
            "disk_processed_bytes": _processed(self.disk_total, self.disk_remaining),
            "disk_remaining_bytes": self.disk_remaining,
        }


def copying_disks(total: int, part: float) -> Progress:
    return Progress(0, 0, total, int(total * (1 - part)))


def copying_memory(total: int, disk_total: int, part: float) -> Progress:
    return Progress(total, int(total * (1 - part)), disk_total, 0)


def _processed(total: int | None, remaining: int | None) -> int | None:
    return None if total is None or remaining is None else total - remaining
