# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which targets a drain finds: what a plan, a margin, zones, traits and returns under way say about that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.finder import TargetFinder

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.glance import image
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import Behaviour
from tests.unit.fake.operator import Operator

Boot = Callable[..., Guest]


# -- moves of a plan


def test_a_plan_is_followed(cloud: FakeCloud, operator: Operator) -> None:
    guests = [cloud.boot(name, "cmp01") for name in ("web1", "web2", "web3")]
    plan = {guest.id: "cmp03" for guest in guests}
    predict = operator.look_to_start("cmp01", moves=plan).predict()
    operator.start("cmp01", moves=plan)
    assert {guest.host for guest in guests} == {move["target"] for move in predict["moved"]} == {"cmp03"}


def test_another_target_is_chosen_when_nova_refuses_the_planned_one(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(unfit=frozenset({"cmp03"})))
    operator.start("cmp01", moves={guest.id: "cmp03"})
    assert cloud.moves.started == [("web", "cmp03"), ("web", "cmp02")]


@pytest.mark.parametrize("target", ["cmp04", "cmp09", "cmp01"])
def test_another_target_is_chosen_for_one_outside_the_pool(cloud: FakeCloud, operator: Operator, target: str) -> None:
    cloud.host("cmp04")
    guest = cloud.boot("web", "cmp01")
    operator.start("cmp01", moves={guest.id: target})
    assert cloud.moves.started == [("web", "cmp02")]


