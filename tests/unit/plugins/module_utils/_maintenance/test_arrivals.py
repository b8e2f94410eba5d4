# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers on their way to a host that is drained: it is not empty before each has arrived and left, or went elsewhere.

No list of Nova's names them: a live or cold migration to the host, a resize, a build, an unshelving and an evacuation
hold nothing there but an allocation in Placement.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import COLD, Behaviour, Outcome
from tests.unit.fake.operator import Operator

SECONDS = 30.0  # that each of them is on its way


def live_migration(cloud: FakeCloud) -> Guest:
    guest = cloud.boot("late", "cmp02")
    cloud.moves.behave("late", Behaviour(seconds=SECONDS, times=1))
    cloud.move(guest, "cmp01")
    return guest


def cold_migration(cloud: FakeCloud) -> Guest:
    """Another administrator's, who has to confirm it then."""
    guest = cloud.boot("late", "cmp02", "stopped")
    cloud.moves.behave("late", Behaviour(seconds=SECONDS, times=1))
    cloud.moves.ask(guest, COLD, "cmp01")
    return guest


def resize(cloud: FakeCloud) -> Guest:
    guest = cloud.boot("late", "cmp02")
    cloud.moves.behave("late", Behaviour(seconds=SECONDS, times=1))
    cloud.begin_resize(guest, "cmp01", vcpus=2)
    return guest


def build(cloud: FakeCloud) -> Guest:
    return cloud.build("late", "cmp01", claim_after=SECONDS)


def unshelving(cloud: FakeCloud) -> Guest:
    guest = cloud.shelved("late")
    cloud.unshelve(guest, "cmp01", claim_after=SECONDS)
    return guest


def evacuation(cloud: FakeCloud) -> Guest:
    guest = cloud.boot("late", "cmp04")
    cloud.world.hosts["cmp04"].up = False
    cloud.evacuate(guest, "cmp01", claim_after=SECONDS)
    return guest


SENT = (build, unshelving, evacuation)  # to a host that the scheduler chose before
ARRIVALS = (live_migration, *SENT)
UNCONFIRMED = (cold_migration, resize)


