# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Every live migration that Nova has a record of, and what its guest's heart did meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.hypervisors.beats import Beat, Pause, longest_pause

AROUND_SECONDS = 1.0  # Nova's records know seconds only
ENDED = ("completed", "error", "failed", "cancelled")


@dataclass(frozen=True)
class Move:
    """A live migration as Nova's record tells it, and the longest pause of its guest meanwhile. Times in seconds."""

    server: str
    source: str
    target: str
    status: str
    begin: float
    seconds: float
    pause: Pause

    @property
    def text(self) -> str:
        places = f"{self.source} to {self.target}"
        return f"{places} {self.status} in {self.seconds:.0f} s, pause {1000 * self.pause.seconds:.0f} ms"


def read(records: Iterable[Mapping[str, Any]], beats: Mapping[str, Sequence[Beat]]) -> list[Move]:
    """Return the live migrations that are over, in their order. :param records: of ``/os-migrations``."""
    moves = []
    for record in sorted(records, key=lambda record: int(record["id"])):
        if record["migration_type"] == "live-migration" and record["status"] in ENDED:
            begin, end = time_of(record["created_at"]), time_of(record["updated_at"])
            heard = beats.get(record["instance_uuid"], ())
            pause = longest_pause(heard, begin - AROUND_SECONDS, end + AROUND_SECONDS)
            places = (record["source_compute"], record["dest_compute"])
            moves.append(Move(record["instance_uuid"], *places, record["status"], begin, end - begin, pause))
    return moves


def time_of(text: str) -> float:
    """Return the time that Nova writes, in seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
