# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A roll as modules return it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._text import counted, grouped, listed
from .roll import Roll


def roll_result(roll: Roll | None, folder: str | None, owner: str) -> dict[str, Any]:
    """A roll as modules return it, with the same keys when there is none.

    :param folder: where its record lies.
    """
    return {
        "id": roll.id if roll else None,
        "pool": roll.pool if roll else None,
        "folder": folder,
        "owner": owner,
        "session": roll.session if roll else None,
        "hosts": list(roll.hosts) if roll else [],
        "remaining": roll.remaining if roll else [],
        "done": roll.done if roll else [],
        "unfinished": roll.unfinished if roll else [],
        "verified": roll.verified if roll else [],
        "failed": roll.failed if roll else {},
        "stopped": roll.stopped if roll else None,
        "closed": bool(roll and roll.closed is not None),
        "outcome": roll.outcome if roll else "done",
        "until": roll.until if roll else None,
        "why": why_not_finished(roll) if roll else None,
    }


def lines_of_kept_back(kept_back: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for all hosts that keep the same packages back."""
    reasons = {
        host: f"{counted(len(names), 'package')} kept back: {listed(names)}" for host, names in kept_back.items()
    }
    return [f"{sentence}." for sentence in grouped(sorted(reasons.items()))]


def why_not_finished(roll: Roll) -> str | None:
    """Return why a run ended before everything was done, for the end of a sentence; None if it did not."""
    if roll.closed is not None:
        return None
    reasons = [f"{listed(roll.failed)} failed"] if roll.failed else []
    if roll.stopped and not (roll.failed and "max_failures" in roll.stopped):
        reasons.append(roll.stopped)
    return "; ".join(reasons or [f"{listed(roll.remaining or roll.unfinished)} are not done"]).rstrip(".")
