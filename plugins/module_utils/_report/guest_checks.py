# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Read from the samples of an operator's own check which guest was silent, when, and for how long. Pure.

A sample is a dictionary: ``at``, when the check ended, and ``pass``, when its round over all guests began (seconds
since 1970, the controller's clock), ``server``, ``name``, ``ok``, ``seconds`` that it took, ``message`` if it failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Guest:
    """A guest so far. The last of its gaps is still open if it has no end.

    :ivar good: when it last answered; ``first`` and ``last`` are its samples, good or not.
    :ivar last_pass: the last round in which it was checked.
    """

    name: str
    first: float
    last: float = 0.0
    last_pass: float = 0.0
    samples: int = 0
    failures: int = 0
    good: float | None = None
    gaps: list[dict[str, Any]] = field(default_factory=list)

    def take(self, sample: Mapping[str, Any]) -> None:
        """Add its next sample."""
        at = sample["at"]
        self.name, self.last, self.last_pass = sample["name"], at, sample["pass"]
        self.samples += 1
        gap = self.gaps[-1] if self.gaps and self.gaps[-1]["end"] is None else None
        if sample["ok"]:
            if gap:
                gap.update(end=at, seconds=_rounded(at - gap["begin"]))
            self.good = at
            return
        self.failures += 1
        if not gap:
            begin = at if self.good is None else self.good
            gap = {"begin": begin, "end": None, "failures": 0, "message": sample["message"]}
            self.gaps.append(gap)
        gap["failures"] += 1
        gap["seconds"] = _rounded(at - gap["begin"])


def guest_checks(samples: Iterable[Mapping[str, Any]], resumed: Sequence[float] = ()) -> dict[str, Any] | None:
    """What the samples say of each guest; None when there are none.

    A gap lasts from a guest's last good answer, or its first sample, to its next good answer, and holds a failure. A
    guest that has no sample in the last round was deleted, or did not run any more: it is ``lost``. Guests that never
    answered come last, for that says something about the check and not about the roll.

    :param samples: in the order in which they were taken. They are read once and not kept, for they may be millions.
    :param resumed: when other runs went on with the roll; between two runs no guest is checked.
    """
    guests: dict[str, _Guest] = {}
    rounds: dict[float, None] = {}
    for sample in samples:
        rounds.setdefault(sample["pass"])
        guests.setdefault(sample["server"], _Guest(sample["name"], sample["at"])).take(sample)
    if not rounds:
        return None
    results = [_to_result(server, guest, max(rounds)) for server, guest in guests.items()]
    results.sort(key=lambda guest: (not guest["answered"], -guest["longest_gap"], guest["name"], guest["server"]))
    return {
        "rounds": len(rounds),
        "longest_between_rounds": _longest_between(sorted(rounds), resumed),
        "samples": sum(guest["samples"] for guest in results),
        "failures": sum(guest["failures"] for guest in results),
        "longest_gap": max((guest["longest_gap"] for guest in results if guest["answered"]), default=0.0),
        "guests": results,
    }


def _to_result(server: str, guest: _Guest, last_round: float) -> dict[str, Any]:
    return {
        "server": server,
        "name": guest.name,
        "samples": guest.samples,
        "failures": guest.failures,
        "answered": guest.good is not None,
        "lost": guest.last_pass != last_round,
        "first": guest.first,
        "last": guest.last,
        "longest_gap": max((gap["seconds"] for gap in guest.gaps), default=0.0),
        "gaps": guest.gaps,
    }


def _longest_between(rounds: Sequence[float], resumed: Sequence[float]) -> float:
    """The most seconds between the beginnings of two rounds of one run."""
    pairs = zip(rounds, rounds[1:], strict=False)
    return _rounded(max((b - a for a, b in pairs if not any(a < at <= b for at in resumed)), default=0.0))


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
