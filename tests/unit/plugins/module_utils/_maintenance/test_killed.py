# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A run that is killed at any request: the next run goes on, and no server is moved twice at once."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import Killed, kill
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator

GUESTS = {"web": "active", "frozen": "paused", "db": "stopped"}
LAST = 90  # more requests than any of these jobs needs


def cloud_to_maintain() -> tuple[FakeCloud, Operator]:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03")
    for name, state in GUESTS.items():
        cloud.boot(name, "cmp01", state)
    return cloud, Operator(cloud)


def refused(cloud: FakeCloud) -> list[str]:
    """Return the writes that the cloud refused: a second move of a server would be among them."""
    return [f"{request}: {status}" for request, status in cloud.replies if request.writes and status >= 400]


@pytest.mark.parametrize(("after", "pause"), [(False, 0.0), (True, 0.0), (True, 30.0)])
def test_a_start_goes_on_wherever_it_was_killed(after: bool, pause: float) -> None:
    """:param after: whether the cloud did what the last request asked. :param pause: seconds before the next run."""
    deaths = 0
    for number in range(1, LAST):
        cloud, operator = cloud_to_maintain()
        died = operator.dies_at(number, kill, after, "start", "cmp01")
        deaths += died
        cloud.clock.sleep(pause)
        operator.start("cmp01")
        host = cloud.world.hosts["cmp01"]
        assert cloud.names_on("cmp01") == [] and not host.enabled, number
        assert Counter(name for name, _target in cloud.moves.started) == Counter(list(GUESTS)), number
        assert refused(cloud) == [], number
        assert {guest.name: guest.vm_state for guest in cloud.world.guests.values()} == GUESTS, number
        if not died:
            break
    assert 20 < deaths < LAST - 1


@pytest.mark.parametrize(("after", "pause"), [(False, 0.0), (True, 0.0), (True, 30.0)])
def test_a_stop_goes_on_wherever_it_was_killed(after: bool, pause: float) -> None:
    deaths = 0
    for number in range(1, LAST):
        cloud, operator = cloud_to_maintain()
        operator.start("cmp01")
        cloud.moves.started.clear()
        cloud.forget_requests()
        died = operator.dies_at(number, kill, after, "stop", "cmp01")
        deaths += died
        cloud.clock.sleep(pause)
        operator.stop("cmp01")
        assert cloud.names_on("cmp01") == sorted(GUESTS), number
        assert {guest.name: guest.vm_state for guest in cloud.world.guests.values()} == GUESTS, number
        assert cloud.returned("cmp01"), number
        assert Counter(name for name, _target in cloud.moves.started) == Counter(list(GUESTS)), number
        assert refused(cloud) == [], number
        if not died:
            break
    assert 20 < deaths < LAST - 1


def test_killed_again_and_again() -> None:
    """Each run is killed at a later request than the run before it."""
    cloud, operator = cloud_to_maintain()
    for number in range(12, 60):
        if not operator.dies_at(number, kill, True, "start", "cmp01"):
            break
    assert cloud.names_on("cmp01") == []
    for number in range(12, 60):
        if not operator.dies_at(number, kill, True, "stop", "cmp01"):
            break
    assert cloud.names_on("cmp01") == sorted(GUESTS) and not cloud.world.known_traits


@pytest.mark.parametrize("seconds", [0.1, 1.0, 3.0])
def test_two_runs_of_the_same_at_once_move_each_server_once(seconds: float) -> None:
    """A run whose operator lost the connection goes on while the operator runs the same again."""
    cloud, operator = cloud_to_maintain()
    cloud.clock.after(seconds, lambda: operator.start("cmp01"))
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []
    assert Counter(name for name, _target in cloud.moves.started) == Counter(list(GUESTS))
    cloud.moves.started.clear()
    cloud.clock.after(seconds, lambda: operator.stop("cmp01"))
    operator.stop("cmp01")
    cloud.clock.sleep(30.0)
    assert cloud.names_on("cmp01") == sorted(GUESTS) and not cloud.world.known_traits
    assert Counter(name for name, _target in cloud.moves.started) == Counter(list(GUESTS))


def killed_after_its_first_move(cloud: FakeCloud, operator: Operator, job: str, **options: int) -> None:
    cloud.faults.plant(kill, "/action$", "POST", after=True)
    with pytest.raises(Killed):
        getattr(operator, job)("cmp01", **options)
    cloud.faults.clear()


@pytest.mark.parametrize("job", ["start", "stop"])
def test_no_member_of_a_group_moves_beside_a_member_whose_record_is_late(job: str) -> None:
    cloud = FakeCloud("cmp01", "cmp02", "cmp03")
    cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03")
    pair = [cloud.boot(name, "cmp01") for name in ("web1", "web2")]
    cloud.group("soft", "soft-anti-affinity", *pair)
    cloud.moves.live_at_once = 10
    operator = Operator(cloud)
    if job == "stop":
        operator.start("cmp01")
    cloud.moves.behave("*", Behaviour(record_after=20.0))
    killed_after_its_first_move(cloud, operator, job)
    together = []
    cloud.clock.on_tick(lambda: together.append(all(guest.task_state for guest in pair)))
    getattr(operator, job)("cmp01")
    assert cloud.names_on("cmp01") == ([] if job == "start" else ["web1", "web2"])
    assert together and not any(together)


def test_what_a_server_under_way_needs_is_known_when_it_has_to_move_again() -> None:
    """While it is under way its migration holds the source, so its needs have to be asked for again."""
    cloud = FakeCloud("cmp01", "cmp02", "cmp03", "cmp04")
    cloud.aggregate("nvme", *cloud.world.hosts)
    cloud.host("cmp03", vcpus=2)  # empty, and too small
    cloud.boot("other", "cmp04", vcpus=8)
    cloud.boot("web", "cmp01", vcpus=3)
    operator = Operator(cloud)
    cloud.moves.behave("web", Behaviour(Outcome.FAILED, seconds=5.0, times=1))
    killed_after_its_first_move(cloud, operator, "start")
    cloud.clock.sleep(2.0)
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp02"), ("web", "cmp04")]


def test_a_stop_that_was_killed_when_all_servers_were_back_is_ended_by_the_next_one() -> None:
    cloud, operator = cloud_to_maintain()
    operator.start("cmp01")
    cloud.faults.plant(kill, "/traits/", "DELETE")
    with pytest.raises(Killed):
        operator.stop("cmp01")
    cloud.faults.clear()
    assert cloud.returning("cmp01")
    operator.stop("cmp01")
    assert cloud.returned("cmp01") and not operator.look_to_stop("cmp01").changed


def test_what_a_killed_stop_remembered_is_forgotten_by_one_that_has_nothing_else_to_do() -> None:
    cloud, operator = cloud_to_maintain()
    times = "20261121T090000Z_20261121T090100Z_20261121T090200Z"
    cloud.world.known_traits.add(f"CUSTOM_STACKOPS_RETURNED_{times}_OF_{'0A' * 16}")
    assert operator.look_to_stop("cmp01").changed
    operator.stop("cmp01")
    assert cloud.returned("cmp01") and not operator.look_to_stop("cmp01").changed
