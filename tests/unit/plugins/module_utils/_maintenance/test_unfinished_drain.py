# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Drains that did not end: migrations that go on without them, and what owners do with their servers meanwhile."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from fake.cloud import FakeCloud
from fake.faults import kill, status
from fake.model import Guest, Record
from fake.moves import Behaviour, Outcome
from fake.operator import Operator

LAST = 60  # more requests than a drain needs


def given_up(cloud: FakeCloud, operator: Operator, seconds: float) -> None:
    """Drain a host until the time is over, while all its servers are on their way."""
    cloud.moves.behave("*", Behaviour(seconds=seconds, times=3))
    with pytest.raises(Interrupted, match="are over"):
        operator.start("cmp01", timeout=10.0)


def test_a_server_whose_move_is_not_confirmed_yet_is_named(cloud: FakeCloud, operator: Operator) -> None:
    """Nova has it on its target already, so it is not on the host, and yet it has not moved."""
    guest = cloud.boot("db", "cmp01", "stopped")
    cloud.faults.plant(status(409), "/action$", "POST", at=2, times=LAST)  # the confirmations
    with pytest.raises(Interrupted, match=rf"'db' \({guest.id}\) is on its way to cmp02\. ") as stopped:
        operator.start("cmp01", timeout=20.0)
    assert (guest.host, guest.vm_state) == ("cmp02", "resized")
    assert stopped.value.facts["moved"] == stopped.value.facts["left"] == []


@pytest.mark.parametrize("pause", [0.0, 60.0])
def test_a_server_that_left_after_the_drain_ended_is_brought_back(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], pause: float
) -> None:
    given_up(cloud, operator, seconds=30.0)
    cloud.clock.sleep(pause)
    operator.stop("cmp01")
    states = {name: guest.vm_state for name, guest in guests.items()}
    assert states == {"web": "active", "frozen": "paused", "db": "stopped"}
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_cold_moves_are_confirmed_also_without_bringing_back(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    given_up(cloud, operator, seconds=30.0)
    operator.stop("cmp01", bring_back=False)
    assert guests["db"].vm_state == "stopped" and guests["db"].host != "cmp01" and cloud.returned("cmp01")


def test_a_migration_that_hangs_is_aborted_and_its_server_stays(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match="are over"):
        operator.start("cmp01", timeout=10.0)
    operator.stop("cmp01", migration_timeout=30.0)
    assert (guest.host, guest.task_state) == ("cmp01", None) and cloud.returned("cmp01")


def test_a_migration_that_does_not_end_keeps_the_host_out_of_service(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("db", "cmp01", "stopped")
    cloud.moves.behave("db", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match="are over"):
        operator.start("cmp01", timeout=10.0)
    with pytest.raises(Interrupted, match="still on their way out of 'cmp01': 50 seconds") as stopped:
        operator.stop("cmp01", timeout=50.0)
    assert not cloud.world.hosts["cmp01"].enabled and stopped.value.facts["host"]["status"] == "disabled"


@pytest.mark.parametrize(("after", "pause"), [(False, 0.0), (True, 0.0), (True, 30.0)])
def test_a_start_that_was_killed_anywhere_can_be_stopped(after: bool, pause: float) -> None:
    deaths = 0
    for number in range(1, LAST):
        cloud = FakeCloud("cmp01", "cmp02")
        cloud.aggregate("nvme", "cmp01", "cmp02")
        guests = {name: cloud.boot(name, "cmp01", state) for name, state in (("web", "active"), ("db", "stopped"))}
        operator = Operator(cloud)
        died = operator.dies_at(number, kill, after, "start", "cmp01")
        deaths += died
        cloud.clock.sleep(pause)
        operator.stop("cmp01")
        cloud.clock.sleep(30.0)
        assert cloud.names_on("cmp01") == ["db", "web"], number
        assert {name: guest.vm_state for name, guest in guests.items()} == {"web": "active", "db": "stopped"}, number
        assert cloud.returned("cmp01"), number
        if not died:
            break
    assert 20 < deaths < LAST - 1


# -- owners who do something meanwhile


def test_a_record_that_outlives_its_server_delays_nothing(cloud: FakeCloud, operator: Operator) -> None:
    gone = cloud.boot("gone", "cmp01")

    def forget() -> None:
        now = cloud.clock.utc()
        cloud.world.records.append(Record(1, gone.id, "cmp01", "cmp02", "running", "live-migration", now, now))
        cloud.delete(gone)

    cloud.clock.after(1.0, forget)
    cloud.moves.behave("gone", Behaviour(Outcome.LOST))
    began = cloud.clock.now()
    operator.start("cmp01")
    assert cloud.clock.now() - began < 60


@pytest.mark.parametrize("leave", [False, True])
def test_a_disk_that_a_resize_leaves_behind_is_named(cloud: FakeCloud, operator: Operator, leave: bool) -> None:
    guest, _other = cloud.boot("web", "cmp01"), cloud.boot("other", "cmp01")
    cloud.moves.behave("*", Behaviour(seconds=20.0))
    work = operator.look_to_start("cmp01", max_concurrent=1, leave_unmovable=leave)
    guest.task_state = "resize_prep"

    def resized() -> None:
        guest.task_state = None
        cloud.resize(guest, "cmp02", "finished")

    cloud.clock.after(8.0, resized)
    if leave:
        assert work.apply()["left"] == []
        return
    with pytest.raises(Interrupted, match=rf"{guest.id}\) was resized or migrated away meanwhile, and its old disk"):
        work.apply()


def test_a_server_that_its_owner_starts_first_is_not_started_again(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", tags={"maintenance:stop"})
    operator.start("cmp01", granted_tags=("stop",))
    work = operator.look_to_stop("cmp01")
    cloud.clock.after(0.1, lambda: cloud.moves.switch(guest, True, "id-of-demo"))
    result = work.apply()
    assert guest.vm_state == "active" and result["brought_back"] == [] and cloud.returned("cmp01")
