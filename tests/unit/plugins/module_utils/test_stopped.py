# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Stopping a maintenance: the host goes back into service, and exactly those servers come home that left it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Interrupted, Refused
from fake.cloud import FakeCloud
from fake.faults import status
from fake.http import Reply, Request
from fake.model import Guest
from fake.moves import Behaviour, Outcome
from fake.operator import Operator

TRAIT = "CUSTOM_STACKOPS_RETURN_20261121T100000Z_BY_6D65"


@pytest.fixture
def guests(cloud: FakeCloud) -> dict[str, Guest]:
    """Servers of cmp01, and one of each other host that must stay where it is."""
    kinds = {"web": "active", "frozen": "paused", "db": "stopped"}
    for name in ("cmp02", "cmp03"):
        cloud.boot(f"of-{name}", name)
    return {name: cloud.boot(name, "cmp01", state) for name, state in kinds.items()}


def returned(cloud: FakeCloud) -> bool:
    """The host is in service, and nothing of its maintenance is left in the cloud."""
    host = cloud.world.hosts["cmp01"]
    return host.enabled and host.reason is None and not host.traits and not cloud.world.known_traits


def test_exactly_those_come_home_that_left(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    result = operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests)
    assert cloud.names_on("cmp02") == ["of-cmp02"] and cloud.names_on("cmp03") == ["of-cmp03"]
    assert {name: one.vm_state for name, one in guests.items()} == {
        "web": "active",
        "frozen": "paused",
        "db": "stopped",
    }
    assert {one["name"] for one in result["brought_back"]} == set(guests)
    assert result["host"]["status"] == "enabled" and result["host"]["maintenance"] is None
    assert returned(cloud)


