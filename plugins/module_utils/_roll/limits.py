# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a roll may begin another host. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .._text import listed
from .._upgrade_plan.options import count_of
from .roll import Roll
from .window import Window


@dataclass(frozen=True, slots=True)
class Limits:
    """What keeps a roll from beginning another host.

    :ivar max_failures: how many hosts may fail, a count or a share such as 10%.
    :ivar windows: when hosts may begin, on the operator's clock; always where there are none.
    :ivar forks: how many hosts Ansible works on at once.
    :ivar now: this moment on the operator's clock.
    """

    max_failures: str
    windows: tuple[str, ...]
    forks: int
    now: datetime


def remaining(roll: Roll) -> list[str]:
    """Hosts of the roll that are neither done nor failed in this run; those that were begun come first."""
    not_begun = [host for host in roll.hosts if host not in roll.progress]
    return [host for host in roll.unfinished if host not in roll.failed] + not_begun


def reason_to_stop(roll: Roll, limits: Limits) -> str | None:
    """Why no further host may begin; None while it may."""
    allowed = count_of(limits.max_failures, len(roll.hosts), "max_failures")
    if len(roll.failed) > allowed:
        return f"{listed(roll.failed)} failed, and max_failures is {limits.max_failures}"
    if limits.windows and not any(Window.parse(window).holds(limits.now) for window in limits.windows):
        return f"it is {limits.now:%a %H:%M}, which is in none of the windows {', '.join(limits.windows)}"
    return None
