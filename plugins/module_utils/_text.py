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


def in_words(seconds: float) -> str:
    """Such as ``45 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun, such as ``1 server`` or ``2 servers``."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"
