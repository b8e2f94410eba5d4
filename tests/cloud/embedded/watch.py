# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Whether there was no downtime: was every guest, at every sample, on exactly one host and as it was at first?

Pure: it is given samples and keeps what they say. Taking them is probe.py's part. Times are seconds since the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from embedded.hypervisors import PAUSED, RUNNING, SHUTDOWN, Guest

# What a hypervisor shows of a server that Nova calls so, and what Nova may call it while it stays that way.
FIRST_STATES = {"ACTIVE": RUNNING, "PAUSED": PAUSED}
FINE = {RUNNING: {"ACTIVE", "MIGRATING"}, PAUSED: {"PAUSED", "MIGRATING"}}


@dataclass
class Violation:
    """One finding, over as many successive samples as show the same."""

    uuid: str
    name: str
    seen_by: str
    what: str
    since: float
    until: float | None = None  # the first sample that shows something else; None: it was so to the end
    samples: int = 1


@dataclass
class Sight:
    """One guest as seen from one side."""

    uuid: str
    name: str
    seen_by: str
    last_good: float = 0.0
    longest: float = 0.0  # between two good samples with bad ones in between, or to the end
    current: Violation | None = None
    violations: list[Violation] = field(default_factory=list)

    def add(self, now: float, what: str | None) -> None:
        """Add a sample; `what` is what is wrong, None when nothing is."""
        if what is not None or self.current is not None:
            self.longest = max(self.longest, now - self.last_good)
        if what is None:
            self.last_good = now
        if self.current is not None and self.current.what == what:
            self.current.samples += 1
            return
        if self.current is not None:
            self.current.until = now
            self.current = None
        if what is not None:
            self.current = Violation(self.uuid, self.name, self.seen_by, what, now)
            self.violations.append(self.current)


@dataclass
class Watched:
    """One guest, and what both sides saw of it."""

    uuid: str
    name: str
    state: str
    hypervisors: Sight = field(init=False)
    api: Sight = field(init=False)
    hosts: list[str] = field(default_factory=list)  # where it ran, in order

    def __post_init__(self) -> None:
        self.hypervisors = Sight(self.uuid, self.name, "hypervisors")
        self.api = Sight(self.uuid, self.name, "api")


class Watch:
    """Follows those of the given servers, {uuid: (name, Nova's status)}, that are up at first."""

    def __init__(self, servers: Mapping[str, tuple[str, str]]) -> None:
        self.guests = {
            uuid: Watched(uuid, name, FIRST_STATES[status])
            for uuid, (name, status) in servers.items()
            if status in FIRST_STATES
        }

    def see_hypervisors(self, now: float, guests: Iterable[Guest]) -> None:
        """Add a consistent sample of what all hypervisors hold."""
        places: dict[str, list[Guest]] = {uuid: [] for uuid in self.guests}
        for guest in guests:
            if guest.uuid in places:
                places[guest.uuid].append(guest)
        for uuid, watched in self.guests.items():
            awake = [place for place in places[uuid] if place.state != SHUTDOWN]
            watched.hypervisors.add(now, interruption(watched.state, places[uuid], awake))
            if len(awake) == 1 and watched.hosts[-1:] != [awake[0].host]:
                watched.hosts.append(awake[0].host)

    def see_api(self, now: float, statuses: Mapping[str, str]) -> None:
        """Add a list of Nova's, {uuid: status}."""
        for uuid, watched in self.guests.items():
            status = statuses.get(uuid)
            if status is None:
                watched.api.add(now, "not in the list of servers")
            else:
                watched.api.add(now, None if status in FINE[watched.state] else f"status {status}")

    def violations(self) -> list[Violation]:
        sights = [sight for guest in self.guests.values() for sight in (guest.hypervisors, guest.api)]
        return sorted((fault for sight in sights for fault in sight.violations), key=lambda fault: fault.since)


def interruption(state: str, places: list[Guest], awake: list[Guest]) -> str | None:
    """Return what is wrong with a guest that should be in `state` on one host; None when nothing is.

    A second host may hold it shut down: that is the source of a cold migration which is not confirmed yet.
    """
    if not places:
        return "on no host"
    if not awake:
        return f"shut down on {places[0].host}"
    if len(awake) > 1:
        return f"on {len(awake)} hosts: {', '.join(sorted(place.host for place in awake))}"
    if awake[0].state != state:
        return f"{awake[0].state} on {awake[0].host}, was {state}"
    return None
