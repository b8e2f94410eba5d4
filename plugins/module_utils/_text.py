# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Text for people: lists of names, counts, durations, and what a terminal may show. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence, at most ten of them; ``none`` if there are none."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return (", ".join(ordered[:10]) + more) if ordered else "none"


def printable(line: str) -> str:
    """Return a line without characters that control a terminal: tenants chose the names in it."""
    return "".join(character if character.isprintable() else "?" for character in line)


def duration(seconds: float) -> str:
    """Such as ``4.2 s``, ``45 s``, ``3 min 20 s``, ``3 min``, ``2 h 05 min``."""
    if seconds < 10:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    unit, smaller_unit, length = ("min", "s", 60) if whole < 3600 else ("h", "min", 3600)
    rest = whole % length * 60 // length
    return f"{whole // length} {unit}" + (f" {rest:02} {smaller_unit}" if rest else "")


def clock(seconds: float) -> str:
    """Return a time since a beginning, such as ``0:04:05`` or ``26:00:00``."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun, such as ``1 server`` or ``2 servers``."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"