def test_another_target_is_chosen_for_one_that_went_out_of_service(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.world.hosts["cmp03"].enabled = False
    operator.start("cmp01", moves={guest.id: "cmp03"})
    assert cloud.moves.started == [("web", "cmp02")]


def older(cloud: FakeCloud) -> None:
    cloud.world.hosts["cmp03"].version -= 1


def full(cloud: FakeCloud) -> None:
    cloud.boot("big", "cmp03", vcpus=16)


def with_a_member(cloud: FakeCloud) -> None:
    web = next(iter(cloud.world.guests.values()))
    cloud.group("apart", "anti-affinity", web, cloud.boot("other", "cmp03"))


@pytest.mark.parametrize("spoil", [older, full, with_a_member])
def test_another_target_is_chosen_for_one_that_nova_is_sure_to_refuse(
    cloud: FakeCloud, operator: Operator, spoil: Callable[[FakeCloud], None]
) -> None:
    guest = cloud.boot("web", "cmp01")
    spoil(cloud)
    operator.start("cmp01", moves={guest.id: "cmp03"})
    assert cloud.moves.started == [("web", "cmp02")]


def test_a_plan_may_use_the_margin(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", vcpus=12)
    operator.start("cmp01", moves={guest.id: "cmp03"}, capacity_margin=50.0)
    assert cloud.moves.started == [("web", "cmp03")]


def test_the_capacity_that_a_plan_takes_is_taken(cloud: FakeCloud, operator: Operator) -> None:
    """The large server is planned for cmp02, so no other server is sent there at the same time."""
    large = cloud.boot("large", "cmp01", vcpus=16)
    small = cloud.boot("small", "cmp01")
    operator.start("cmp01", moves={large.id: "cmp02"})
    assert (large.host, small.host) == ("cmp02", "cmp03") and len(cloud.moves.started) == 2


# -- a margin


def test_a_margin_stays_free_on_every_target(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("big", "cmp02", vcpus=8)
    for number in range(12):
        cloud.boot(f"web{number}", "cmp01")
    operator.start("cmp01", capacity_margin=25.0)
    assert all(cloud.world.used(name)["VCPU"] <= 12 for name in ("cmp02", "cmp03"))


@pytest.mark.parametrize(("margin", "fits"), [(0.0, True), (25.0, True), (25.1, False), (100.0, False)])
def test_a_margin_that_cannot_be_kept_is_an_obstacle(
    cloud: FakeCloud, operator: Operator, margin: float, fits: bool
) -> None:
    cloud.boot("web", "cmp01", vcpus=12)
    if fits:
        operator.start("cmp01", capacity_margin=margin)
        assert cloud.names_on("cmp01") == []
        return
    with pytest.raises(Refused, match=f"it lacks .* VCPU with {margin:g} % kept free"):
        operator.start("cmp01", capacity_margin=margin)
    assert cloud.writes == []


def test_a_larger_pool_is_not_gone_through_more_often(
    cloud: FakeCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    usable = TargetFinder._usable_members

    def counted(finder: TargetFinder) -> list[str]:
        passes[-1] += 1
        return usable(finder)

    monkeypatch.setattr(TargetFinder, "_usable_members", counted)
    (pool,) = cloud.world.aggregates.values()
    cloud.boot("web", "cmp01", vcpus=17)
    for size in (3, 30):
        pool.hosts += [cloud.host(f"more{number}").name for number in range(size - len(pool.hosts))]
        passes.append(0)
        with pytest.raises(Refused, match="No host can take the server"):
            operator.look_to_start("cmp01")
    assert passes[0] == passes[1] > 0


# -- a zone


@pytest.fixture
def zoned() -> FakeCloud:
    """Two zones in one pool; the other zone has more free capacity."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.aggregate("east", "cmp01", "cmp02", zone="east", ssd="true")
    cloud.aggregate("west", "cmp03", zone="west", ssd="true")
    cloud.boot("big", "cmp02", vcpus=8)
    return cloud


def test_a_pinned_server_stays_in_its_zone(zoned: FakeCloud) -> None:
    pinned, free = zoned.boot("pinned", "cmp01", zone="east"), zoned.boot("free", "cmp01")
    Operator(zoned).start("cmp01", aggregate_metadata={"ssd": "true"})
    assert (pinned.host, free.host) == ("cmp02", "cmp03") and len(zoned.moves.started) == 2


def test_a_zone_without_free_capacity_is_an_obstacle(zoned: FakeCloud) -> None:
    zoned.boot("pinned", "cmp01", vcpus=9, zone="east")
    with pytest.raises(Refused, match=r"cmp02: it lacks 1 VCPU.*cmp03: the server is pinned to the zone east"):
        Operator(zoned).look_to_start("cmp01", aggregate_metadata={"ssd": "true"})
    assert zoned.writes == []


def test_an_older_nova_does_not_tell_zones_and_refuses_itself(zoned: FakeCloud) -> None:
    """It is asked once as the newest Nova is, then what it knows, and from then on only what it can answer."""
    zoned.nova.newest = (2, 79)
    pinned = zoned.boot("pinned", "cmp01", zone="east")
    for number in range(4):
        zoned.boot(f"free{number}", "cmp01")
    Operator(zoned).start("cmp01", aggregate_metadata={"ssd": "true"})
    assert pinned.host == "cmp02" and zoned.names_on("cmp01") == []
    assert [(server, target) for server, target in zoned.moves.started if server == "pinned"] == [
        ("pinned", "cmp03"),
        ("pinned", "cmp02"),
    ]
    # Once for each microversion that it lacks, of servers and of migrations.
    refused = [str(request) for request, code in zoned.replies if code == 406]
    assert sorted(refused) == ["GET compute /v2.1/os-migrations", *["GET compute /v2.1/servers/detail"] * 2]


def test_a_newer_nova_is_asked_once(zoned: FakeCloud) -> None:
    zoned.boot("web", "cmp01")
    Operator(zoned).look_to_start("cmp01", aggregate="east")
    assert len(zoned.asked("GET", "/servers/detail")) == 1


# -- traits


def with_flavor(cloud: FakeCloud, **traits: str) -> Guest:
    return cloud.boot("web", "cmp01", extra_specs={f"trait:{name}": word for name, word in traits.items()})


def with_image(cloud: FakeCloud, **traits: str) -> Guest:
    app = image("app") | {f"trait:{name}": word for name, word in traits.items()}
    cloud.world.images.append(app)
    return cloud.boot("web", "cmp01", image=app["id"])


@pytest.mark.parametrize(
    ("boot", "word", "target"),
    [
        (with_flavor, "required", "cmp03"),
        (with_flavor, "forbidden", "cmp02"),
        (with_flavor, "preferred", "cmp02"),
        (with_image, "required", "cmp03"),
        (with_image, "forbidden", "cmp03"),  # which means nothing to Nova
        (with_image, "preferred", "cmp02"),
    ],
)
def test_traits_of_flavor_and_image_decide(
    cloud: FakeCloud, operator: Operator, boot: Boot, word: str, target: str
) -> None:
    cloud.world.hosts["cmp03"].traits.add("CUSTOM_GOLD")
    cloud.world.known_traits.add("CUSTOM_GOLD")
    boot(cloud, CUSTOM_GOLD=word)
    if word == "forbidden":
        cloud.boot("big", "cmp02", vcpus=8)  # the other host has more free capacity
    operator.start("cmp01")
    assert cloud.moves.started == [("web", target)]


def test_an_image_prefers_a_fuller_host_with_its_traits(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.hosts["cmp03"].traits.add("CUSTOM_GOLD")
    cloud.world.known_traits.add("CUSTOM_GOLD")
    cloud.boot("big", "cmp03", vcpus=8)
    with_image(cloud, CUSTOM_GOLD="required")
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp03")]


def test_no_tenant_keeps_a_host_from_its_drain(cloud: FakeCloud, operator: Operator) -> None:
    """Nova moves a server by what it noted of the image at boot; the image can say anything now."""
    with_image(cloud, CUSTOM_NOBODY="required")
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == [] and len(cloud.moves.started) == 1


def test_a_trait_that_no_target_has_is_an_obstacle(cloud: FakeCloud, operator: Operator) -> None:
    with_flavor(cloud, CUSTOM_GOLD="required")
    with pytest.raises(Refused, match=r"cmp02, cmp03: it lacks the trait CUSTOM_GOLD"):
        operator.look_to_start("cmp01")


def test_a_trait_that_every_target_must_not_have_is_an_obstacle(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.known_traits.add("CUSTOM_GOLD")
    for name in ("cmp02", "cmp03"):
        cloud.world.hosts[name].traits.add("CUSTOM_GOLD")
    with_flavor(cloud, CUSTOM_GOLD="forbidden")
    with pytest.raises(Refused, match="it has the forbidden trait CUSTOM_GOLD"):
        operator.look_to_start("cmp01")


def test_an_image_that_is_gone_demands_nothing(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01", image=image("app")["id"])
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


# -- servers that are brought back to other hosts


def test_a_host_whose_servers_are_still_being_brought_back_takes_no_others(
    cloud: FakeCloud, operator: Operator
) -> None:
    cloud.boot("big", "cmp03", vcpus=8)
    cloud.boot("web", "cmp01")
    cloud.leave_return("cmp02", "20261121T090000Z", "20261121T093000Z")
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp03")]


def test_such_a_host_takes_them_when_it_is_the_only_target(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.leave_return("cmp02", "20261121T090000Z", "20261121T093000Z")
    operator.start("cmp01", targets=("cmp02",))
    assert cloud.moves.started == [("web", "cmp02")]
