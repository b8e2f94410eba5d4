# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Where Placement knows less than Nova."""

from __future__ import annotations

from fake.cloud import FakeCloud
from sites import Api

OFFERED = "/allocation_candidates?resources=VCPU:1&required=!COMPUTE_STATUS_DISABLED"


def offered(cloud: FakeCloud, api: Api, query: str = "") -> set[str]:
    names = {host.provider: name for name, host in cloud.world.hosts.items()}
    return {names[key] for key in api.placement("GET", OFFERED + query).body["provider_summaries"]}


def put(cloud: FakeCloud, api: Api, status: str) -> None:
    path = f"/os-services/{cloud.world.hosts['cmp01'].service_id}"
    assert api.nova("PUT", path, {"status": status}).body["service"]["status"] == status


def test_an_enabling_that_placement_learns_of_late(cloud: FakeCloud, api: Api) -> None:
    """Until then Nova's own scheduler lets no server move there either."""
    put(cloud, api, "disabled")
    assert "cmp01" not in offered(cloud, api)
    cloud.placement_behind(60.0)
    put(cloud, api, "enabled")
    guest = cloud.boot("web", "cmp02")
    cloud.move(guest, "cmp01")
    cloud.clock.sleep(59.0)
    assert "cmp01" not in offered(cloud, api) and guest.host == "cmp02"
    assert [record.status for record in cloud.world.records] == ["error"]
    cloud.clock.sleep(1.0)
    assert "cmp01" in offered(cloud, api)
    cloud.move(guest, "cmp01")
    cloud.clock.sleep(10.0)
    assert guest.host == "cmp01"


def test_a_mirror_that_lacks_a_host(cloud: FakeCloud, api: Api) -> None:
    """A server of the zone cannot go there, and a server without a zone can."""
    pool = cloud.aggregate("pool", "cmp01", "cmp02", zone="az1")
    cloud.unmirror(pool, "cmp01")
    assert offered(cloud, api, f"&member_of=in:{pool.uuid}") == {"cmp02"}
    listed = api.placement("GET", f"/resource_providers?member_of=in:{pool.uuid}").body["resource_providers"]
    assert [provider["name"] for provider in listed] == ["cmp02"]
    (aggregate,) = api.nova("GET", "/os-aggregates").body["aggregates"]
    assert aggregate["hosts"] == ["cmp01", "cmp02"]
    assert not cloud.moves.fits(cloud.boot("pinned", "cmp02", zone="az1"), "cmp01")
    assert cloud.moves.fits(cloud.boot("free", "cmp02"), "cmp01")


def test_a_server_with_a_gpu_holds_it_where_it_goes(cloud: FakeCloud, api: Api) -> None:
    cloud.nest("cmp01", "cmp01_gpu", {"VGPU": 1})
    target = cloud.nest("cmp02", "cmp02_gpu", {"VGPU": 1})
    guest = cloud.boot("web", "cmp01")
    guest.needs["VGPU"] = 1
    cloud.world.allocations[guest.id] = cloud.world.shares(guest.needs, "cmp01")
    assert cloud.moves.fits(guest, "cmp02") and not cloud.moves.fits(guest, "cmp03")
    cloud.move(guest, "cmp02")
    cloud.clock.sleep(10.0)
    assert guest.host == "cmp02" and cloud.world.used("cmp01_gpu") == {"VGPU": 0}
    held = api.placement("GET", f"/resource_providers/{target.provider}/allocations").body["allocations"]
    assert held == {guest.id: {"resources": {"VGPU": 1}}}


def test_what_one_consumer_gets_at_most(cloud: FakeCloud, api: Api) -> None:
    cloud.world.hosts["cmp01"].max_units["VCPU"] = 4
    guest = cloud.boot("wide", "cmp02", vcpus=5)
    assert not cloud.moves.fits(guest, "cmp01") and cloud.moves.fits(guest, "cmp03")
    body = api.placement("GET", "/allocation_candidates?resources=VCPU:5").body
    assert cloud.world.hosts["cmp01"].provider not in body["provider_summaries"]
