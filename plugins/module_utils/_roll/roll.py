# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A rolling upgrade, as far as it has come. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .host_progress import HostProgress


@dataclass(frozen=True, slots=True)
class Batch:
    """Hosts that were begun together, and the moves that were planned for their drains."""

    at: float
    hosts: tuple[str, ...]
    moves: tuple[Mapping[str, Any], ...]
    limited_by: str


@dataclass(slots=True)
class Roll:
    """A roll so far. All times are seconds since 1970 on the controller's clock.

    :ivar opened: when its first run began, and ``resumed`` when each further one did.
    :ivar ahead: by how many seconds the cloud's clock was ahead of the controller's.
    :ivar session: of the run that goes on with it now, and ``process`` the process of that run.
    :ivar last: when its last event happened.
    :ivar progress: of each host that was begun, in the order in which they were begun.
    :ivar stopped: why this run begins no further host.
    """

    id: str
    pool: str
    owner: str
    hosts: tuple[str, ...]
    bring_back: bool
    upgrade: str
    opened: float
    ahead: float
    session: str
    process: Mapping[str, Any]
    last: float = 0.0
    batches: list[Batch] = field(default_factory=list)
    progress: dict[str, HostProgress] = field(default_factory=dict)
    resumed: list[float] = field(default_factory=list)
    stopped: str | None = None
    closed: float | None = None

    @property
    def done(self) -> list[str]:
        """Hosts that are upgraded and back in service, in the order in which they were begun."""
        return [host for host, progress in self.progress.items() if progress.returned]

    @property
    def unfinished(self) -> list[str]:
        """Hosts that were begun and are not done."""
        return [host for host, progress in self.progress.items() if not progress.returned]

    @property
    def verified(self) -> list[str]:
        """Hosts that are upgraded and have only to be put back into service."""
        return [host for host in self.unfinished if self.progress[host].verified]

    @property
    def at_work(self) -> list[str]:
        """Hosts that are in the middle of a phase."""
        return [host for host, progress in self.progress.items() if progress.at_work]

    @property
    def failed(self) -> dict[str, str]:
        """Why each host failed that did, since this run began."""
        return {host: progress.failure for host, progress in self.progress.items() if progress.failure is not None}
