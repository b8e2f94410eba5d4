# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Records and tasks of Nova that never end: judged by where the server is and by their age, and never waited for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted, Refused

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import COLD, LIVE, RESIZE, Behaviour, Outcome
from tests.unit.fake.operator import Operator

YEAR = 31e6
OPEN = ("accepted", "queued", "preparing", "running", "post-migrating")


def elsewhere(cloud: FakeCloud) -> Guest:
    return cloud.boot("elsewhere", "cmp03")


def deleted(cloud: FakeCloud) -> Guest:
    guest = cloud.boot("deleted", "cmp03")
    cloud.delete(guest)
    return guest


def back_again(cloud: FakeCloud) -> Guest:
    return cloud.boot("back", "cmp01")


each_server = pytest.mark.parametrize("server", [elsewhere, deleted, back_again], ids=lambda make: make.__name__)


# -- open for ever


@each_server
@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize("age", [YEAR, 100.0])
def test_an_old_open_record_delays_no_drain(
    cloud: FakeCloud, operator: Operator, server: Callable[[FakeCloud], Guest], status: str, age: float
) -> None:
    cloud.clock.sleep(200.0)
    cloud.leave_record(server(cloud), "cmp01", "cmp02", status, LIVE, age)
    cloud.boot("web", "cmp01")
    began = cloud.clock.now()
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == [] and cloud.clock.now() - began < 60.0
    assert not operator.look_to_start("cmp01").changed


@each_server
def test_nor_one_of_a_host_that_somebody_else_disabled(
    cloud: FakeCloud, operator: Operator, server: Callable[[FakeCloud], Guest]
) -> None:
    """Such a maintenance has no mark that would say since when records matter."""
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "bad DIMM"
    for status in OPEN:
        cloud.leave_record(server(cloud), "cmp01", "cmp02", status, LIVE, YEAR)
    cloud.boot("web", "cmp01")
    operator.start("cmp01", foreign="drain", timeout=900.0)
    assert cloud.names_on("cmp01") == [] and cloud.clock.now() < 60.0
    assert (host.enabled, host.reason) == (False, "bad DIMM")


@pytest.mark.parametrize("job", ["start", "stop"])
def test_a_record_that_stays_open_after_its_move_is_over(cloud: FakeCloud, operator: Operator, job: str) -> None:
    """Its server has arrived, and nova-compute was killed before it could say so."""
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.STAYS_OPEN, times=1))
    if job == "stop":
        cloud.moves.behave("web", Behaviour())
        operator.start("cmp01")
        cloud.moves.behave("web", Behaviour(Outcome.STAYS_OPEN, times=1))
    result = getattr(operator, job)("cmp01", timeout=900.0)
    assert [move["name"] for move in result["moved"] + result["brought_back"]] == ["web"]
    assert cloud.clock.now() < 120.0 and guest.host == ("cmp01" if job == "stop" else "cmp02")


def test_who_left_by_such_a_record_is_brought_back(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.STAYS_OPEN, times=1))
    operator.start("cmp01")
    cloud.clock.sleep(60.0)
    operator.stop("cmp01", timeout=900.0)
    assert guest.host == "cmp01" and cloud.returned("cmp01")


def test_a_rerun_after_such_a_record_has_nothing_to_do(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.STAYS_OPEN, times=1))
    operator.start("cmp01")
    assert not operator.look_to_start("cmp01").changed


# -- finished, and never confirmed


@pytest.mark.parametrize("kind", [COLD, RESIZE])
@each_server
@pytest.mark.parametrize("when", ["long ago", "in the middle"])
def test_what_nobody_can_confirm_any_more_is_no_obstacle(
    cloud: FakeCloud, operator: Operator, server: Callable[[FakeCloud], Guest], kind: str, when: str
) -> None:
    """After a reset of its state, or when it was deleted, its record says finished for ever."""
    cloud.boot("web", "cmp01")

    def leave() -> None:
        cloud.leave_record(server(cloud), "cmp01", "cmp02", "finished", kind, YEAR if when == "long ago" else 0.0)

    if when == "long ago":
        leave()
    cloud.clock.after(1.5, leave if when != "long ago" else lambda: None)
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == [] and cloud.clock.now() < 60.0


def test_what_can_be_confirmed_is_an_obstacle(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.resize(guest, "cmp02", "finished")
    with pytest.raises(Refused, match=f"{guest.id} was resized or migrated away, and its old disk stays"):
        operator.look_to_start("cmp01")


# -- tasks


def test_a_task_of_hours_is_named_before_anything_is_touched(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("gone", "cmp01")
    cloud.delete_for_ever(guest)
    cloud.clock.sleep(3 * 3600.0)
    with pytest.raises(
        Refused, match=r"'gone' .* Nova has been busy with it \(deleting\) since 2026-11-21T10:00:00Z, and"
    ):
        operator.look_to_start("cmp01")
    assert cloud.writes == []


def test_where_what_cannot_move_may_stay_it_stays(cloud: FakeCloud, operator: Operator) -> None:
    cloud.delete_for_ever(cloud.boot("gone", "cmp01"))
    cloud.boot("web", "cmp01")
    cloud.clock.sleep(3 * 3600.0)
    began = cloud.clock.now()
    result = operator.start("cmp01", leave_unmovable=True)
    assert [server["name"] for server in result["left"]] == ["gone"] and "busy" in result["left"][0]["reason"]
    assert cloud.names_on("cmp01") == ["gone"] and cloud.clock.now() - began < 60.0


def test_a_task_of_minutes_is_waited_for(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", task_state="image_uploading", updated=cloud.clock.utc())
    cloud.clock.sleep(3600.0)
    cloud.clock.after(600.0, lambda: setattr(guest, "task_state", None))
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


def test_a_migration_of_hours_is_no_dead_task(cloud: FakeCloud, operator: Operator) -> None:
    """What it copies tells whether it goes on."""
    guest = cloud.boot("web", "cmp01", updated=cloud.clock.utc())
    cloud.moves.behave("web", Behaviour(seconds=4 * 3600.0))
    cloud.move(guest, "cmp02")
    cloud.clock.sleep(3 * 3600.0)
    operator.start("cmp01", timeout=7200.0)
    assert guest.host == "cmp02"


def test_a_task_that_does_not_end_is_named_when_the_time_is_over(cloud: FakeCloud, operator: Operator) -> None:
    cloud.delete_for_ever(cloud.boot("gone", "cmp01"))
    with pytest.raises(Interrupted, match=r"'gone' .* still there: Nova is busy with it \(deleting\)"):
        operator.start("cmp01", timeout=60.0)
