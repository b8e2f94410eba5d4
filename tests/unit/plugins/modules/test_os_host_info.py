# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_host_info: its filters, and everything that it lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.moves import Behaviour
from tests.unit.fake.task import run_task


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.aggregate("nvme", "cmp01", "cmp02", zone="az1", ssd="true", gpus="4")
    cloud.aggregate("all", "cmp01", "cmp02", "cmp03", ssd="true")
    cloud.aggregate("empty")
    return cloud


def test_everything_of_a_host_is_listed(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01", vcpus=2)
    (host,) = run_task(cloud, "os_host_info", host="cmp01", servers=True).result["hosts"]
    assert host["availability_zone"] == "az1" and host["aggregates"] == ["all", "nvme"]
    assert host["service"]["status"] == "enabled" and host["service"]["state"] == "up"
    assert host["hypervisor"]["version"] == 8000000 and host["hypervisor"]["servers_count"] == 1
    assert host["capacity"]["VCPU"] == {"total": 16, "used": 2}
    assert [(server["name"], server["status"]) for server in host["servers"]] == [("web", "ACTIVE")]
    assert host["maintenance"] is None


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["cmp01", "cmp02", "cmp03"]),
        ({"aggregate": "nvme"}, ["cmp01", "cmp02"]),
        ({"host": "cmp02"}, ["cmp02"]),
        ({"binary": "all"}, ["cmp01", "cmp02", "cmp03", "controller", "controller"]),
    ],
)
def test_filters(cloud: FakeCloud, filters: dict[str, Any], names: list[str]) -> None:
    assert [host["name"] for host in run_task(cloud, "os_host_info", **filters).result["hosts"]] == names


def test_a_host_out_of_the_aggregate_is_refused(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_host_info", host="cmp03", aggregate="nvme")
    assert task.failed and "in the aggregate 'nvme'" in task.result["msg"]


def test_both_places_of_the_mark_are_read(cloud: FakeCloud) -> None:
    run_task(cloud, "os_host_maintenance", host="cmp01", state="started", mode="disable", owner="me", reason="kernel")
    cloud.leave_return("cmp02", "20261120T080000Z", "20261120T090000Z")
    hosts = {host["name"]: host["maintenance"] for host in run_task(cloud, "os_host_info").result["hosts"]}
    assert hosts["cmp01"]["phase"] == "maintenance" and hosts["cmp01"]["reason"] == "kernel"
    assert hosts["cmp02"]["phase"] == "return" and hosts["cmp02"]["since"] == "20261120T080000Z"
    assert hosts["cmp01"]["owner"] == hosts["cmp02"]["owner"] == "me"
    assert hosts["cmp03"] is None


def test_a_disabled_host_has_no_capacity_to_offer(cloud: FakeCloud) -> None:
    cloud.world.hosts["cmp01"].enabled = False
    hosts = run_task(cloud, "os_host_info").result["hosts"]
    assert hosts[0]["capacity"] is None and hosts[1]["capacity"] is not None


def test_addresses_of_servers() -> None:
    cloud = FakeCloud()
    fixed = {
        "addr": "10.0.0.5",
        "version": 4,
        "OS-EXT-IPS:type": "fixed",
        "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01",
    }
    floating = {**fixed, "addr": "192.0.2.17", "OS-EXT-IPS:type": "floating"}
    cloud.boot("web", "cmp01", addresses={"private": [fixed, floating]})
    cloud.boot("bare", "cmp01")
    (host,) = run_task(cloud, "os_host_info", host="cmp01", servers=True).result["hosts"]
    assert {server["name"]: server["addresses"] for server in host["servers"]} == {
        "bare": [],
        "web": [
            {"network": "private", "address": "10.0.0.5", "type": "fixed"},
            {"network": "private", "address": "192.0.2.17", "type": "floating"},
        ],
    }


def test_what_is_on_its_way_to_a_host_is_listed(cloud: FakeCloud) -> None:
    new, far = cloud.build("new", "cmp01", claim_after=60.0), cloud.boot("far", "cmp02")
    cloud.moves.behave("far", Behaviour(seconds=60.0))
    cloud.move(far, "cmp01")
    cloud.clock.sleep(3.0)
    (host,) = run_task(cloud, "os_host_info", host="cmp01", servers=True).result["hosts"]
    assert host["servers"] == []
    assert {server["id"]: server["how"] for server in host["arriving"]} == {
        new.id: "it is being built or restored there (scheduling)",
        far.id: "a live-migration from cmp02 is under way",
    }


def test_an_empty_host_that_nothing_is_on_its_way_to(cloud: FakeCloud) -> None:
    cloud.world.allocations["left-over"] = {"cmp01": {"VCPU": 1}}
    (host,) = run_task(cloud, "os_host_info", host="cmp01", servers=True).result["hosts"]
    assert host["servers"] == host["arriving"] == []


def test_a_deleted_server_that_can_be_restored_is_listed(cloud: FakeCloud) -> None:
    cloud.world.hides_soft_deleted = True
    cloud.boot("gone", "cmp01", "soft-delete")
    (host,) = run_task(cloud, "os_host_info", host="cmp01", servers=True).result["hosts"]
    assert [(server["name"], server["status"]) for server in host["servers"]] == [("gone", "SOFT_DELETED")]


@pytest.mark.parametrize("options", [{"servers": True}, {"host": "cmp01"}])
def test_without_both_options_nobody_looks_for_that(cloud: FakeCloud, options: dict[str, Any]) -> None:
    hosts = run_task(cloud, "os_host_info", **options).result["hosts"]
    assert not any("arriving" in host for host in hosts)
    assert cloud.asked("GET", "/allocations") == []


def test_of_every_service_of_a_host_only_the_compute_service_has_arrivals(cloud: FakeCloud) -> None:
    hosts = run_task(cloud, "os_host_info", host="controller", binary="all", servers=True).result["hosts"]
    assert hosts and not any("arriving" in host for host in hosts)


def test_requests_do_not_grow_with_hosts_and_servers() -> None:
    cloud = FakeCloud(*(f"cmp{number:03}" for number in range(200)))
    for number in range(300):
        cloud.boot(f"web{number}", "cmp000", vcpus=0)
    cloud.nova.page = 100
    task = run_task(cloud, "os_host_info", servers=True)
    assert len(task.result["hosts"]) == 200 and len(task.result["hosts"][0]["servers"]) == 300
    # Aggregates, services, capacities and traits; pages of hypervisors; pages of servers.
    assert len(cloud.asked("GET")) == 4 + 2 + 3
