# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding who comes home."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.departed import (
    departed_servers,
    to_bring_back,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._maintenance.mark import Mark
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD, LIVE
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Migration

HOME = Mark("me", "20261121T100000Z", "migrate")
BACK = replace(HOME, until="20261121T103000Z")


def record(
    number: int, key: str, status: str = "completed", kind: str = LIVE, source: str = "a", at: str = "10:30:00"
) -> Migration:
    return Migration(number, str(number), key, source, "b", status, kind, f"2026-11-21T{at}.123456")


def test_leavers() -> None:
    records = [
        record(11, "before", at="09:58:59"),
        record(2, "web", at="10:00:00"),
        record(3, "db", "confirmed", COLD),
        record(4, "resized", "confirmed", "resize"),
        record(5, "evacuated", "done", "evacuation"),
        record(6, "failed", "error"),
        record(7, "unconfirmed", "finished", COLD),
        record(8, "elsewhere", source="b"),
        record(9, "web"),
    ]
    assert departed_servers(records, "a", HOME) == ["web", "db"]


def test_coming_home() -> None:
    left = ["moved-on", "back", "web", "guest", "arriving"]
    assert to_bring_back(left, {"back", "arriving"}, {"arriving"}, {"guest"}) == ["moved-on", "web", "arriving"]


def test_moving_twice_counts_once() -> None:
    twice = [record(1, "web"), record(2, "web"), replace(record(3, "web"), source="b")]
    assert departed_servers(twice, "a", HOME) == ["web"]


def test_once_the_host_is_back_nobody_leaves_it_for_the_maintenance() -> None:
    records = [
        record(1, "away", at="10:30:00"),
        record(2, "home", at="10:20:00"),
        replace(record(3, "home", source="b", at="10:31:00"), destination="a"),
        record(4, "home", at="10:40:00"),  # its owner moved it on
        record(5, "guest", at="10:35:00"),
        replace(record(6, "away", "error", source="b", at="10:36:00"), destination="a"),
    ]
    assert departed_servers(records, "a", BACK) == ["away"]
    assert departed_servers(records, "a", HOME) == ["guest", "home", "away"]


def test_a_second_drain_of_one_maintenance() -> None:
    """A return that was killed, and the host was drained once more before it went on."""
    records = [
        record(1, "twice", at="10:10:00"),
        replace(record(2, "twice", source="b", at="10:15:00"), destination="a"),
        record(3, "twice", at="10:20:00"),
        record(4, "never back", at="10:11:00"),
    ]
    assert (
        sorted(departed_servers(records, "a", BACK))
        == sorted(departed_servers(records, "a", HOME))
        == ["never back", "twice"]
    )
