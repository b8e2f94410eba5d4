# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Maintenances that overlap: a server that was parked on a host goes where it left first, whoever stops first."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Killed, kill
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator
from tests.unit.fake.wire import Request

CHAIN = ("cmp01", "cmp02", "cmp03", "cmp04")


@pytest.fixture
def cloud(cloud: FakeCloud) -> FakeCloud:
    cloud.host("cmp04")
    cloud.aggregate("all", "cmp04")
    return cloud


def chain(cloud: FakeCloud, operator: Operator, hosts: int) -> Guest:
    """Drain so many hosts, each into the next one, with the same server on board."""
    guest = cloud.boot("of-cmp01", "cmp01")
    for host, target in zip(CHAIN[:hosts], CHAIN[1:], strict=False):
        operator.start(host, targets=(target,))
        assert guest.host == target
        cloud.clock.sleep(60.0)
    return guest


@pytest.mark.parametrize("order", [*permutations(CHAIN[:2]), *permutations(CHAIN[:3])])
def test_it_is_at_home_when_all_are_stopped(cloud: FakeCloud, operator: Operator, order: tuple[str, ...]) -> None:
    guest = chain(cloud, operator, len(order))
    for host in order:
        operator.stop(host)
        cloud.clock.sleep(60.0)
    assert guest.host == "cmp01"
    assert all(cloud.returned(host) for host in order)


def test_the_first_host_brings_it_back_from_wherever_it_is(cloud: FakeCloud, operator: Operator) -> None:
    guest = chain(cloud, operator, 2)
    result = operator.stop("cmp01")
    assert guest.host == "cmp01" and [move["source"] for move in result["brought_back"]] == ["cmp03"]


def test_the_host_where_it_was_parked_says_why_it_does_not_come(cloud: FakeCloud, operator: Operator) -> None:
    guest = chain(cloud, operator, 2)
    work = operator.look_to_stop("cmp02")
    assert work.warnings == [
        f"The server {guest.id} is not brought back to cmp02: it left cmp01 first, which is in maintenance too."
    ]
    assert work.apply()["brought_back"] == [] and guest.host == "cmp03"


def test_one_that_is_at_home_again_is_not_taken_away(cloud: FakeCloud, operator: Operator) -> None:
    guest = chain(cloud, operator, 2)
    operator.stop("cmp01")
    cloud.clock.sleep(60.0)
    work = operator.look_to_stop("cmp02")
    assert work.warnings == [
        f"The server {guest.id} is not brought back to cmp02: it was back on cmp01, which it left first."
    ]
    result = work.apply()
    assert guest.host == "cmp01" and result["brought_back"] == result["left"] == []


def test_one_that_is_on_its_way_home_is_not_taken_away(cloud: FakeCloud, operator: Operator) -> None:
    """The return of the first host is not over, and its trait says so."""
    guest = chain(cloud, operator, 2)
    guest.task_state = "image_uploading"
    other = operator.look_to_stop("cmp02")
    work = operator.look_to_stop("cmp01", timeout=60.0)
    cloud.clock.after(20.0, lambda: setattr(guest, "task_state", None))
    work.apply()
    other.apply()
    assert guest.host == "cmp01"


def killed_with_its_mark(cloud: FakeCloud, operator: Operator, host: str) -> None:
    """Start a maintenance that is killed as soon as its mark stands, so that no server leaves."""
    cloud.faults.plant(kill, "/os-services/", "PUT", after=True)
    with pytest.raises(Killed):
        operator.start(host, targets=("cmp04",))
    cloud.faults.clear()


def test_who_another_return_took_home_stays_there(cloud: FakeCloud, operator: Operator) -> None:
    """It left cmp02 while that one had a mark, and not for its maintenance: Nova's records do not tell."""
    guest = chain(cloud, operator, 1)
    killed_with_its_mark(cloud, operator, "cmp02")
    operator.stop("cmp01")
    assert guest.host == "cmp01"
    cloud.clock.sleep(60.0)
    operator.stop("cmp02")
    assert guest.host == "cmp01" and cloud.returned("cmp01") and cloud.returned("cmp02")


def test_a_return_that_is_over_is_remembered_until_nobody_needs_it(cloud: FakeCloud, operator: Operator) -> None:
    """cmp03 is out of service too, and began before."""
    operator.start("cmp03")
    cloud.clock.sleep(60.0)
    chain(cloud, operator, 1)
    killed_with_its_mark(cloud, operator, "cmp02")
    operator.stop("cmp01")
    (remembered,) = cloud.world.known_traits
    assert remembered.startswith("CUSTOM_STACKOPS_RETURNED_")
    operator.stop("cmp02")
    assert cloud.world.known_traits == {remembered}
    operator.stop("cmp03", bring_back=False)
    assert not cloud.world.known_traits


