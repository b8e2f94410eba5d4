# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_aggregate_metadata: what is sent to Nova."""

from __future__ import annotations

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.task import run_task


def test_only_what_changes_is_sent() -> None:
    cloud = FakeCloud()
    cloud.aggregate("nvme", "cmp01", ssd="true")
    run_task(cloud, "os_aggregate_metadata", aggregate="nvme", metadata={"ssd": "true", "x": 1})
    (sent,) = cloud.asked("POST")
    assert sent.body == {"set_metadata": {"metadata": {"x": "1"}}}
