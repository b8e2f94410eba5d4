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


def in_words(seconds: float) -> str:
    """Such as ``45 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def counted(count: int, one: str, several: str | None = None) -> str:
    """``1 server``, ``2 servers``."""
    return f"{count} {one if count == 1 else several or one + 's'}"
