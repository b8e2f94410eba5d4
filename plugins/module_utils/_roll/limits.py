# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a roll may begin another host: failures and windows of time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .._errors import Refused
from .._text import listed
from .._upgrade_plan.options import count_of
from .roll import Roll
from .window import Window


def problems_of_limits(max_failures: str, windows: Sequence[str]) -> list[str]:
    """Return what is wrong with these options, a sentence each."""
    problems = []
    try:
        count_of(max_failures, 1, "max_failures")
    except Refused as error:
        problems.append(str(error))
    for window in windows:
        try:
            Window.parse(window)
        except Refused as error:
            problems.append(str(error))
    return problems


def reason_to_stop(roll: Roll, now: datetime) -> str | None:
    """Return why no further host may begin; None while it may.

    :param now: this moment on the operator's clock.
    """
    max_failures, windows = roll.options["max_failures"], roll.options["windows"]
    if len(roll.failed) > count_of(max_failures, len(roll.hosts), "max_failures"):
        return f"{listed(roll.failed)} failed, and max_failures is {max_failures}"
    if windows and not any(Window.parse(window).holds(now) for window in windows):
        return f"it is {now:%a %H:%M}, which is in none of the windows {', '.join(windows)}"
    return None
