# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What the modules of aggregates and hosts refuse, before anything is written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.task import run_task

REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown aggregate": ("os_aggregate_host", {"aggregate": "nvm", "hosts": ["cmp01"]}, "no aggregate 'nvm'"),
    "unknown id": ("os_aggregate", {"id": "77", "name": "x"}, "no aggregate with the id '77'"),
    "unknown host": ("os_aggregate", {"name": "nvme", "hosts": ["cmp99"]}, "no compute host 'cmp99'"),
    "other case": ("os_aggregate", {"name": "nvme", "hosts": ["cmp04"]}, "did you mean 'CMP04'?"),
    "two zones": (
        "os_aggregate",
        {"name": "gpu", "availability_zone": "az2", "hosts": ["cmp03"]},
        "'cmp03' would be in the zones az1, az2",
    ),
    "zone with servers": (
        "os_aggregate",
        {"name": "az1", "availability_zone": "az7"},
        "'cmp03' holds 1 server, and until it holds none Nova refuses to change the zone of 'az1' to az7: drain it",
    ),
    "the zone that its servers are in already": (
        "os_aggregate",
        {"name": "busy", "availability_zone": "az1"},
        "'cmp03' holds 1 server, and until it holds none Nova refuses to change the zone of 'busy' to az1: drain it",
    ),
    "into the zone nova with servers": (
        "os_aggregate",
        {"name": "new", "availability_zone": "nova", "hosts": ["cmp02"]},
        "'cmp02' holds 1 server, and until it holds none Nova refuses to add host cmp02 to 'new': drain it",
    ),
    "out of a zone with servers": (
        "os_aggregate_host",
        {"aggregate": "az1", "hosts": ["cmp03"], "state": "absent", "force": True},
        "'cmp03' holds 1 server, and until it holds none Nova refuses to remove host cmp03 from 'az1': drain it",
    ),
    "list as metadata": (
        "os_aggregate",
        {"name": "nvme", "metadata": {"filter": ["a", "b"]}},
        "'filter' is a list: Nova stores text",
    ),
    "dictionary as metadata": (
        "os_aggregate_metadata",
        {"aggregate": "nvme", "metadata": {"filter": {"a": 1}}},
        "'filter' is a dictionary: Nova stores text",
    ),
    "long metadata": ("os_aggregate", {"name": "nvme", "metadata": {"x": "y" * 256}}, "longer than the 255"),
    "strange key": ("os_aggregate", {"name": "nvme", "metadata": {"a/b": "y"}}, "metadata key 'a/b'"),
    "zone as metadata": (
        "os_aggregate_metadata",
        {"aggregate": "nvme", "metadata": {"availability_zone": "az1"}},
        "'availability_zone' belongs to the option of that name",
    ),
    "zone removed": ("os_aggregate", {"name": "az1", "availability_zone": ""}, "cannot be removed"),
    "zone with a colon": ("os_aggregate", {"name": "nvme", "availability_zone": "a:b"}, "no colon"),
    "deletion with hosts": ("os_aggregate", {"name": "nvme", "state": "absent"}, "has the hosts cmp01"),
    "rename onto another": ("os_aggregate", {"id": "1", "name": "az1"}, "choose another name"),
    "host at work": (
        "os_aggregate_host",
        {"aggregate": "busy", "hosts": ["cmp03"], "state": "absent"},
        "These hosts are enabled, hold servers and would leave: cmp03 with 1 server from 'busy'. Drain them first",
    ),
    "host at work purged": (
        "os_aggregate",
        {"name": "busy", "hosts": [], "purge_hosts": True},
        "These hosts are enabled, hold servers and would leave: cmp03 with 1 server from 'busy'. Drain them first",
    ),
    "host at work purged from one of all": (
        "os_aggregates",
        {
            "aggregates": [{"name": "busy", "hosts": ["cmp01"]}, {"name": "nvme", "hosts": ["cmp03"]}],
            "purge_hosts": True,
        },
        "These hosts are enabled, hold servers and would leave: cmp03 with 1 server from 'busy'. Drain them first",
    ),
    "host at work pruned": (
        "os_aggregates",
        {"aggregates": [{"name": "nvme"}, {"name": "az1"}], "prune": True},
        "These hosts are enabled, hold servers and would leave: cmp03 with 1 server from 'busy'. Drain them first",
    ),
    "everything pruned": (
        "os_aggregates",
        {"aggregates": [], "prune": True},
        "would delete every aggregate of the cloud: see where the list comes from, or set 'prune_all: true'",
    ),
    "deletion by an id that is another one's": (
        "os_aggregate",
        {"id": "1", "name": "az1", "state": "absent", "force": True},
        "for the id 1 is that of 'nvme' and 'az1' has the id 2: give only",
    ),
    "rename onto one that is deleted later": (
        "os_aggregates",
        {"aggregates": [{"id": "1", "name": "az1"}], "prune": True, "force": True},
        "cannot be renamed to 'az1', which is the name of the aggregate with id 2: choose another name",
    ),
    "blank name": ("os_aggregate", {"name": " nvme"}, "no spaces around it"),
    "no such aggregate to list hosts of": ("os_host_info", {"aggregate": "nope"}, "no aggregate 'nope'"),
    "no such host": ("os_host_info", {"host": "cmp99"}, "no host 'cmp99'"),
}


@pytest.fixture
def cloud() -> FakeCloud:
    """Three aggregates, of which one is a zone; its host holds a server, and so does one that is in none."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "CMP04")
    cloud.aggregate("nvme", "cmp01", ssd="true")
    cloud.aggregate("az1", "cmp03", zone="az1")
    cloud.aggregate("busy", "cmp03")
    cloud.boot("web", "cmp03")
    cloud.boot("free", "cmp02")
    return cloud


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize(("module", "options", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refused_with_nothing_touched(
    cloud: FakeCloud, module: str, options: dict[str, Any], message: str, check: bool
) -> None:
    task = run_task(cloud, module, check=check, **options)
    assert task.failed and not task.changed
    assert message in task.result["msg"] and task.result["msg"][-1] in ".?", task.result["msg"]
    assert "Traceback" not in task.printed
    assert cloud.writes == []


def test_all_problems_are_named_at_once(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_aggregate", name="gpu", availability_zone="az2", hosts=["cmp03", "cmp98", "cmp99"])
    assert all(name in task.result["msg"] for name in ("'cmp03'", "'cmp98'", "'cmp99'"))


def test_a_name_that_is_another_ones_id(cloud: FakeCloud) -> None:
    cloud.aggregate("1", "cmp02")
    task = run_task(cloud, "os_aggregate_host", aggregate="1", hosts=["cmp03"])
    assert task.failed and "'nvme'" in task.result["msg"] and "use the uuid" in task.result["msg"]
    assert cloud.writes == []