def test_a_return_beside_which_nothing_goes_on_is_not_remembered(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    cloud.forget_requests()
    operator.stop("cmp01")
    assert not any("RETURNED" in write for write in cloud.writes)


@pytest.mark.parametrize("request_number", range(1, 40))
def test_of_two_returns_that_end_at_once_none_is_remembered(
    cloud: FakeCloud, operator: Operator, request_number: int
) -> None:
    """The other one runs before that request of this one."""
    guest = chain(cloud, operator, 2)
    seen = 0

    def watch(_request: Request) -> None:
        nonlocal seen
        seen += 1
        if seen == request_number:
            cloud.watchers.clear()
            operator.stop("cmp02")

    work = operator.look_to_stop("cmp01")
    cloud.watchers.append(watch)
    work.apply()
    operator.stop("cmp02")
    assert guest.host == "cmp01" and cloud.returned("cmp01") and cloud.returned("cmp02")


def test_of_a_return_that_was_killed_what_is_home_already_stays_there(cloud: FakeCloud, operator: Operator) -> None:
    guest = chain(cloud, operator, 1)
    killed_with_its_mark(cloud, operator, "cmp02")
    cloud.faults.plant(kill, "/traits/", "DELETE")
    with pytest.raises(Killed):
        operator.stop("cmp01")
    cloud.faults.clear()
    assert guest.host == "cmp01" and cloud.returning("cmp01")
    operator.stop("cmp02")
    assert guest.host == "cmp01"
    operator.stop("cmp01")
    assert guest.host == "cmp01" and cloud.returned("cmp01") and cloud.returned("cmp02")


def test_what_is_taken_home_before_the_mark_is_written_stays_there(cloud: FakeCloud, operator: Operator) -> None:
    """Another maintenance ends between the look and the mark of this one."""
    guest = chain(cloud, operator, 1)
    cloud.faults.plant(kill, "/servers/.*/action", "POST")
    with pytest.raises(Killed):
        operator.stop("cmp01")
    cloud.faults.clear()
    work = operator.look_to_start("cmp02")
    operator.stop("cmp01")
    work.apply()
    operator.stop("cmp02")
    assert guest.host == "cmp01" and cloud.returned("cmp02")


def test_what_a_return_without_bringing_back_left_lives_where_it_was_parked(
    cloud: FakeCloud, operator: Operator
) -> None:
    """A drain takes it to its former host by chance."""
    guest = chain(cloud, operator, 2)
    operator.stop("cmp01", bring_back=False)
    operator.stop("cmp02")
    cloud.clock.sleep(60.0)
    operator.start("cmp02", targets=("cmp01",))
    assert guest.host == "cmp01"
    operator.stop("cmp02")
    assert guest.host == "cmp02"


def test_without_bringing_back_where_it_was_parked_is_its_home(cloud: FakeCloud, operator: Operator) -> None:
    guest = chain(cloud, operator, 2)
    operator.stop("cmp01", bring_back=False)
    cloud.clock.sleep(60.0)
    operator.stop("cmp02")
    assert guest.host == "cmp02"


def test_a_server_of_each_host_goes_to_its_own(cloud: FakeCloud, operator: Operator) -> None:
    guests = [cloud.boot(f"of-{host}", host) for host in CHAIN[:3]]
    for host in CHAIN[:3]:
        operator.start(host, targets=CHAIN)
        cloud.clock.sleep(60.0)
    assert [guest.host for guest in guests] == ["cmp04"] * 3
    for host in reversed(CHAIN[:3]):
        operator.stop(host)
    for guest, host in zip(guests, CHAIN, strict=False):
        assert guest.host == host


def test_who_was_drained_on_to_a_former_host_is_brought_back_all_the_same(cloud: FakeCloud, operator: Operator) -> None:
    """Somebody moved it from cmp04 to cmp01 long ago, and a drain of its neighbour takes it there once more."""
    guest = cloud.boot("web", "cmp04")
    cloud.move(guest, "cmp01")
    cloud.clock.sleep(600.0)
    operator.start("cmp01", targets=("cmp02",))
    cloud.clock.sleep(60.0)
    operator.start("cmp02", targets=("cmp04",))
    assert guest.host == "cmp04"
    operator.stop("cmp01")
    assert guest.host == "cmp01"


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
