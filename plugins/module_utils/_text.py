# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Text for people: lists of names, counts, durations, and what a terminal may show. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str]) -> str:
    """Names for a sentence, at most ten of them."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return (", ".join(ordered[:10]) + more) if ordered else "none"


def printable(line: str) -> str:
    """One line without what would make a terminal do something: names in it were chosen by tenants."""
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


def counted(count: int, one: str, several: str | None = None) -> str:
    """``1 server``, ``2 servers``."""
    return f"{count} {one if count == 1 else several or one + 's'}"
