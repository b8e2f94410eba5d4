# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Changes of aggregates, and the steps that make them, as data. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._openstack.aggregate import Aggregate


@dataclass(frozen=True, slots=True)
class Change:
    """One aggregate as it is and as it shall be; None before stands for a creation, None after for a deletion."""

    before: Aggregate | None
    after: Aggregate | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a module wants: changes, steps that follow theirs (``more``), and problems that forbid all of it."""

    changes: Sequence[Change]
    more: Sequence[Step] = ()
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One write: the name of a method of ``Nova``, its arguments, and a description for the operator.

    ``change`` is the index of the change to which it belongs; None if it belongs to no aggregate.
    """

    operation: str
    change: int | None
    arguments: tuple[Any, ...]
    description: str
