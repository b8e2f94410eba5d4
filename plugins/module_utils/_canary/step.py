# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is to be done next so that a throw-away server reaches a stop. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._migration.outcome import Ending, MigrationAttempt, outcome_of
from .._openstack.migration import Migration
from .._openstack.server import Server
from .route import BUILT, MOVED, REBUILT, Stop

BUILD, MOVE, REBUILD, WAIT, THERE = "build", "move", "rebuild", "wait", "there"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the server does not reach the stop."""

    why: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a throw-away server.

    :ivar server: None where there is none.
    :ivar records: of its migrations.
    :ivar attempt: the live migration to this host that was asked for, if one was.
    :ivar launched: when it was started before it was asked to be built anew; None if that was not asked for.
    """

    server: Server | None
    records: Sequence[Migration] = ()
    attempt: MigrationAttempt | None = None
    launched: str | None = None


def next_step(stop: Stop, sight: Sight, now: float) -> str | Failure:
    """Return what comes next on the way to a stop. :param now: monotonic seconds."""
    server = sight.server
    if server is None:
        return BUILD if stop.how == BUILT else Failure("somebody deleted it")
    if server.vm_state == "error":
        fault = (server.fault or "no fault is recorded").rstrip(".")
        return Failure(f"it is in ERROR on {server.host or 'no host'}: {fault}")
    if sight.attempt:
        return _after_move(stop.host, sight, sight.attempt, now)
    if server.task_state or server.vm_state != "active":
        return WAIT if server.task_state or server.vm_state == "building" else Failure(f"it is {server.vm_state}")
    if stop.how == REBUILT and server.host == stop.host:
        return _after_rebuild(sight.launched, server)
    if stop.how == MOVED and server.host != stop.host:
        return MOVE
    return THERE if server.host == stop.host else Failure(f"it is on {server.host}")


def _after_rebuild(launched: str | None, server: Server) -> str | Failure:
    """A host that failed may leave its server ACTIVE, with nothing that runs."""
    if launched is None:
        return REBUILD
    return THERE if server.launched != launched else Failure("Nova accepted that, and the host started nothing")


def _after_move(host: str, sight: Sight, attempt: MigrationAttempt, now: float) -> str | Failure:
    outcome = outcome_of(attempt, sight.records, sight.server, now)
    if outcome.ending is Ending.UNDER_WAY:
        return WAIT
    if outcome.ending is Ending.DONE and sight.server and sight.server.host == host:
        return THERE
    return Failure(outcome.why or f"somebody moved it to {sight.server.host if sight.server else 'nowhere'}")
