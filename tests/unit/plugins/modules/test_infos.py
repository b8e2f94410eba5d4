# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""os_aggregate_info and os_host_info: filters, and everything that they show."""

from __future__ import annotations

from typing import Any

import pytest
from fake.cloud import FakeCloud
from fake.task import run_task


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.aggregate("nvme", "cmp01", "cmp02", zone="az1", ssd="true", gpus="4")
    cloud.aggregate("all", "cmp01", "cmp02", "cmp03", ssd="true")
    cloud.aggregate("empty")
    return cloud


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["all", "empty", "nvme"]),
        ({"name": "nvme"}, ["nvme"]),
        ({"id": "2"}, ["all"]),
        ({"availability_zone": "az1"}, ["nvme"]),
        ({"host": "cmp03"}, ["all"]),
        ({"metadata": {"ssd": True}}, ["all", "nvme"]),
        ({"metadata": {"ssd": True, "gpus": 4}}, ["nvme"]),
        ({"host": "cmp03", "availability_zone": "az1"}, []),
    ],
)
def test_aggregates(cloud: FakeCloud, filters: dict[str, Any], names: list[str]) -> None:
    task = run_task(cloud, "os_aggregate_info", **filters)
    assert [one["name"] for one in task.result["aggregates"]] == names
    assert len(cloud.asked()) == 1


def test_an_aggregate_is_shown_whole(cloud: FakeCloud) -> None:
    (shown,) = run_task(cloud, "os_aggregate_info", name="nvme").result["aggregates"]
    assert shown == {
        "id": 1,
        "uuid": cloud.world.aggregates[1].uuid,
        "name": "nvme",
        "availability_zone": "az1",
        "hosts": ["cmp01", "cmp02"],
        "metadata": {"gpus": "4", "ssd": "true"},
    }


def test_a_host_is_shown_whole(cloud: FakeCloud) -> None:
    cloud.boot("web", "cmp01", vcpus=2)
    (shown,) = run_task(cloud, "os_host_info", host="cmp01", servers=True).result["hosts"]
    assert shown["availability_zone"] == "az1" and shown["aggregates"] == ["all", "nvme"]
    assert shown["service"]["status"] == "enabled" and shown["service"]["state"] == "up"
    assert shown["hypervisor"]["version"] == 8000000 and shown["hypervisor"]["servers_count"] == 1
    assert shown["capacity"]["VCPU"] == {"total": 16, "used": 2}
    assert [(one["name"], one["status"]) for one in shown["servers"]] == [("web", "ACTIVE")]
    assert shown["maintenance"] is None


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["cmp01", "cmp02", "cmp03"]),
        ({"aggregate": "nvme"}, ["cmp01", "cmp02"]),
        ({"host": "cmp02"}, ["cmp02"]),
        ({"binary": "all"}, ["cmp01", "cmp02", "cmp03", "controller", "controller"]),
    ],
)
def test_hosts(cloud: FakeCloud, filters: dict[str, Any], names: list[str]) -> None:
    assert [one["name"] for one in run_task(cloud, "os_host_info", **filters).result["hosts"]] == names


def test_a_host_out_of_the_aggregate_is_refused(cloud: FakeCloud) -> None:
    task = run_task(cloud, "os_host_info", host="cmp03", aggregate="nvme")
    assert task.failed and "in the aggregate 'nvme'" in task.result["msg"]


def test_both_places_of_the_mark_are_read(cloud: FakeCloud) -> None:
    run_task(cloud, "os_host_maintenance", host="cmp01", state="started", mode="disable", owner="me", reason="kernel")
    trait = "CUSTOM_STACKOPS_RETURN_20261120T080000Z_20261120T090000Z_BY_6D65"  # the owner is "me" in hex
    cloud.world.known_traits.add(trait)
    cloud.world.hosts["cmp02"].traits.add(trait)
    hosts = {one["name"]: one["maintenance"] for one in run_task(cloud, "os_host_info").result["hosts"]}
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
    (shown,) = run_task(cloud, "os_host_info", host="cmp01", servers=True).result["hosts"]
    assert {one["name"]: one["addresses"] for one in shown["servers"]} == {
        "bare": [],
        "web": [
            {"network": "private", "address": "10.0.0.5", "type": "fixed"},
            {"network": "private", "address": "192.0.2.17", "type": "floating"},
        ],
    }


def test_requests_do_not_grow_with_hosts_and_servers() -> None:
    cloud = FakeCloud(*(f"cmp{number:03}" for number in range(200)))
    for number in range(300):
        cloud.boot(f"web{number}", "cmp000", vcpus=0)
    cloud.nova.page = 100
    task = run_task(cloud, "os_host_info", servers=True)
    assert len(task.result["hosts"]) == 200 and len(task.result["hosts"][0]["servers"]) == 300
    assert len(cloud.asked("GET")) == 4 + 2 + 3  # aggregates, services, room, traits; pages of hypervisors, servers
