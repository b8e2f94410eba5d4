# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding which servers a drain moves, and when."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.concurrency import one_of_each_group, ready
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import LIVE, Move
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.outcome import MigrationAttempt
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.sorting import sort_servers
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.tracker import Tracker
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import (
    Group,
    Server,
)

# -- what to move


def server(key: str, vm_state: str = "active", task: str | None = None) -> Server:
    return Server(key, key, "a", vm_state.upper(), vm_state, task)


SERVERS = [server("web"), server("db", "stopped"), server("asleep", "suspended"), server("new", "building", "spawning")]


@pytest.mark.parametrize(
    ("leave_stopped", "leave_unmovable", "movable", "left", "blocking"),
    [
        (False, False, {"web", "db", "new"}, set(), {"asleep"}),
        (True, False, {"web", "new"}, {"db"}, {"asleep"}),
        (False, True, {"web", "db", "new"}, {"asleep"}, set()),
        (True, True, {"web", "new"}, {"db", "asleep"}, set()),
    ],
)
def test_sort_out(
    leave_stopped: bool, leave_unmovable: bool, movable: set[str], left: set[str], blocking: set[str]
) -> None:
    found = sort_servers(SERVERS, [], leave_stopped, leave_unmovable)
    assert ({one.id for one in found.movable}, set(found.left), set(found.blocking)) == (movable, left, blocking)


def test_ready() -> None:
    pairs = [Group(key, key, "soft-anti-affinity", frozenset({key, f"mate of {key}"})) for key in ("one", "busy")]
    tracker = Tracker(
        0, under_way={"one": MigrationAttempt("one", "one", LIVE, "a", "b", 0, 0.0)}, given_up={"broken": "why"}
    )
    servers = [server(key) for key in ("one", "mate of one", "mate of busy", "broken", "free")]
    servers.append(server("busy", task="migrating"))
    assert [one.id for one in ready(servers, tracker, pairs, servers)] == ["free"]


def test_one_of_each_group() -> None:
    pair = Group("g", "g", "soft-anti-affinity", frozenset({"one", "two"}))
    moves = [Move(server(key), LIVE, "b") for key in ("one", "two", "three", "four")]
    assert [one.server.id for one in one_of_each_group(moves, [pair], 2)] == ["one", "three"]
    assert one_of_each_group(moves, [pair], 0) == []
