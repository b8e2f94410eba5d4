# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Guests that answered the probe before and are silent now. Pure.

A sample is described in ``_report/guest_checks``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LostGuest:
    """A guest that is silent for too long.

    :ivar host: where Nova had it when it was checked last.
    :ivar since: when it answered last, in seconds since 1970.
    """

    server: str
    name: str
    host: str
    since: float


@dataclass(slots=True)
class _Answers:
    """When a guest answered last, and how often it did not since then."""

    good: float
    failures: int = 0


class GuestWatch:
    """Takes one sample after the other, and tells of each silence once.

    One that failed a single check may have been deleted while it was checked, so it takes two. A guest that never
    answered in this run says something of the check, and nothing of the roll; canaries are no tenant's.
    """

    def __init__(self, max_silence: float) -> None:
        """:param max_silence: seconds."""
        self._max_silence = max_silence
        self._guests: dict[str, _Answers] = {}
        self._told: set[str] = set()

    def take(self, sample: Mapping[str, Any]) -> LostGuest | None:
        """Return the guest of a sample if it is lost by now, and was not before."""
        server, at = sample["server"], sample["at"]
        if sample["canary"]:
            return None
        if sample["ok"]:
            self._guests[server] = _Answers(at)
            self._told.discard(server)
            return None
        answers = self._guests.get(server)
        if answers is None:
            return None
        answers.failures += 1
        if answers.failures < 2 or at - answers.good <= self._max_silence or server in self._told:
            return None
        self._told.add(server)
        return LostGuest(server, sample["name"], sample["host"], answers.good)


def silent_for_all(samples: Iterable[Mapping[str, Any]]) -> str | None:
    """Return why a check cannot work by its first round, in which no guest answered; None if one did."""
    checked = [sample for sample in samples if not sample["canary"]]
    if not checked or any(sample["ok"] for sample in checked):
        return None
    message = str(checked[0]["message"] or "").rstrip(".")
    return f"none of {len(checked)} guests answered its first round, the first of them so: {message}."
