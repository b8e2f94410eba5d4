# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_aggregate_host: the aggregate that is meant, hosts that join or leave it, and services that are enabled."""

from __future__ import annotations

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.task import run_task


@pytest.fixture
def cloud() -> FakeCloud:
    """Two aggregates, the second of which is a zone with a server on its host."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "CMP04")
    cloud.aggregate("nvme", "cmp01", ssd="true")
    cloud.aggregate("az1", "cmp03", zone="az1")
    cloud.boot("web", "cmp03")
    return cloud


@pytest.mark.parametrize("reference", ["nvme", "1", "uuid"])
def test_an_aggregate_by_name_id_and_uuid(cloud: FakeCloud, reference: str) -> None:
    name = cloud.world.aggregates[1].uuid if reference == "uuid" else reference
    task = run_task(cloud, "os_aggregate_host", aggregate=name, hosts=["cmp02"])
    assert task.result["aggregate"]["hosts"] == ["cmp01", "cmp02"]


@pytest.mark.parametrize(
    ("reason", "enabled"),
    [
        ("New compute service disabled due to config option.", True),
        ("broken fan", False),
        ("stackops:me:20261121T100000Z:migrate", False),
        (None, False),
    ],
)
def test_only_a_host_that_nova_registered_disabled_is_enabled(
    cloud: FakeCloud, reason: str | None, enabled: bool
) -> None:
    host = cloud.world.hosts["cmp02"]
    host.enabled, host.reason = False, reason
    run_task(cloud, "os_aggregate_host", aggregate="nvme", hosts=["cmp02"], enable=True)
    assert host.enabled is enabled
    assert "cmp02" in cloud.world.aggregates[1].hosts


def test_a_drained_host_may_leave(cloud: FakeCloud) -> None:
    cloud.aggregate("spare", "cmp03")
    cloud.world.hosts["cmp03"].enabled = False
    task = run_task(cloud, "os_aggregate_host", aggregate="spare", hosts=["cmp03"], state="absent")
    assert task.changed and cloud.world.aggregates[3].hosts == []
