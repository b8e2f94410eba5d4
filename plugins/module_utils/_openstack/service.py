# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A service of Nova. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Service:
    """A service of Nova (``os-services``). ``beat`` is the time of the last heartbeat that reached the database."""

    id: str
    binary: str
    host: str
    zone: str | None
    enabled: bool
    up: bool
    reason: str | None
    beat: str | None
    forced_down: bool = False
    unknown: bool = False  # its cell does not answer, so nothing else is known of it

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Service:
        return cls(
            id=str(raw.get("id") or ""),
            binary=raw["binary"],
            host=raw["host"],
            zone=raw.get("zone"),
            enabled=raw.get("status") == "enabled",
            up=raw.get("state") == "up",
            reason=raw.get("disabled_reason"),
            beat=raw.get("updated_at"),
            forced_down=bool(raw.get("forced_down")),
            unknown=raw.get("status") == "UNKNOWN",
        )
