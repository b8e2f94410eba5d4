# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is to change of aggregates: each as it stands and as it shall be, and single writes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._openstack.model import Aggregate


@dataclass(frozen=True, slots=True)
class Change:
    """One aggregate as it stands and as it shall be; None on one side creates or deletes it."""

    before: Aggregate | None
    after: Aggregate | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Changes, steps that come after theirs, and what was found that forbids them all."""

    changes: Sequence[Change]
    more: Sequence[Step] = ()
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One write: the name of a method of Nova, its arguments, and what it does as a person would say it.

    ``change`` is the place of its aggregate among the changes; None for a step that belongs to no aggregate.
    """

    operation: str
    change: int | None
    arguments: tuple[Any, ...]
    says: str
