# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Resource providers below that of a host, such as GPUs: what they offer is the host's; the rest is left to Nova."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.capacity import (
    HostCapacity,
    Provider,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.placement import Placement

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.operator import Operator
from tests.unit.fake.task import run_task

ROOT = Provider({"VCPU": 16}, {"VCPU": 4}, frozenset({"HW_CPU_X86_AVX2", "CUSTOM_ROOT"}))
GPU = Provider({"VGPU": 4}, {"VGPU": 3}, frozenset({"CUSTOM_GPU"}))


def read(**tree: Provider) -> HostCapacity:
    return HostCapacity.of_tree("root", {"root": ROOT, **tree})


def placement_of(cloud: FakeCloud) -> Placement:
    return Placement(cloud.client())


# -- counting


def test_the_providers_of_a_host_count_together() -> None:
    capacity = read(first=GPU, second=GPU)
    assert (capacity.total, capacity.used) == ({"VCPU": 16, "VGPU": 8}, {"VCPU": 4, "VGPU": 6})
    assert capacity.traits == ROOT.traits and capacity.nested_traits == {"CUSTOM_GPU"}


@pytest.mark.parametrize(
    ("need", "lacking"), [({"VGPU": 2}, {}), ({"VGPU": 3}, {"VGPU": 1}), ({"FPGA": 1}, {"FPGA": 1})]
)
def test_what_is_free_of_all_together_may_fit(need: dict[str, int], lacking: dict[str, int]) -> None:
    """Two free ones may be of two GPUs: that is for Nova to see."""
    assert read(first=GPU, second=GPU).lacks(need) == lacking


def test_no_server_gets_more_than_one_provider_has() -> None:
    empty = replace(GPU, used={"VGPU": 0})
    capacity = read(first=empty, second=empty)
    assert capacity.lacks({"VGPU": 4}) == {} and capacity.lacks({"VGPU": 5}) == {"VGPU": 1}


def test_no_server_gets_more_than_the_provider_gives_at_once() -> None:
    cloud = FakeCloud("cmp01")
    cloud.world.hosts["cmp01"].max_units["VCPU"] = 4
    capacity = placement_of(cloud).capacity(cloud.world.hosts["cmp01"].provider, {"VCPU": 8})
    assert capacity.lacks({"VCPU": 4}) == {} and capacity.lacks({"VCPU": 5}) == {"VCPU": 1}


def test_a_host_that_takes_a_server_still_has_its_gpus() -> None:
    capacity = read(gpu=GPU).holding({"VCPU": 12})
    assert capacity.lacks({"VCPU": 1}) == {"VCPU": 1} and capacity.lacks({"VGPU": 1}) == {}
    assert capacity.nested_traits == {"CUSTOM_GPU"}


# -- what Placement tells


@pytest.fixture
def cloud(cloud: FakeCloud) -> FakeCloud:
    """cmp02 and cmp03 have a GPU, of which only that of cmp03 has the trait."""
    cloud.nest("cmp02", "cmp02_gpu", {"VGPU": 4})
    cloud.nest("cmp03", "cmp03_gpu", {"VGPU": 4}, "CUSTOM_GPU")
    return cloud


def test_candidates_are_hosts_and_not_their_gpus(cloud: FakeCloud) -> None:
    capacities = placement_of(cloud).capacities()
    assert set(capacities) == {host.provider for host in cloud.world.hosts.values()}
    assert capacities[cloud.world.hosts["cmp03"].provider].nested_traits == {"CUSTOM_GPU"}


def test_a_host_that_is_asked_for_alone_has_its_gpus_too(cloud: FakeCloud) -> None:
    capacity = placement_of(cloud).capacity(cloud.world.hosts["cmp03"].provider, {})
    assert capacity.total["VGPU"] == 4 and capacity.nested_traits == {"CUSTOM_GPU"}


# -- in a drain and in a plan


def test_a_trait_of_a_gpu_is_a_trait_of_its_host(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01", extra_specs={"trait:CUSTOM_GPU": "required"})
    operator.start("cmp01")
    assert cloud.names_on("cmp03") == ["web"]


def test_a_trait_that_is_forbidden_may_be_that_of_a_gpu_which_nobody_asks_for(
    cloud: FakeCloud, operator: Operator
) -> None:
    cloud.boot("web", "cmp01", extra_specs={"trait:CUSTOM_GPU": "forbidden"})
    operator.start("cmp01", targets=("cmp03",))
    assert cloud.names_on("cmp03") == ["web"]


def test_a_server_with_a_gpu_leaves_and_comes_back(cloud: FakeCloud, operator: Operator) -> None:
    cloud.nest("cmp01", "cmp01_gpu", {"VGPU": 4})
    guest = cloud.boot("web", "cmp01", extra_specs={"resources:VGPU": "1"})
    guest.needs["VGPU"] = 1
    cloud.world.allocations[guest.id] = cloud.world.shares(guest.needs, "cmp01")
    operator.start("cmp01")
    assert guest.host in ("cmp02", "cmp03")
    operator.stop("cmp01")
    assert guest.host == "cmp01"


def test_a_plan_finds_room_for_it(cloud: FakeCloud) -> None:
    cloud.nest("cmp01", "cmp01_gpu", {"VGPU": 4})
    guest = cloud.boot("web", "cmp01", extra_specs={"resources:VGPU": "1"})
    guest.needs["VGPU"] = 1
    cloud.world.allocations[guest.id] = cloud.world.shares(guest.needs, "cmp01")
    plan = run_task(cloud, "os_upgrade_plan", aggregate="nvme", hosts=["cmp01"], owner="me").result["plan"]
    assert plan["blockers"] == [] and plan["totals"]["moves"] == 2
