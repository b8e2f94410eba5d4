# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is to be done next so that a throw-away server reaches a host. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._migration.outcome import Ending, MigrationAttempt, outcome_of
from .._openstack.migration import Migration
from .._openstack.server import Server

BUILD, MOVE, WAIT, THERE = "build", "move", "wait", "there"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the server does not reach the host."""

    why: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a throw-away server.

    :ivar server: None where there is none.
    :ivar records: of its migrations.
    :ivar attempt: the live migration to this host that was asked for, if one was.
    """

    server: Server | None
    records: Sequence[Migration] = ()
    attempt: MigrationAttempt | None = None


def next_step(host: str, sight: Sight, built: bool, now: float) -> str | Failure:
    """Return what comes next on the way to a host.

    :param built: whether the server has been at a host already. :param now: monotonic seconds.
    """
    server = sight.server
    if server is None:
        return Failure("somebody deleted it") if built else BUILD
    if server.vm_state == "error":
        fault = (server.fault or "no fault is recorded").rstrip(".")
        return Failure(f"it is in ERROR on {server.host or 'no host'}: {fault}")
    if sight.attempt:
        return _after_move(host, sight, sight.attempt, now)
    if server.task_state or server.vm_state != "active":
        return WAIT if server.task_state or server.vm_state == "building" else Failure(f"it is {server.vm_state}")
    if server.host == host:
        return THERE
    return MOVE if built else Failure(f"Nova built it on {server.host}")


def _after_move(host: str, sight: Sight, attempt: MigrationAttempt, now: float) -> str | Failure:
    outcome = outcome_of(attempt, sight.records, sight.server, now)
    if outcome.ending is Ending.UNDER_WAY:
        return WAIT
    if outcome.ending is Ending.DONE and sight.server and sight.server.host == host:
        return THERE
    return Failure(outcome.why or f"somebody moved it to {sight.server.host if sight.server else 'nowhere'}")
