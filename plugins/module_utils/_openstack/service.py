# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A service of Nova. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Fields


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
    def read(cls, raw: Fields) -> Service:
        status = raw.text("status")
        return cls(
            id=raw.text("id", ""),
            binary=raw.text("binary"),
            host=raw.text("host"),
            zone=raw.text("zone", None),
            enabled=status == "enabled",
            up=raw.text("state", "") == "up",
            reason=raw.text("disabled_reason", None),
            beat=raw.moment("updated_at", None),
            forced_down=raw.flag("forced_down"),
            unknown=status == "UNKNOWN",
        )
