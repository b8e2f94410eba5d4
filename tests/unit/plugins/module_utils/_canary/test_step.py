# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is to be done next so that a throw-away server reaches a stop."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._canary.route import BUILT, MOVED, REBUILT, Stop
from ansible_collections.stackops.aggregates.plugins.module_utils._canary.step import (
    BUILD,
    MOVE,
    REBUILD,
    THERE,
    WAIT,
    Failure,
    Sight,
    next_step,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.outcome import MigrationAttempt
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import Migration
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server

ATTEMPT = MigrationAttempt("id", "canary", "live-migration", "old", "new", after=0, since=0.0)


def server(host: str | None = "old", vm_state: str = "active", **more: Any) -> Server:
    return Server("id", "canary", host, "", vm_state, more.pop("task_state", None), **more)


def record(status: str) -> Migration:
    return Migration(1, "uuid", "id", "old", "new", status, "live-migration", "2026-11-21T10:00:00.000000")


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        (None, BUILD),
        (server(None, "building", task_state="scheduling"), WAIT),
        (server("new", "building", task_state="spawning"), WAIT),
        (server("new"), THERE),
        (server("old"), Failure("it is on old")),
        (server(None, "error", fault="No valid host."), Failure("it is in ERROR on no host: No valid host")),
        (server("new", "error"), Failure("it is in ERROR on new: no fault is recorded")),
        (server("new", "stopped"), Failure("it is stopped")),
    ],
)  # fmt: skip
def test_a_server_is_built(seen: Server | None, step: str | Failure) -> None:
    assert next_step(Stop(BUILT, "new"), Sight(seen), now=1.0) == step


@pytest.mark.parametrize(
    ("seen", "records", "step"),
    [
        (server(task_state="migrating"), [record("running")], WAIT),
        (server("new", task_state="migrating"), [record("running")], WAIT),
        (server("new"), [record("running")], WAIT),
        (server("new"), [record("completed")], THERE),
        (server(), [], WAIT),
        (server(), [record("error")], Failure("Nova's migration record says 'error'")),
        (server("other"), [record("completed")], Failure("somebody moved it to other")),
        (None, [], Failure("somebody deleted it")),
        (server("new", "error"), [record("error")], Failure("it is in ERROR on new: no fault is recorded")),
    ],
)
def test_a_server_migrates(seen: Server | None, records: list[Migration], step: str | Failure) -> None:
    assert next_step(Stop(MOVED, "new"), Sight(seen, records, ATTEMPT), now=1.0) == step


def test_a_move_is_asked_for_once() -> None:
    assert next_step(Stop(MOVED, "new"), Sight(server()), now=1.0) == MOVE


def test_a_move_of_which_nothing_comes_fails() -> None:
    step = next_step(Stop(MOVED, "new"), Sight(server(), [], ATTEMPT), now=100.0)
    assert step == Failure("Nova accepted the move and then nothing came of it")


@pytest.mark.parametrize(
    ("seen", "launched", "step"),
    [
        (server("new", launched="10:00"), None, REBUILD),
        (server("new", task_state="rebuilding", launched="10:00"), "10:00", WAIT),
        (server("new", launched="10:01"), "10:00", THERE),
        (server("new", launched="10:00"), "10:00", Failure("Nova accepted that, and the host started nothing")),
        (server("new", "error", fault="No KVM."), "10:00", Failure("it is in ERROR on new: No KVM")),
        (server("old", launched="10:00"), None, Failure("it is on old")),
    ],
)
def test_a_server_is_built_anew(seen: Server, launched: str | None, step: str | Failure) -> None:
    assert next_step(Stop(REBUILT, "new"), Sight(seen, launched=launched), now=1.0) == step
