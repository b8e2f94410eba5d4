# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The ramp of a roll: one host first, then more at once, for the plan that is shown as for the turns. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from .._text import counted, duration


@dataclass(frozen=True, slots=True)
class Ramp:
    """A few hosts first, then more at once.

    :ivar steps: how many hosts go in each step. It is over when so many more are done, and the next begins; after the
        last one only ``max_unavailable`` counts. A host that failed leaves its place to another.
    :ivar soak: seconds after each step in which no host begins.
    """

    steps: tuple[int, ...] = ()
    soak: float = 0

    def places(self, done: int) -> int | None:
        """Return how many hosts may be under way while so many are done; None when the ramp is over."""
        return next((end - done for end in accumulate(self.steps) if done < end), None)

    def soaks(self, done: int) -> bool:
        """Return whether a step has just ended, and the soak comes next."""
        return self.soak > 0 and done in accumulate(self.steps)

    def text(self, done: int) -> str:
        """Return which step it is, for a person; empty when the ramp is over."""
        number = self._ended(done)
        if number == len(self.steps):
            return ""
        soak = f", and soaks for {duration(self.soak)} after it" if self.soak else ""
        return f"the ramp is in step {number + 1} of {len(self.steps)}, of {counted(self.steps[number], 'host')}{soak}"

    def soak_text(self, done: int) -> str:
        """Return which soak it is, for a person."""
        return f"step {self._ended(done)} of {len(self.steps)} of the ramp soaks for {duration(self.soak)}"

    def _ended(self, done: int) -> int:
        """Return how many steps have ended."""
        return sum(done >= end for end in accumulate(self.steps))


def problems_of_ramp(steps: Sequence[int], soak: float, max_unavailable: int) -> Iterator[str]:
    """Yield what is wrong with the options of a ramp, a sentence each."""
    if any(not 1 <= step <= max_unavailable for step in steps):
        yield (
            f"ramp is {list(steps)}, and max_unavailable comes to {max_unavailable}: give each step from one host to "
            "so many."
        )
    if soak < 0 or soak and not steps:
        yield f"soak is {soak:g}: give seconds, and a ramp, for it comes between the steps of one."
