# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding where servers may go, and which of them can."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.concurrency import one_of_each_group, ready
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import LIVE, Move
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.outcome import MigrationAttempt
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.sorting import sort_servers
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.tracker import Tracker
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import (
    Aggregate,
    Group,
    Server,
    Service,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import explain_reasons
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.pool import pool_of, usable_hosts

NVME = Aggregate("nvme", 1, "u1", hosts=("a", "b", "c"))
SSD = Aggregate("ssd", 2, "u2", hosts=("c", "d"))
ALL = [NVME, SSD]


@pytest.mark.parametrize(
    ("host", "members", "targets", "hosts", "aggregates"),
    [
        ("a", [], None, ("b", "c"), ("u1",)),
        ("a", [NVME], None, ("b", "c"), ("u1",)),
        ("c", [NVME, SSD], None, ("a", "b", "d"), ("u1", "u2")),
        ("a", [NVME], ["b", "z"], ("b",), ("u1",)),
        ("a", [], ["b", "z", "a"], ("b", "z"), ()),
        ("a", [], [], (), ()),
    ],
)
def test_pool(
    host: str,
    members: list[Aggregate],
    targets: Collection[str] | None,
    hosts: tuple[str, ...],
    aggregates: tuple[str, ...],
) -> None:
    found = pool_of(host, ALL, members, targets)
    assert (found.hosts, found.aggregates) == (hosts, aggregates)


@pytest.mark.parametrize(
    ("host", "members", "says"),
    [
        ("c", [], r"in 2 aggregates \('nvme', 'ssd'\)"),
        ("z", [], r"in 0 aggregates \(none\)"),
        ("a", [SSD], "no member of the aggregate 'ssd'"),
    ],
)
def test_no_clear_pool(host: str, members: list[Aggregate], says: str) -> None:
    with pytest.raises(Refused, match=says):
        pool_of(host, ALL, members, None)


def service(host: str, enabled: bool = True, up: bool = True, reason: str | None = None) -> Service:
    return Service(host, "nova-compute", host, "nova", enabled, up, reason, None)


def test_usable() -> None:
    mark = "stackops:me:20261121T101500Z:migrate"
    services = [
        service("a"),
        service("b", enabled=False),
        service("c", enabled=False, reason=mark),
        service("d", up=False),
    ]
    good, bad = usable_hosts("abcde", services)
    assert good == ["a"]
    assert bad == {
        "b": "it is disabled",
        "c": "it is in maintenance",
        "d": "its compute service is down",
        "e": "it has no compute service",
    }


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


def test_explain() -> None:
    assert explain_reasons({"b": "full", "a": "old"}) == "a: old; b: full"
    assert explain_reasons({}) == "the pool has no other host"
