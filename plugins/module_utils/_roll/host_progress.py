# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What one host went through in a roll. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# The phases of a host in their order, and the event that ends each.
PHASES = ("drain", "upgrade", "verify", "return")
ENDED_BY = {"drained": "drain", "upgraded": "upgrade", "verified": "verify", "returned": "return"}


@dataclass(slots=True)
class Phase:
    """A phase of a host, in seconds since 1970. ``outcome``: under way, done, failed, or interrupted by a kill."""

    name: str
    begin: float
    end: float | None = None
    outcome: str = "under way"


@dataclass(slots=True)
class HostProgress:
    """What one host went through so far; a host that was resumed went through some phases twice.

    :ivar evidence: the name of the file beside the record that holds what Nova says of its last failure.
    :ivar handed_back: whether it is in service again although it failed.
    :ivar version: what it runs since its upgrade, as its tasks told it; None if they did not.
    :ivar left: servers that stayed on the host after its drain.
    :ivar away: servers that were not brought back to it.
    :ivar canaries: how the canaries that tried it fared: when it began and ended, its stops, why it failed.
    """

    host: str
    phases: list[Phase] = field(default_factory=list)
    verified: bool = False
    returned: bool = False
    failure: str | None = None
    evidence: str | None = None
    handed_back: bool = False
    version: str | None = None
    left: list[dict[str, Any]] = field(default_factory=list)
    away: list[dict[str, Any]] = field(default_factory=list)
    canaries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def under_way(self) -> bool:
        """Whether the host is in the middle of a phase."""
        return bool(self.phases) and self.phases[-1].end is None

    @property
    def last_duration(self) -> float:
        """Seconds that the phase took which ended last; one has ended."""
        return [phase.end - phase.begin for phase in self.phases if phase.end is not None][-1]

    def begin(self, phase: str, at: float) -> None:
        """Add a phase."""
        self.phases.append(Phase(phase, at))

    def end(self, outcome: str, at: float) -> None:
        """End the phase under way, if there is one."""
        if self.under_way:
            self.phases[-1].end, self.phases[-1].outcome = at, outcome
