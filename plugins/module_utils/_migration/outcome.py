# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What became of a migration that was asked for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from .._openstack.model import Migration, Server
from .move import Move
from .records import newest_record

# Seconds in which the record of an accepted move has to appear.
RECORD_GRACE = 60.0
# Seconds in which a settled record and the server have to agree.
AGREEMENT_GRACE = 120.0


@dataclass(frozen=True, slots=True)
class MigrationAttempt:
    """One move that was asked for. ``seen`` is the newest record of the server before that; records after it count."""

    server: str
    name: str
    kind: str
    source: str
    target: str
    seen: int
    since: float  # monotonic seconds


class Ending(Enum):
    UNDER_WAY = "under way"
    TO_CONFIRM = "to confirm"
    DONE = "done"
    REFUSED = "refused"
    GONE = "gone"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Outcome:
    state: Ending
    why: str = ""


def outcome_of(attempt: MigrationAttempt, records: Sequence[Migration], server: Server | None, now: float) -> Outcome:
    """What became of an attempt, from its server (None: deleted) and the server's migration records."""
    if server is None:
        return Outcome(Ending.GONE, "it was deleted meanwhile")
    mine = [one for one in records if one.id > attempt.seen and one.type == attempt.kind]
    record = max(mine, key=lambda one: one.id, default=None)
    waited = now - attempt.since
    if record is None:
        if waited > RECORD_GRACE and server.task_state is None:
            return Outcome(Ending.REFUSED, "Nova accepted the move and then nothing came of it")
        return Outcome(Ending.UNDER_WAY, "accepted")
    if not record.ended or server.task_state is not None:
        return Outcome(Ending.UNDER_WAY, record.status)
    if server.vm_state == "error":
        return Outcome(
            Ending.BROKEN,
            f"it is in ERROR after its move to {attempt.target} ended as {record.status!r}; its guest may still run: "
            "find it on the hypervisors before anything is reset",
        )
    return _settled_outcome(attempt, record, server, waited)


def _settled_outcome(attempt: MigrationAttempt, record: Migration, server: Server, waited: float) -> Outcome:
    away = server.host != attempt.source
    if record.status == "finished":
        return Outcome(Ending.TO_CONFIRM if server.vm_state == "resized" else Ending.UNDER_WAY, record.status)
    if record.status in ("completed", "confirmed") and away:
        return Outcome(Ending.DONE)
    if record.status in ("error", "failed", "cancelled", "reverted") and not away:
        return Outcome(Ending.REFUSED, f"Nova's migration record says {record.status!r}")
    if waited > AGREEMENT_GRACE:
        return Outcome(
            Ending.BROKEN,
            f"its migration record says {record.status!r}, yet Nova has it on {server.host}: "
            "find its guest on the hypervisors before anything is reset",
        )
    return Outcome(Ending.UNDER_WAY, record.status)


def new_attempt(move: Move, records: Sequence[Migration], source: str, now: float) -> MigrationAttempt:
    server = move.server
    return MigrationAttempt(server.id, server.name, move.kind, source, move.target, newest_record(records), now)
