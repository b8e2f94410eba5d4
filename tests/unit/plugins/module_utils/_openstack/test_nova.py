# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Requests to Nova that are not like the others."""

from __future__ import annotations

from tests.unit.fake.cloud import FakeCloud


def test_server_groups_end_with_an_empty_page(cloud: FakeCloud) -> None:
    guest = cloud.boot("web", "cmp01")
    for number in range(3):
        cloud.group(f"group{number}", "anti-affinity", guest)
    assert len(cloud.connect().nova.groups()) == 3
    assert [request.query["offset"] for request in cloud.asked("GET", "server-groups")] == ["0", "3"]
