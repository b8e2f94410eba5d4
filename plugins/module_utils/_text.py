# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Text for people: lists of names, counts, durations, and what a terminal may show. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

# Characters of one text that are shown; from the middle of a longer one the rest is left out. What names a thing stands
# at the beginning of our sentences, and what to do at their end.
LIMIT = 2000
_USER_OF_URL = re.compile(r"(?<=://)[^/\s'\"?#]+@")


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence, at most ten of them; ``none`` if there are none."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return (", ".join(ordered[:10]) + more) if ordered else "none"


def grouped(reasons: Iterable[tuple[str, str]]) -> list[str]:
    """Return a sentence for each reason with the names that have it, such as ``cmp1, cmp2, cmp3 and 497 more: off``.

    The reasons of most names come first. Beyond ten of them names are only counted, so there is an end to the text.
    """
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons:
        by_reason.setdefault(reason, []).append(name)
    named = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    rest = sum(len(names) for _reason, names in named[10:])
    sentences = [f"{_first(names)}: {reason}" for reason, names in named[:10]]
    return [*sentences, f"{rest} more, each with a reason of its own."] if rest else sentences


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def printable(text: str) -> str:
    """Return a text as one line of bounded length that controls no terminal and hides nothing in it.

    Every control, turn of direction, invisible and half character becomes its escape, such as ``\\x1b`` or ``\\u202e``.
    What is printable is Nova's own definition for the names that it accepts, so each of those stays what it is.
    """
    if not text.isprintable():
        text = "".join(character if _is_printable(character) else _escape(character) for character in text)
    if len(text) <= LIMIT:
        return text
    half = LIMIT // 2
    return f"{text[:half]} [{len(text) - 2 * half} characters left out] {text[-half:]}"


def printable_data(value: Any, shown: Callable[[str], str] = printable) -> Any:
    """Return plain data with every text in it printable, keys too.

    The values of ``metadata`` are whole and keep line breaks and the other controls that JSON escapes by itself, for a
    declaration of an aggregate has to be able to repeat them, and Ansible shows them as JSON only.

    :param shown: what becomes of a text.
    """
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {
            printable_data(key): printable_data(item, _safe_in_json if key == "metadata" else shown)
            for key, item in value.items()
        }
    return [printable_data(item, shown) for item in value] if isinstance(value, list | tuple) else value


def _safe_in_json(text: str) -> str:
    return "".join(one if one < " " or _is_printable(one) else _escape(one) for one in text)


def without_credentials(text: str) -> str:
    """Return a text in which no URL holds a user, a password or a token before an ``@``."""
    return _USER_OF_URL.sub("********@", text)


def _is_printable(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


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
