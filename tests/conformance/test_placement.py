# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Capacity, allocations and traits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conformance.sites import Site

TRAIT = "CUSTOM_STACKOPS_RETURN_20261121T100000Z_20261121T110000Z_BY_6D65"
UNKNOWN_UUID = "5eb9a65f-5d7a-5633-b275-ff68610102b0"


def summaries(site: Site, query: str = "", version: str = "1.27") -> dict[str, Any]:
    path = f"/allocation_candidates?resources=MEMORY_MB:1{query}"
    return dict(site.api.placement("GET", path, version=version).body["provider_summaries"])


def test_capacity(site: Site, provider: str, boot: Callable[..., str]) -> None:
    before = summaries(site)[provider]["resources"]
    assert {"VCPU", "MEMORY_MB", "DISK_GB"} <= set(before)
    boot(site.hosts[0])
    after = summaries(site)[provider]["resources"]
    assert all(after[name]["used"] > before[name]["used"] for name in ("VCPU", "MEMORY_MB"))
    assert after["VCPU"]["capacity"] == before["VCPU"]["capacity"]


def test_before_1_27_only_what_was_asked_for_is_told(site: Site, provider: str) -> None:
    assert set(summaries(site, version="1.26")[provider]["resources"]) == {"MEMORY_MB"}


def test_a_disabled_host_offers_nothing(site: Site, provider: str, service: dict[str, Any]) -> None:
    query = "&required=!COMPUTE_STATUS_DISABLED"
    assert provider in summaries(site, query)
    assert site.api.nova("PUT", f"/os-services/{service['id']}", {"status": "disabled"}).status == 200
    site.wait("Placement knows it", lambda: provider not in summaries(site, query))


def test_members_of_an_aggregate(site: Site, provider: str, aggregate: Callable[..., int]) -> None:
    key = aggregate("pool", site.hosts[0])
    uuid = site.api.nova("GET", f"/os-aggregates/{key}").body["aggregate"]["uuid"]
    assert set(summaries(site, f"&member_of=in:{uuid}")) == {provider}
    assert summaries(site, f"&member_of=in:{UNKNOWN_UUID}") == {}


def test_all_members_of_an_aggregate(site: Site, provider: str, aggregate: Callable[..., int]) -> None:
    key = aggregate("pool", site.hosts[0])
    uuid = site.api.nova("GET", f"/os-aggregates/{key}").body["aggregate"]["uuid"]
    for members, expected in ((f"in:{uuid}", [provider]), (f"in:{UNKNOWN_UUID}", [])):
        body = site.api.placement("GET", f"/resource_providers?member_of={members}").body
        assert [entry["uuid"] for entry in body["resource_providers"]] == expected


def test_the_mirror_of_an_aggregate_may_differ(site: Site, provider: str, aggregate: Callable[..., int]) -> None:
    """Nova writes it when a host joins and leaves, and looks at it at no other time."""
    key = aggregate("pool", site.hosts[0])
    uuid = site.api.nova("GET", f"/os-aggregates/{key}").body["aggregate"]["uuid"]
    path = f"/resource_providers/{provider}/aggregates"
    for wanted in ([], [uuid]):
        current = site.api.placement("GET", path).body
        assert (uuid in current["aggregates"]) != bool(wanted)
        assert site.api.placement("PUT", path, {**current, "aggregates": wanted}).status == 200
        members = site.api.placement("GET", f"/resource_providers?member_of=in:{uuid}").body["resource_providers"]
        assert [entry["uuid"] for entry in members] == ([provider] if wanted else [])
        assert site.api.nova("GET", f"/os-aggregates/{key}").body["aggregate"]["hosts"] == [site.hosts[0]]
    assert site.api.placement("PUT", path, current).status == 409  # its generation is over


