# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which phases a host has ahead when its turn comes. Pure."""

from __future__ import annotations

from .host_progress import PHASES
from .roll import Roll


def steps_of(roll: Roll, host: str) -> tuple[str, ...]:
    """Return the phases of a host, in order.

    What an earlier run verified has only to return; what it began and what needs the upgrade no more is verified first.
    All others begin with their drain, which finds what an earlier run did already in the cloud.
    """
    progress = roll.progress.get(host)
    if progress and progress.verified and not progress.returned:
        return ("return",)
    if host in roll.upgraded:
        return ("verify", "return")
    return PHASES
