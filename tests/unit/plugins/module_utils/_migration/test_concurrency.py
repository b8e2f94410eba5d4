# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which migrations may be under way side by side."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.concurrency import (
    Room,
    next_in_turn,
    one_of_each_group,
    ready,
    shares_group,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import LIVE, Move
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.outcome import MigrationAttempt
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.tracker import Tracker
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.group import Group
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server


def server(key: str, task: str | None = None) -> Server:
    return Server(key, key, "a", "ACTIVE", "active", task)


def test_a_server_shares_a_group_with_other_members_only() -> None:
    groups = [Group("g", "pair", "soft-anti-affinity", frozenset({"s", "t"}))]
    assert shares_group("s", groups, ["t"]) and not shares_group("s", groups, ["s", "u"])


def test_a_server_is_ready_when_neither_it_nor_its_group_is_busy() -> None:
    pairs = [Group(key, key, "soft-anti-affinity", frozenset({key, f"mate of {key}"})) for key in ("moving", "busy")]
    tracker = Tracker(
        0,
        under_way={"moving": MigrationAttempt("moving", "moving", LIVE, "a", "b", 0, 0.0)},
        given_up={"broken": "why"},
    )
    servers = [server(key) for key in ("moving", "mate of moving", "mate of busy", "broken", "free")]
    servers.append(server("busy", task="migrating"))
    assert [server.id for server in ready(servers, tracker, pairs, servers)] == ["free"]


def test_one_member_of_each_group_moves_at_a_time() -> None:
    pair = Group("g", "g", "soft-anti-affinity", frozenset({"web1", "web2"}))
    moves = [Move(server(key), LIVE, "b") for key in ("web1", "web2", "db", "mail")]
    assert [move.server.id for move in one_of_each_group(moves, [pair], Room(2))] == ["web1", "db"]
    assert one_of_each_group(moves, [pair], Room(0)) == []


def test_one_that_finds_no_room_on_its_target_holds_up_none_that_goes_elsewhere() -> None:
    moves = [Move(server(key), LIVE, target) for key, target in (("s", "full"), ("t", "b"), ("u", "b"), ("v", "c"))]
    room = Room(9, Counter(full=1), most=1)
    assert [move.server.id for move in one_of_each_group(moves, [], room)] == ["t", "v"]
    assert room.refused


@pytest.mark.parametrize(("most", "back"), [(0, ["s", "t", "u"]), (3, ["s", "t"]), (1, [])])
def test_servers_that_are_brought_back_find_room_on_their_host(most: int, back: list[str]) -> None:
    room = Room(3, Counter(home=1), most)
    assert next_in_turn(["s", "t", "u"], "home", [], [], room) == back
    assert room.refused == (len(back) < 3)
