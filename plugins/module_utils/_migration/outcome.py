# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What became of a migration that was asked for. Pure.

A 202 from Nova proves nothing. A migration is done when the server's host, its task state and the migration record
agree. Until then it is under way, and when they contradict each other a person has to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from .._openstack.migration import Migration
from .._openstack.server import Server
from .move import Move
from .records import newest, newest_id

# Seconds in which the record of an accepted migration has to appear.
RECORD_GRACE = 60.0
# Seconds in which a settled record and the server have to agree.
AGREEMENT_GRACE = 120.0


@dataclass(frozen=True, slots=True)
class MigrationAttempt:
    """One migration that was asked for, by this run or by another one.

    :ivar server: its uuid. :ivar target: empty while no record names it.
    :ivar after: the newest record of the server before the attempt; only later ones belong to it.
    :ivar since: when it was asked for, or first seen (monotonic seconds).
    :ivar ours: whether it is ours to confirm, if it is cold.
    """

    server: str
    name: str
    kind: str
    source: str
    target: str
    after: int
    since: float
    ours: bool = True

    def record(self, records: Sequence[Migration]) -> Migration | None:
        """Return the record of this attempt among those of its server."""
        return newest(record for record in records if record.id > self.after and record.type == self.kind)


def new_attempt(move: Move, records: Sequence[Migration], now: float) -> MigrationAttempt:
    """Return the attempt that a move is from now on.

    :param records: those of its server before Nova is asked. :param now: monotonic seconds.
    """
    server = move.server
    return MigrationAttempt(server.id, server.name, move.kind, server.host or "", move.target, newest_id(records), now)


class Ending(Enum):
    """How an attempt ended, if it did."""

    UNDER_WAY = "under way"
    TO_CONFIRM = "to confirm"
    DONE = "done"
    REFUSED = "refused"
    GONE = "gone"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, and why."""

    ending: Ending
    why: str = ""


def outcome_of(attempt: MigrationAttempt, records: Sequence[Migration], server: Server | None, now: float) -> Outcome:
    """Return what became of an attempt.

    :param records: the migration records of its server. :param server: as it is now; None if it was deleted.
    :param now: monotonic seconds.
    """
    if server is None:
        return Outcome(Ending.GONE, "it was deleted meanwhile")
    record, waited = attempt.record(records), now - attempt.since
    if record is None:
        # One that is elsewhere has a record, which the list lacks while its cell does not answer.
        if waited > RECORD_GRACE and server.task_state is None and server.host == attempt.source:
            return Outcome(Ending.REFUSED, "Nova accepted the move and then nothing came of it")
        return Outcome(Ending.UNDER_WAY, "accepted")
    if not record.ended or server.task_state is not None:
        return Outcome(Ending.UNDER_WAY, record.status)
    if server.vm_state == "error":
        return Outcome(
            Ending.BROKEN,
            f"it is in ERROR on {server.host} after its move to {attempt.target} ended as {record.status!r}; its "
            "guest may still run: find it on the hypervisors before anything is reset",
        )
    return _settled_outcome(attempt, record, server, waited)


def _settled_outcome(attempt: MigrationAttempt, record: Migration, server: Server, waited: float) -> Outcome:
    moved = server.host != attempt.source
    if record.status == "finished":
        return _unconfirmed_outcome(attempt, server, record)
    if record.status in ("completed", "confirmed") and moved:
        return Outcome(Ending.DONE)
    if record.status in ("error", "failed", "cancelled", "reverted") and not moved:
        return Outcome(Ending.REFUSED, f"Nova's migration record says {record.status!r}")
    if waited > AGREEMENT_GRACE:
        return Outcome(
            Ending.BROKEN,
            f"its migration record says {record.status!r}, yet Nova has it on {server.host}: "
            "find its guest on the hypervisors before anything is reset",
        )
    return Outcome(Ending.UNDER_WAY, record.status)


def _unconfirmed_outcome(attempt: MigrationAttempt, server: Server, record: Migration) -> Outcome:
    if server.vm_state != "resized":
        return Outcome(Ending.UNDER_WAY, record.status)
    if attempt.ours:
        return Outcome(Ending.TO_CONFIRM, record.status)
    return Outcome(Ending.BROKEN, "somebody else migrated it cold: whoever did has to confirm or revert that")