def test_capacity_follows_from_the_inventory(site: Site, provider: str) -> None:
    listed = summaries(site)[provider]["resources"]
    inventories = site.api.placement("GET", f"/resource_providers/{provider}/inventories").body["inventories"]
    for name, inventory in inventories.items():
        assert (
            int((inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"])
            == listed[name]["capacity"]
        )


def test_allocations(site: Site, provider: str, boot: Callable[..., str]) -> None:
    server = boot(site.hosts[0])
    locked = site.api.placement("GET", f"/resource_providers/{provider}/allocations").body["allocations"]
    assert locked[server]["resources"]["VCPU"] == 1
    assert site.api.placement("GET", f"/resource_providers/{UNKNOWN_UUID}/allocations").status == 404


@pytest.fixture
def gpus(site: Site, provider: str) -> Iterator[list[str]]:
    """Two GPUs in the first host, of which one has a trait that the other has not."""
    made = [site.nest(provider, {"VGPU": 4}, trait) for trait in ("CUSTOM_GPU_A", "CUSTOM_GPU_B")]
    yield made
    for gpu in made:
        site.unnest(gpu)


def offers(site: Site, query: str, version: str = "1.29") -> list[set[str]]:
    """The providers of each way in which Placement could give what is asked for."""
    answer = site.api.placement("GET", f"/allocation_candidates?{query}", version=version)
    assert answer.status == 200, answer.body
    return [set(request["allocations"]) for request in answer.body["allocation_requests"]]


def test_nested_providers_take_part_from_1_29_on(site: Site, provider: str, gpus: list[str]) -> None:
    first, second = gpus
    query = "resources=VCPU:1,VGPU:1"
    assert offers(site, query, "1.28") == []
    assert sorted(map(sorted, offers(site, query))) == sorted(map(sorted, [{provider, first}, {provider, second}]))
    assert offers(site, "resources=VCPU:1,VGPU:5") == []
    assert offers(site, f"{query}&required=CUSTOM_GPU_A") == [{provider, first}]
    assert offers(site, f"{query}&required=!CUSTOM_GPU_A") == [{provider, second}]
    body = site.api.placement("GET", f"/allocation_candidates?{query}", version="1.29").body
    summary = body["provider_summaries"][first]
    assert summary["resources"] == {"VGPU": {"capacity": 4, "used": 0}} and summary["traits"] == ["CUSTOM_GPU_A"]
    assert (summary["parent_provider_uuid"], summary["root_provider_uuid"]) == (provider, provider)


def test_groups_with_a_suffix_come_from_one_provider_each(site: Site, provider: str, gpus: list[str]) -> None:
    first, second = gpus
    two = "resources=VCPU:1&resources1=VGPU:2&resources2=VGPU:2&group_policy="
    assert {frozenset(way) for way in offers(site, f"{two}isolate")} == {frozenset({provider, first, second})}
    alike = {frozenset({provider, first}), frozenset({provider, second}), frozenset({provider, first, second})}
    assert {frozenset(way) for way in offers(site, f"{two}none")} == alike
    assert offers(site, "resources=VCPU:1&resources1=VGPU:2&required1=CUSTOM_GPU_B") == [{provider, second}]
    assert offers(site, "resources=VCPU:1&resources1=VCPU:1,VGPU:1") == []


def test_the_providers_of_a_tree(site: Site, provider: str, gpus: list[str]) -> None:
    listed = site.api.placement("GET", f"/resource_providers?in_tree={gpus[0]}").body["resource_providers"]
    parents = {row["uuid"]: row["parent_provider_uuid"] for row in listed}
    assert parents == {provider: None, gpus[0]: provider, gpus[1]: provider}
    elsewhere = site.api.placement("GET", f"/allocation_candidates?resources=VCPU:1&in_tree={provider}", version="1.31")
    assert set(elsewhere.body["provider_summaries"]) == {provider, *gpus}
    inventory = site.api.placement("GET", f"/resource_providers/{gpus[0]}/inventories").body["inventories"]["VGPU"]
    assert {"total", "reserved", "allocation_ratio", "min_unit", "max_unit", "step_size"} <= set(inventory)
    assert site.api.placement("GET", f"/resource_providers/{gpus[0]}/traits").body["traits"] == ["CUSTOM_GPU_A"]


@pytest.fixture
def traits(site: Site, provider: str) -> Iterator[str]:
    """The path of the first host's traits; ours is gone after the test."""
    path = f"/resource_providers/{provider}/traits"
    yield path
    current = site.api.placement("GET", path).body
    current["traits"] = [trait for trait in current["traits"] if trait != TRAIT]
    assert site.api.placement("PUT", path, current).status == 200
    assert site.api.placement("DELETE", f"/traits/{TRAIT}").status in (204, 404)


def test_a_traits_life(site: Site, provider: str, traits: str) -> None:
    assert site.api.placement("PUT", f"/traits/{TRAIT}").status == 201
    assert site.api.placement("PUT", f"/traits/{TRAIT}").status == 204
    listed = site.api.placement("GET", "/traits?name=startswith:CUSTOM_STACKOPS_RETURN_").body["traits"]
    assert listed == [TRAIT]
    current = site.api.placement("GET", traits).body
    assert site.api.placement("PUT", traits, {**current, "traits": [*current["traits"], TRAIT]}).status == 200
    holders = site.api.placement("GET", f"/resource_providers?required={TRAIT}").body["resource_providers"]
    assert [entry["uuid"] for entry in holders] == [provider]
    assert site.api.placement("DELETE", f"/traits/{TRAIT}").status == 409
    later = site.api.placement("GET", traits).body
    assert later["resource_provider_generation"] > current["resource_provider_generation"]
    again = {**later, "traits": current["traits"]}
    assert site.api.placement("PUT", traits, again).status == 200
    assert site.api.placement("DELETE", f"/traits/{TRAIT}").status == 204
    assert site.api.placement("DELETE", f"/traits/{TRAIT}").status == 404


def test_a_generation_that_is_over(site: Site, traits: str) -> None:
    current = site.api.placement("GET", traits).body
    old = {**current, "resource_provider_generation": current["resource_provider_generation"] - 1}
    conflict = site.api.placement("PUT", traits, old)
    assert conflict.status == 409 and conflict.body["errors"][0]["status"] == 409


def test_a_trait_outlives_disabling_and_enabling(site: Site, traits: str, service: dict[str, Any]) -> None:
    assert site.api.placement("PUT", f"/traits/{TRAIT}").status == 201
    current = site.api.placement("GET", traits).body
    current["traits"].append(TRAIT)
    assert site.api.placement("PUT", traits, current).status == 200
    for status in ("disabled", "enabled"):
        assert site.api.nova("PUT", f"/os-services/{service['id']}", {"status": status}).status == 200
        assert TRAIT in site.api.placement("GET", traits).body["traits"]


def test_what_is_refused(site: Site, traits: str) -> None:
    assert site.api.placement("PUT", "/traits/lower").status == 400
    assert site.api.placement("PUT", f"/traits/CUSTOM_{'X' * 249}").status == 400
    assert site.api.placement("GET", "/resource_providers?required=CUSTOM_UNKNOWN_TRAIT").status == 400
    assert site.api.placement("GET", f"/resource_providers/{UNKNOWN_UUID}/traits").status == 404
    current = site.api.placement("GET", traits).body
    unknown = {**current, "traits": [*current["traits"], "CUSTOM_UNKNOWN_TRAIT"]}
    assert site.api.placement("PUT", traits, unknown).status == 400
