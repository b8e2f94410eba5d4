# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which servers of a host are moved, stopped or left, and which block its drain."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.sorting import sort_servers
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server


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
def test_servers_are_sorted_by_state_and_options(
    leave_stopped: bool, leave_unmovable: bool, movable: set[str], left: set[str], blocking: set[str]
) -> None:
    result = sort_servers(SERVERS, [], leave_stopped, leave_unmovable)
    assert {server.id for server in result.movable} == movable
    assert (set(result.left), set(result.blocking)) == (left, blocking)