def each(arrivals: Iterable[Callable[[FakeCloud], Guest]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("arrival", arrivals, ids=lambda arrival: arrival.__name__)


@pytest.fixture
def cloud(cloud: FakeCloud) -> FakeCloud:
    cloud.host("cmp04")
    return cloud


@contextlib.contextmanager
def scheduler_unaware(cloud: FakeCloud) -> Iterator[None]:
    """As if it had looked at the service of the host before that was disabled."""
    host = cloud.world.hosts["cmp01"]
    host.enabled = True
    yield
    host.enabled = False


def holders(cloud: FakeCloud, host: str) -> list[str]:
    return [key for key, places in cloud.world.allocations.items() if host in places]


def assert_empty_for_good(cloud: FakeCloud, guest: Guest) -> None:
    """Neither now nor later is anything on the host, and the server is well."""
    for _minute in range(3):
        assert cloud.names_on("cmp01") == [] and holders(cloud, "cmp01") == []
        cloud.clock.sleep(60.0)
    assert guest.host != "cmp01" and guest.vm_state in ("active", "stopped") and guest.task_state is None


@each(ARRIVALS)
@pytest.mark.parametrize("before", [0.0, 1.0, 4.0])
def test_what_was_on_its_way_before_is_waited_for(
    cloud: FakeCloud, operator: Operator, arrival: Callable[[FakeCloud], Guest], before: float
) -> None:
    guest = arrival(cloud)
    cloud.clock.sleep(before)
    operator.start("cmp01")
    assert_empty_for_good(cloud, guest)


@each(UNCONFIRMED)
def test_what_waits_for_its_confirmation_when_it_has_arrived_is_named(
    cloud: FakeCloud, operator: Operator, arrival: Callable[[FakeCloud], Guest]
) -> None:
    guest = arrival(cloud)
    cloud.clock.sleep(3.0)
    with pytest.raises(Interrupted, match="'late' .* is still there: its resize waits for its owner to confirm"):
        operator.start("cmp01")
    assert cloud.asked("POST") == []
    cloud.moves.confirm(guest)
    cloud.clock.sleep(1.0)
    operator.start("cmp01")
    assert_empty_for_good(cloud, guest)


@each(SENT)
@pytest.mark.parametrize("after", [0.3, 1.5, 3.0])
def test_what_was_sent_before_and_holds_room_only_now_is_waited_for(
    cloud: FakeCloud, operator: Operator, arrival: Callable[[FakeCloud], Guest], after: float
) -> None:
    """Who looked at the service before its disabling sends a server there after it."""
    guests: list[Guest] = []
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(seconds=5.0))
    cloud.clock.after(after, lambda: guests.append(arrival(cloud)))
    operator.start("cmp01")
    assert_empty_for_good(cloud, guests[0])


@each(ARRIVALS)
def test_a_rerun_on_a_marked_host_waits_for_it_too(
    cloud: FakeCloud, operator: Operator, arrival: Callable[[FakeCloud], Guest]
) -> None:
    operator.start("cmp01")
    guest = arrival(cloud)
    with scheduler_unaware(cloud):
        cloud.clock.sleep(3.0)
    assert operator.look_to_start("cmp01").changed
    operator.start("cmp01")
    assert_empty_for_good(cloud, guest)


def test_a_rerun_sees_a_build_that_failed_elsewhere_first(cloud: FakeCloud, operator: Operator) -> None:
    """Its alternate host takes it without a look at the service there, and held nothing for it before."""
    guest = cloud.build("late", "cmp02", "cmp01", claim_after=SECONDS, spawn_seconds=SECONDS)
    operator.start("cmp01")
    while "cmp01" not in cloud.world.allocations[guest.id]:
        cloud.clock.sleep(5.0)
    assert operator.look_to_start("cmp01").changed
    operator.start("cmp01")
    assert_empty_for_good(cloud, guest)


@each([*ARRIVALS, *UNCONFIRMED])
def test_check_mode_tells_what_arrives(
    cloud: FakeCloud, operator: Operator, arrival: Callable[[FakeCloud], Guest]
) -> None:
    guest = arrival(cloud)
    cloud.clock.sleep(3.0)
    told = operator.look_to_start("cmp01").predict()["host"]["arriving"]
    assert [(server["id"], server["name"]) for server in told] == [(guest.id, "late")] and told[0]["how"]
    assert cloud.writes == []


def test_several_servers_of_one_build_are_all_waited_for(cloud: FakeCloud, operator: Operator) -> None:
    guests = [cloud.build(f"late{number}", "cmp01", claim_after=3.0 + 5 * number) for number in range(4)]
    operator.start("cmp01")
    for guest in guests:
        assert_empty_for_good(cloud, guest)


def test_what_does_not_arrive_in_time_is_named(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("late", "cmp02")
    cloud.moves.behave("late", Behaviour(Outcome.HANGS))
    cloud.move(guest, "cmp01")
    cloud.clock.sleep(3.0)
    with pytest.raises(Interrupted, match=rf"'late' \({guest.id}\) is on its way to this host: a live") as stopped:
        operator.start("cmp01", timeout=60.0)
    assert [server["id"] for server in stopped.value.facts["host"]["arriving"]] == [guest.id]
    assert any("waiting for late" in line for line in operator.lines)


def test_what_was_sent_here_and_fails_to_arrive_delays_no_longer(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("late", "cmp02")
    cloud.moves.behave("late", Behaviour(Outcome.FAILED, seconds=SECONDS))
    cloud.move(guest, "cmp01")
    cloud.clock.sleep(3.0)
    operator.start("cmp01")
    assert guest.host == "cmp02" and cloud.clock.now() < 2 * SECONDS


def test_what_is_deleted_on_its_way_delays_no_longer(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.build("late", "cmp01", claim_after=1000.0)
    cloud.clock.after(10.0, lambda: cloud.delete(guest))
    operator.start("cmp01")
    assert cloud.clock.now() < SECONDS


def test_what_may_stay_is_no_failure_when_it_arrives(cloud: FakeCloud, operator: Operator) -> None:
    guest = evacuation(cloud)  # which ends stopped
    result = operator.start("cmp01", leave_stopped=True)
    assert guest.host == "cmp01" and [server["name"] for server in result["left"]] == ["late"]


def test_the_allocation_of_a_server_that_is_gone_delays_nothing(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.allocations["left-over"] = {"cmp01": {"VCPU": 1}}
    guest = cloud.boot("elsewhere", "cmp02")
    cloud.world.allocations[guest.id]["cmp01"] = {"VCPU": 1}  # as a live migration that broke leaves it
    operator.start("cmp01")
    assert cloud.clock.now() < 5.0
    assert not operator.look_to_start("cmp01").changed


def test_a_deleted_server_that_can_be_restored_is_no_empty_host(cloud: FakeCloud, operator: Operator) -> None:
    """Nova lists it to nobody who does not ask for such servers alone; Placement holds its room."""
    cloud.world.hides_soft_deleted = True
    cloud.boot("gone", "cmp01", "soft-delete")
    with pytest.raises(Refused, match="'gone'.*deleted and can still be restored"):
        operator.look_to_start("cmp01")
    result = operator.start("cmp01", leave_unmovable=True)
    assert [server["name"] for server in result["left"]] == ["gone"]


# -- on their way back


def resized_away(cloud: FakeCloud) -> Guest:
    """From the host, to its neighbour, where it waits for its owner's word."""
    guest = cloud.boot("late", "cmp01")
    cloud.begin_resize(guest, "cmp02", vcpus=2)
    cloud.clock.sleep(10.0)
    assert (guest.host, guest.vm_state) == ("cmp02", "resized")
    cloud.moves.confirmations.seconds = SECONDS
    return guest


@pytest.mark.parametrize("after", [0.0, 0.3])
def test_a_resize_that_is_taken_back_arrives_as_well(cloud: FakeCloud, operator: Operator, after: float) -> None:
    """The room that is held for it on the host is under the uuid of its migration."""
    guest = resized_away(cloud)
    cloud.moves.confirmations.revert(guest)
    cloud.clock.sleep(after)
    operator.start("cmp01")
    assert_empty_for_good(cloud, guest)


def test_a_confirmation_under_way_is_waited_for(cloud: FakeCloud, operator: Operator) -> None:
    """Until it is over the old disk stands on the host."""
    guest = resized_away(cloud)
    cloud.moves.confirm(guest)
    operator.start("cmp01")
    assert guest.host == "cmp02" and guest.vm_state == "active" and holders(cloud, "cmp01") == []
