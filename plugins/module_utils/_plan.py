# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is between deciding and acting: steps as data, and the two ways in which a task can fail. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """What is asked for cannot be; nothing was touched. All problems found are in one message."""

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__(" ".join(self.problems))


class Interrupted(Exception):
    """Acting stopped half-way. ``facts`` go into the task's result beside the message, such as done and left."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Step:
    """One write: the name of a method of Nova, its arguments, and what it does as a person would say it.

    ``change`` is the place of its aggregate among the changes; None for a step that belongs to no aggregate.
    """

    operation: str
    change: int | None
    arguments: tuple[Any, ...]
    says: str


def listed(names: Iterable[str]) -> str:
    """Names for a sentence, at most ten of them."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return (", ".join(ordered[:10]) + more) if ordered else "none"


def printable(line: str) -> str:
    """One line without what would make a terminal do something: names in it were chosen by tenants."""
    return "".join(character if character.isprintable() else "?" for character in line)
