# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_aggregate and its smaller sisters: requests, refusals before anything is touched, failures half-way."""

from __future__ import annotations

from typing import Any

import pytest
from fake.cloud import FakeCloud
from fake.faults import status
from fake.task import run_task

PRODUCTION: dict[str, Any] = {"name": "gpu", "hosts": ["cmp01", "cmp02"], "metadata": {"gpus": 4, "vendor": "n"}}


@pytest.fixture
def cloud() -> FakeCloud:
    """Two aggregates, the second of which is a zone with a server on its host."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "CMP04")
    cloud.aggregate("nvme", "cmp01", ssd="true")
    cloud.aggregate("az1", "cmp03", zone="az1")
    cloud.boot("web", "cmp03")
    return cloud


# -- requests


def test_unchanged_costs_one_request(cloud: FakeCloud) -> None:
    options: dict[str, Any] = {"name": "nvme", "hosts": ["cmp01"], "metadata": {"ssd": True}}
    assert not run_task(cloud, "os_aggregate", **options).changed
    assert [str(one) for one in cloud.asked()] == ["GET compute /v2.1/os-aggregates"]
    assert [str(one) for one in cloud.requests if one.service == "identity"] == ["POST identity /v3/auth/tokens"]


def test_creation_costs_six_requests(cloud: FakeCloud) -> None:
    assert run_task(cloud, "os_aggregate", **PRODUCTION).changed
    assert len(cloud.asked()) <= 6


def test_creation_in_a_zone_costs_seven_requests(cloud: FakeCloud) -> None:
    assert run_task(cloud, "os_aggregate", availability_zone="az2", **PRODUCTION).changed
    assert len(cloud.asked()) <= 7


def test_requests_do_not_grow_with_the_cloud() -> None:
    cloud = FakeCloud(*(f"cmp{number:04}" for number in range(1500)))
    cloud.aggregate("all", *cloud.world.hosts, zone="az1")
    assert run_task(cloud, "os_aggregate", name="gpu", hosts=["cmp0001"], availability_zone="az1").changed
    assert len(cloud.asked("GET")) == 2  # the zone stays what it is, so nobody asks for servers


def test_metadata_comes_before_hosts(cloud: FakeCloud) -> None:
    run_task(cloud, "os_aggregate", **PRODUCTION)
    actions = [next(iter(one.body)) for one in cloud.asked("POST", "/action")]
    assert actions == ["set_metadata", "add_host", "add_host"]


def test_rename_and_zone_are_two_requests(cloud: FakeCloud) -> None:
    """Nova saves the name before it looks at the zone, so one request could be refused and half done."""
    run_task(cloud, "os_aggregate", id="1", name="new", availability_zone="az9")
    assert [one.body["aggregate"] for one in cloud.asked("PUT")] == [{"name": "new"}, {"availability_zone": "az9"}]


def test_only_what_changes_is_sent(cloud: FakeCloud) -> None:
    run_task(cloud, "os_aggregate_metadata", aggregate="nvme", metadata={"ssd": "true", "x": 1})
    (sent,) = cloud.asked("POST")
    assert sent.body == {"set_metadata": {"metadata": {"x": "1"}}}


@pytest.mark.parametrize("reference", ["nvme", "1", "uuid"])
def test_an_aggregate_by_name_id_and_uuid(cloud: FakeCloud, reference: str) -> None:
    name = cloud.world.aggregates[1].uuid if reference == "uuid" else reference
    task = run_task(cloud, "os_aggregate_host", aggregate=name, hosts=["cmp02"])
    assert task.result["aggregate"]["hosts"] == ["cmp01", "cmp02"]


# -- refusals

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
        "'cmp03' holds 1 server and would change its availability zone",
    ),
    "out of a zone with servers": (
        "os_aggregate_host",
        {"aggregate": "az1", "hosts": ["cmp03"], "state": "absent", "force": True},
        "'cmp03' holds 1 server and would change its availability zone",
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
        {"aggregate": "az1", "hosts": ["cmp03"], "state": "absent"},
        "enabled and hold servers: cmp03 (1 servers)",
    ),
    "blank name": ("os_aggregate", {"name": " nvme"}, "no spaces around it"),
    "no such aggregate to list hosts of": ("os_host_info", {"aggregate": "nope"}, "no aggregate 'nope'"),
    "no such host": ("os_host_info", {"host": "cmp99"}, "no host 'cmp99'"),
}


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize(("module", "options", "says"), REFUSALS.values(), ids=REFUSALS)
def test_refused_with_nothing_touched(
    cloud: FakeCloud, module: str, options: dict[str, Any], says: str, check: bool
) -> None:
    task = run_task(cloud, module, check=check, **options)
    assert task.failed and not task.changed
    assert says in task.result["msg"] and task.result["msg"][-1] in ".?", task.result["msg"]
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


def test_purging_needs_something_to_keep(cloud: FakeCloud) -> None:
    """An empty option from a template must not empty an aggregate by accident."""
    task = run_task(cloud, "os_aggregate", name="nvme", purge_hosts=True)
    assert task.failed and cloud.asked() == []


# -- failures half-way

STEPS = 5  # of creating the aggregate below: create, metadata, three hosts


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_failure_at_a_step_says_what_was_done_and_goes_on(cloud: FakeCloud, step: int) -> None:
    options: dict[str, Any] = {**PRODUCTION, "hosts": ["cmp01", "cmp02", "cmp03"]}
    busy = status(409, {"conflictingRequest": {"message": "Busy."}})
    cloud.faults.plant(busy, method="POST", path="agg", at=step, times=2)  # the second time is after another look
    task = run_task(cloud, "os_aggregate", **options)
    assert task.failed and task.result["status"] == 409
    assert len(task.result["done"]) == step - 1 and len(task.result["left"]) == STEPS - step + 1
    assert task.result["left"][0] in task.result["msg"]
    assert task.changed == (step > 1)

    cloud.faults.clear()
    again = run_task(cloud, "os_aggregate", **options)
    assert not again.failed and again.changed
    assert again.result["aggregate"]["hosts"] == ["cmp01", "cmp02", "cmp03"]
    assert not run_task(cloud, "os_aggregate", **options).changed


def test_a_write_whose_answer_is_lost_is_not_sent_again(cloud: FakeCloud, no_pauses: list[float]) -> None:
    cloud.faults.plant(status(503), method="POST", path="os-aggregates", after=True)
    task = run_task(cloud, "os_aggregate", **PRODUCTION)
    assert task.failed and len(cloud.asked("POST")) == 1


# -- joining and enabling


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