def test_the_trait_outlives_the_mark(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    """Enabling clears the mark, so the trait is there before, and it goes when all are home."""
    operator.start("cmp01")
    cloud.forget_requests()
    operator.stop("cmp01")
    writes = [(one.method, one.path.split("/")[-1]) for one in cloud.requests if one.writes]
    host = cloud.world.hosts["cmp01"]
    assert writes[:3] == [("PUT", TRAIT), ("PUT", "traits"), ("PUT", host.service_id)]
    assert writes[-2:] == [("PUT", "traits"), ("DELETE", TRAIT)]


def test_a_provider_that_changed_meanwhile(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    """nova-compute writes as well: a conflict of generations means to read again."""
    operator.start("cmp01")

    def interfere(_request: Request) -> Reply | None:
        cloud.world.hosts["cmp01"].generation += 1
        cloud.world.hosts["cmp01"].traits.add("CUSTOM_GOLD")
        return None

    cloud.world.known_traits.add("CUSTOM_GOLD")
    cloud.faults.plant(interfere, method="GET", path="/resource_providers/.*/traits", after=True, times=2)
    operator.stop("cmp01")
    assert cloud.world.hosts["cmp01"].traits == {"CUSTOM_GOLD"} and cloud.names_on("cmp01") == sorted(guests)


def test_without_bringing_back(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    asked = len(cloud.moves.started)
    operator.stop("cmp01", bring_back=False)
    assert cloud.names_on("cmp01") == [] and len(cloud.moves.started) == asked and returned(cloud)


def test_the_second_stop_writes_nothing(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    operator.stop("cmp01")
    cloud.forget_requests()
    assert not operator.look_to_stop("cmp01").changed
    assert cloud.writes == []


# -- who left


def test_one_that_was_moved_on_comes_home_from_where_it_is(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    other = "cmp03" if guests["web"].host == "cmp02" else "cmp02"
    cloud.move(guests["web"], other)
    cloud.clock.sleep(10.0)
    operator.stop("cmp01")
    assert guests["web"].host == "cmp01"


def test_one_that_was_deleted_does_not(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.delete(guests["web"])
    result = operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["db", "frozen"] and result["left"] == [] and returned(cloud)


def test_one_whose_owner_resized_it_away_stays_there(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """A resize is its owner's doing: before the drain it took the server away, and it is none of those that left."""
    operator.start("cmp01", mode="disable")
    cloud.resize(guests["web"], "cmp02")
    operator.start("cmp01")
    operator.stop("cmp01")
    assert guests["web"].host == "cmp02" and cloud.names_on("cmp01") == ["db", "frozen"]


def test_one_that_left_before_the_maintenance_stays_away(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    cloud.move(guests["web"], "cmp02")
    cloud.clock.sleep(30.0)
    operator.start("cmp01")
    operator.stop("cmp01")
    assert guests["web"].host == "cmp02" and cloud.names_on("cmp01") == ["db", "frozen"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_controllers_clock_does_not_matter(hours: int) -> None:
    cloud = FakeCloud("cmp01", "cmp02", start=datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=hours))
    cloud.aggregate("nvme", "cmp01", "cmp02")
    guest = cloud.boot("web", "cmp01")
    operator = Operator(cloud)
    operator.start("cmp01")
    assert guest.host == "cmp02"
    operator.stop("cmp01")
    assert guest.host == "cmp01"


def test_a_guest_of_another_member_goes_to_its_own_home(cloud: FakeCloud, operator: Operator) -> None:
    """It was parked on cmp01 while cmp02 is in maintenance, and had to leave cmp01 as well."""
    guest = cloud.boot("of-cmp02", "cmp02")
    cloud.boot("big", "cmp03", vcpus=16)
    operator.start("cmp02")
    assert guest.host == "cmp01"
    cloud.world.hosts["cmp03"].capacity["VCPU"] = 32
    operator.start("cmp01", targets=("cmp03",))
    assert guest.host == "cmp03"
    operator.stop("cmp01")
    assert guest.host == "cmp03"
    operator.stop("cmp02")
    assert guest.host == "cmp02"


# -- the service


def test_a_host_that_somebody_else_disabled_stays_so(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "broken fan"
    work = operator.look_to_stop("cmp01")
    assert not work.changed and "broken fan" in work.warnings[0]
    assert cloud.writes == []


def test_a_host_that_somebody_disables_during_the_return_stays_so(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """The return was killed, and before it goes on the host is disabled for a reason of somebody else's."""
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "broken fan"
    host.traits.add(TRAIT)
    cloud.world.known_traits.add(TRAIT)
    work = operator.look_to_stop("cmp01")
    assert not work.changed and "broken fan" in work.warnings[0]
    operator.stop("cmp01")
    assert (host.enabled, host.reason) == (False, "broken fan") and cloud.names_on("cmp01") == []

    host.enabled, host.reason = True, None
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and returned(cloud)


def test_it_waits_for_the_service(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    host.up = False
    cloud.clock.after(60.0, lambda: setattr(host, "up", True))
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests)


def test_a_service_that_stays_down_stays_out_of_service(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.world.hosts["cmp01"].up = False
    cloud.forget_requests()
    with pytest.raises(Interrupted, match="did not come up within 120 seconds"):
        operator.stop("cmp01", timeout=120.0)
    assert cloud.writes == [] and not cloud.world.hosts["cmp01"].enabled


def test_an_old_heartbeat_proves_nothing(cloud: FakeCloud, operator: Operator) -> None:
    """Nova calls a service up for a while after it died: only a heartbeat since we looked counts."""
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    cloud.clock.on_tick(lambda: setattr(host, "beat", cloud.clock.start))
    with pytest.raises(Interrupted, match="last heartbeat 2026-11-21T10:00:00"):
        operator.stop("cmp01", timeout=60.0)
    assert not host.enabled


# -- who does not come home


def crowd(cloud: FakeCloud) -> Guest:
    """Somebody else's server takes the host's room as soon as it is in service."""
    host = cloud.world.hosts["cmp01"]
    crowd: list[Guest] = []

    def settle() -> None:
        if host.enabled and not crowd:
            crowd.append(cloud.boot("crowd", "cmp01", vcpus=15))

    cloud.clock.on_tick(settle)
    return next(iter(crowd), Guest("crowd", "cmp01"))


def test_who_finds_no_room_is_named(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    crowd(cloud)
    work = operator.look_to_stop("cmp01", max_concurrent=1)
    result = work.carry_out()
    assert len(result["brought_back"]) == 1 and len(result["left"]) == 2 == len(work.warnings)
    assert all("record says 'error'" in one["reason"] for one in result["left"])
    assert returned(cloud)


def test_who_has_to_come_home_and_does_not_is_a_failure(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    crowd(cloud)
    with pytest.raises(Interrupted, match="its return is not over") as stopped:
        operator.stop("cmp01", bring_back_required=True, max_concurrent=1)
    assert len(stopped.value.facts["left"]) == 2 and len(stopped.value.facts["brought_back"]) == 1
    host = cloud.world.hosts["cmp01"]
    assert host.enabled and host.traits == {TRAIT}

    cloud.delete(next(one for one in cloud.world.guests.values() if one.name == "crowd"))
    operator.stop("cmp01", bring_back_required=True)
    assert cloud.names_on("cmp01") == sorted(guests) and returned(cloud)


def test_room_that_one_makes_lets_the_next_pass_succeed(cloud: FakeCloud, operator: Operator) -> None:
    """Anti-affinity: the second can come only when a stranger left, which takes a pass."""
    pair = [cloud.boot(name, "cmp01") for name in ("one", "two")]
    operator.start("cmp01")
    cloud.moves.behave("two", Behaviour(Outcome.ERROR, times=1))
    operator.stop("cmp01")
    assert [one.host for one in pair] == ["cmp01", "cmp01"]


def test_one_that_cannot_move_any_more_stays_away(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    guests["web"].vm_state = "suspended"
    result = operator.stop("cmp01")
    assert [one["name"] for one in result["left"]] == ["web"] and "suspended" in result["left"][0]["reason"]
    assert cloud.names_on("cmp01") == ["db", "frozen"]


def test_one_that_ends_in_error_is_named(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN))
    result = operator.stop("cmp01")
    assert [one["name"] for one in result["left"]] == ["web"] and "its guest may still run" in result["left"][0][
        "reason"
    ]


def test_a_hanging_return_ends_with_the_timeout_and_goes_on_later(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(seconds=500.0))
    with pytest.raises(Interrupted, match="100 seconds"):
        operator.stop("cmp01", timeout=100.0)
    assert cloud.world.hosts["cmp01"].traits == {TRAIT}
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and returned(cloud)
    asked = [name for name, target in cloud.moves.started if target == "cmp01"]
    assert sorted(asked) == sorted(guests)


def test_an_api_that_fails_in_the_middle(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], no_pauses: list[float]
) -> None:
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01")
    cloud.faults.plant(status(500, {"computeFault": {"message": "Oops."}}), "/os-migrations", times=1000)
    with pytest.raises(Interrupted, match="Oops"):
        work.carry_out()
    cloud.faults.clear()
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and returned(cloud)


# -- whose return it is


def test_the_return_of_another_owner_is_refused(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("*", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=30.0)
    cloud.forget_requests()
    for look in (operator.look_to_start, operator.look_to_stop):
        with pytest.raises(Refused, match="getting its servers back by me since 20261121T100000Z"):
            look("cmp01", owner="night-shift")
    assert cloud.writes == []


def test_a_maintenance_may_start_again_during_the_return(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Its time stays that of the first start, so that those who were still away come home in the end."""
    operator.start("cmp01")
    cloud.moves.behave("db", Behaviour(Outcome.ERROR, times=1))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=3.0, bring_back_required=True, max_concurrent=1)
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    assert host.reason == "stackops:me:20261121T100000Z:migrate" and not host.traits
    assert cloud.names_on("cmp01") == []
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and returned(cloud)


def test_the_return_can_be_taken_over(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("*", Behaviour(seconds=200.0))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=30.0)
    operator.stop("cmp01", owner="night-shift", takeover=True)
    assert cloud.names_on("cmp01") == sorted(guests) and returned(cloud)


def test_the_return_can_be_given_up(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=30.0)
    operator.stop("cmp01", bring_back=False)
    assert returned(cloud)
    assert not operator.look_to_stop("cmp01").changed
