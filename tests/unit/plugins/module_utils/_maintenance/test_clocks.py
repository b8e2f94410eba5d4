# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Clocks that nobody can rely on: no service says what time it is, and the conductor's is behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import MarkError
from fake.cloud import FakeCloud
from fake.model import Guest
from fake.moves import LIVE
from fake.operator import Operator
from fake.task import run_task

SERVICES = ("compute", "placement", "identity")


# -- no Date, as uWSGI serves Nova behind HAProxy


@pytest.mark.parametrize("undated", [("compute",), SERVICES])
def test_a_maintenance_needs_no_date(cloud: FakeCloud, guests: dict[str, Guest], undated: tuple[str, ...]) -> None:
    cloud.without_date(*undated)
    options = {"host": "cmp01", "owner": "me"}
    assert not run_task(cloud, "os_host_maintenance", state="started", **options).failed
    assert cloud.names_on("cmp01") == []
    assert not run_task(cloud, "os_host_maintenance", state="stopped", **options).failed
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_without_date_and_heartbeat_nothing_is_touched(cloud: FakeCloud, operator: Operator) -> None:
    cloud.without_date(*SERVICES)
    answer = cloud.nova.computes._view
    cloud.nova.computes._view = lambda host: {**answer(host), "updated_at": None}
    with pytest.raises(MarkError, match="no time to date the maintenance with"):
        operator.look_to_start("cmp01")
    assert cloud.writes == []


# -- a conductor that is behind


@pytest.mark.parametrize("date", [True, False])
@pytest.mark.parametrize("behind", [-45.0, -5.0, 5.0, 45.0])
def test_who_left_is_brought_back_whatever_the_conductors_clock_says(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], behind: float, date: bool
) -> None:
    if not date:
        cloud.without_date(*SERVICES)
    cloud.clock.conductor_behind = behind
    operator.start("cmp01")
    cloud.clock.sleep(60.0)
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and cloud.returned("cmp01")


def test_who_left_just_before_stays_where_it_went(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest]
) -> None:
    """Its record may bear a later time than the mark, and it has a lower number than those of the maintenance."""
    cloud.clock.conductor_behind = -30.0
    left = cloud.boot("left", "cmp01")
    cloud.move(left, "cmp02")
    cloud.clock.sleep(10.0)
    assert left.host == "cmp02"
    operator.start("cmp01")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests) and left.host == "cmp02"


def test_a_drain_waits_for_a_move_whose_record_seems_older_than_the_mark(cloud: FakeCloud, operator: Operator) -> None:
    """It began a moment before the maintenance."""
    guest = cloud.boot("web", "cmp01")
    cloud.clock.conductor_behind = 30.0
    cloud.move(guest, "cmp03")
    operator.start("cmp01")
    assert guest.host == "cmp03" and cloud.moves.started == [("web", "cmp03")]


@pytest.mark.parametrize("job", ["start", "stop"])
def test_a_controller_in_another_time_judges_nothing_by_its_clock(
    cloud: FakeCloud, operator: Operator, guests: dict[str, Guest], job: str
) -> None:
    """The controller's seconds only measure how long something takes."""
    operator.start("cmp01")
    cloud.clock.start += timedelta(days=400)  # the cloud's machines are set right
    cloud.clock.sleep(20.0)
    if job == "start":
        assert not operator.look_to_start("cmp01").changed
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == sorted(guests)
    assert [record.type for record in cloud.world.records].count(LIVE) == 4
