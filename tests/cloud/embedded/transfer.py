# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""How far a live migration has come after so many seconds, in the figures that libvirt reports."""

from __future__ import annotations

from dataclasses import dataclass

HANG_SECONDS = 2.0  # a hanging migration takes that long to reach the half of the memory, where it stops


@dataclass(frozen=True)
class Progress:
    """Bytes. Disks are copied before the memory, which is 0 of 0 meanwhile."""

    memory_total: int = 0
    memory_remaining: int = 0
    disk_total: int = 0
    disk_remaining: int = 0
    done: bool = False

    @classmethod
    def after(
        cls, took: float, *, disk: int, disk_seconds: float, memory: int, memory_seconds: float, hangs: bool
    ) -> Progress:
        """``took``, ``disk_seconds`` and ``memory_seconds`` are seconds, ``disk`` and ``memory`` all their bytes."""
        if took < disk_seconds:
            return cls(disk_total=disk, disk_remaining=_rest(disk, took / disk_seconds))
        took -= disk_seconds
        if hangs:
            return cls(memory, _rest(memory, min(0.5, took / HANG_SECONDS)), disk)
        if took >= memory_seconds:
            return cls(memory, 0, disk, done=True)
        return cls(memory, _rest(memory, took / memory_seconds), disk)

    @property
    def percent(self) -> int:
        """Of the memory, as Nova counts it."""
        return round(100 * (1 - self.memory_remaining / self.memory_total)) if self.memory_total else 0


def _rest(total: int, part: float) -> int:
    return total - int(total * part)
