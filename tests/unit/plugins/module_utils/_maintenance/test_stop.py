# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Stopping a maintenance: the host goes back into service, and exactly those servers come home that left it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Interrupted, Refused
from fake.cloud import FakeCloud
from fake.faults import status
from fake.model import Guest
from fake.moves import LIVE, Behaviour, Outcome
from fake.operator import Operator
from fake.wire import Reply, Request

TRAIT = "CUSTOM_STACKOPS_RETURN_20261121T100000Z_20261121T100100Z_BY_6D65"


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
    assert cloud.returned("cmp01")


def test_what_a_return_asks_for(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    """Each server just before its move and when that ended, and of all hypervisors that of the host alone."""
    operator.start("cmp01")
    cloud.forget_requests()
    operator.stop("cmp01")
    asked = [str(one) for one in cloud.asked()]
    live = [f"GET compute /v2.1/servers/{one.id}" for one in guests.values() if one.name != "db"]
    assert [asked.count(one) for one in live] == [2, 2]
    (hypervisors,) = [one for one in cloud.asked() if "/os-hypervisors" in one.path]
    assert hypervisors.query == {"hypervisor_hostname_pattern": "cmp01"}


def test_one_who_is_gone_keeps_nobody_waiting(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    work = operator.look_to_stop("cmp01", max_concurrent=1)
    first = work.predict()["brought_back"][0]["id"]
    cloud.delete(cloud.world.guests[first])
    assert work.apply()["left"] == []
    assert len(cloud.names_on("cmp01")) == len(guests) - 1


def test_a_hypervisor_that_is_not_named_like_its_host(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    cloud.world.hosts["cmp01"].hypervisor = "blade-7.example"
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_a_cloud_that_does_not_tell_of_hypervisors_is_an_error(cloud: FakeCloud, operator: Operator) -> None:
    cloud.faults.plant(status(403), "/os-hypervisors", "GET")
    with pytest.raises(CloudError, match="Could not list the hypervisors"):
        operator.look_to_stop("cmp01")


def test_the_trait_outlives_the_mark(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    """Enabling clears the mark, so the trait is there before, and it goes when all are home."""
    operator.start("cmp01")
    cloud.forget_requests()
    operator.stop("cmp01")
    writes = [(one.method, one.path.split("/")[-1]) for one in cloud.requests if one.writes]
    trait = writes[0][1]
    assert trait.startswith("CUSTOM_STACKOPS_RETURN_20261121T100000Z_") and trait.endswith("_BY_6D65")
    assert writes[:3] == [("PUT", trait), ("PUT", "traits"), ("PUT", cloud.world.hosts["cmp01"].service_id)]
    assert writes[-2:] == [("PUT", "traits"), ("DELETE", trait)]


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
    assert cloud.names_on("cmp01") == [] and len(cloud.moves.started) == asked and cloud.returned("cmp01")


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


def test_one_that_somebody_moves_meanwhile_comes_home_afterwards(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    operator.start("cmp01")
    other = "cmp03" if guests["web"].host == "cmp02" else "cmp02"
    work = operator.look_to_stop("cmp01")
    cloud.moves.behave("web", Behaviour(seconds=30.0, times=1))
    cloud.move(guests["web"], other)
    result = work.apply()
    assert guests["web"].host == "cmp01" and len(result["brought_back"]) == len(guests)


def test_one_that_was_deleted_does_not(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.delete(guests["web"])
    result = operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["db", "frozen"] and result["left"] == [] and cloud.returned("cmp01")


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


def test_one_that_a_second_drain_takes_to_where_it_had_come_from_comes_home(
    cloud: FakeCloud, operator: Operator
) -> None:
    """Long ago it came from cmp03, where the drain of cmp02 takes it by chance: cmp03 is not its home for that."""
    guest = cloud.boot("web", "cmp03")
    cloud.move(guest, "cmp01")
    cloud.clock.sleep(60.0)
    operator.start("cmp01", targets=("cmp02",))
    cloud.clock.sleep(60.0)
    operator.start("cmp02", targets=("cmp03",))
    assert guest.host == "cmp03"
    operator.stop("cmp01")
    assert guest.host == "cmp01"
    operator.stop("cmp02")
    assert guest.host == "cmp01" and cloud.returned("cmp01") and cloud.returned("cmp02")


def revive(cloud: FakeCloud, host: str) -> None:
    """What Nova does when it writes the traits that it remembers: the trait that was taken off is back."""
    cloud.world.known_traits.add(TRAIT)
    cloud.world.hosts[host].traits.add(TRAIT)


def test_a_trait_that_nova_brought_back_moves_nobody(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Of the servers that left in that maintenance one was moved on since, and a guest of another host went home."""
    operator.start("cmp01")
    operator.stop("cmp01")
    visitor = next(one for one in cloud.world.guests.values() if one.name == "of-cmp02")
    cloud.clock.sleep(60.0)
    for moved, target in ((guests["web"], "cmp03"), (visitor, "cmp01"), (visitor, "cmp02")):
        cloud.moves.ask(moved, LIVE, target)
        cloud.clock.sleep(60.0)
    revive(cloud, "cmp01")
    operator.stop("cmp01")
    assert (guests["web"].host, visitor.host) == ("cmp03", "cmp02") and cloud.returned("cmp01")

    revive(cloud, "cmp01")
    operator.start("cmp01")
    assert not cloud.world.hosts["cmp01"].traits and "20261121T100000Z" not in (cloud.world.hosts["cmp01"].reason or "")
    revive(cloud, "cmp01")
    operator.stop("cmp01")
    assert (guests["web"].host, visitor.host) == ("cmp03", "cmp02") and cloud.returned("cmp01")
    assert cloud.names_on("cmp01") == ["db", "frozen"]


def test_a_trait_that_nova_brought_back_keeps_no_other_owner_out(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Before the start of the next owner, while its mark stands, and when it has nothing to put back."""
    operator.start("cmp01")
    operator.stop("cmp01")
    cloud.clock.sleep(60.0)
    revive(cloud, "cmp01")
    operator.start("cmp01", owner="night-shift")
    assert cloud.names_on("cmp01") == [] and not cloud.world.hosts["cmp01"].traits
    revive(cloud, "cmp01")
    operator.stop("cmp01", owner="night-shift")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")
    revive(cloud, "cmp01")
    operator.stop("cmp01", owner="night-shift")
    assert cloud.returned("cmp01")


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
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


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
    with pytest.raises(Interrupted, match="did not come up within 120 seconds") as stopped:
        operator.stop("cmp01", timeout=120.0)
    assert cloud.writes == [] and not cloud.world.hosts["cmp01"].enabled
    found = stopped.value.facts["host"]
    assert (found["status"], found["state"], found["maintenance"]["phase"]) == ("disabled", "down", "maintenance")


@pytest.mark.parametrize("reason", ["broken fan", None, "stackops:night-shift:20261121T110000Z:migrate"])
def test_a_host_that_somebody_disables_while_it_is_waited_for_stays_so(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], reason: str | None
) -> None:
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    cloud.clock.after(0.1, lambda: setattr(host, "reason", reason))
    cloud.forget_requests()
    with pytest.raises(
        Interrupted, match="was (disabled by somebody else|taken over meanwhile by night-shift)"
    ) as stopped:
        operator.stop("cmp01")
    assert (host.enabled, host.reason) == (False, reason) and cloud.writes == []
    assert stopped.value.facts["host"]["disabled_reason"] == reason


def test_an_old_heartbeat_proves_nothing(cloud: FakeCloud, operator: Operator) -> None:
    """Nova calls a service up for a while after it died: only a heartbeat since we looked counts."""
    operator.start("cmp01")
    host = cloud.world.hosts["cmp01"]
    cloud.clock.on_tick(lambda: setattr(host, "beat", cloud.clock.start))
    with pytest.raises(Interrupted, match="last heartbeat 2026-11-21T10:00:00"):
        operator.stop("cmp01", timeout=60.0)
    assert not host.enabled


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
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_the_return_can_be_taken_over(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("*", Behaviour(seconds=200.0))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=30.0)
    operator.stop("cmp01", owner="night-shift", takeover=True)
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_the_return_can_be_given_up(cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]) -> None:
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted):
        operator.stop("cmp01", timeout=30.0)
    operator.stop("cmp01", bring_back=False)
    assert cloud.returned("cmp01")
    assert not operator.look_to_stop("cmp01").changed
