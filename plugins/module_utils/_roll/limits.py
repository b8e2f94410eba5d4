# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a roll may begin another host. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from .._text import listed
from .._upgrade_plan.options import count_of
from .record import Roll
from .window import Window


def remaining(roll: Roll) -> list[str]:
    """Hosts of the roll that are neither done nor failed in this run; those that were touched come first."""
    waiting = [host for host in roll.hosts if host not in roll.lanes]
    return [host for host in roll.unfinished if host not in roll.failed] + waiting


def halted(roll: Roll, max_failures: str, windows: Sequence[str], now: datetime) -> str | None:
    """Why no further host may begin; None while it may.

    :param now: on the operator's clock, in which the windows are told.
    """
    allowed = count_of(max_failures, len(roll.hosts), "max_failures")
    if len(roll.failed) > allowed:
        return f"{listed(roll.failed)} failed, and max_failures is {max_failures}"
    if windows and not any(Window.parse(one).holds(now) for one in windows):
        return f"it is {now:%a %H:%M}, which is in none of the windows {', '.join(windows)}"
    return None


def other_owners(marks: Iterable[tuple[str, str]], owner: str) -> list[str]:
    """Hosts that somebody else keeps, as ``host by owner``; ``marks`` are pairs of host and owner."""
    return [f"{host} by {other}" for host, other in sorted(marks) if other != owner]
