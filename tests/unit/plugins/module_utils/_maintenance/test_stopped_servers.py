# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers that a maintenance shut down, as their tags say: each is started after it, or named with why it is not."""

from __future__ import annotations

import pytest

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.model import Guest
from tests.unit.fake.operator import Operator

TAG = "maintenance:stop"


@pytest.fixture
def stopped(cloud: FakeCloud, operator: Operator) -> Guest:
    """Return a server that a maintenance shut down."""
    guest = cloud.boot("web", "cmp01", tags={TAG})
    operator.start("cmp01", granted_tags=("stop",))
    assert (guest.host, guest.vm_state) == ("cmp01", "stopped")
    cloud.clock.sleep(60.0)
    return guest


@pytest.mark.parametrize("action", ["createImage", "attach_volume", "detach_interface", "lock", "resetState"])
@pytest.mark.parametrize("user", ["demo", "backup", "admin"])
def test_it_is_started_whatever_was_done_to_it_since(
    cloud: FakeCloud, operator: Operator, stopped: Guest, action: str, user: str
) -> None:
    cloud.act(stopped, action, user)
    result = operator.stop("cmp01")
    assert stopped.vm_state == "active" and [move["kind"] for move in result["brought_back"]] == ["start"]


def test_it_is_started_where_the_clocks_of_the_cloud_differ(cloud: FakeCloud, operator: Operator) -> None:
    """Without a Date the mark bears a heartbeat, which is not of the clock that dates actions."""
    cloud.without_date()
    cloud.clock.conductor_behind = -45.0
    guest = cloud.boot("web", "cmp01", tags={TAG})
    cloud.clock.sleep(10.0)  # one heartbeat
    operator.start("cmp01", granted_tags=("stop",))
    cloud.clock.sleep(60.0)
    operator.stop("cmp01")
    assert guest.vm_state == "active"


def test_when_another_account_shut_it_down_it_is_named(cloud: FakeCloud, operator: Operator, stopped: Guest) -> None:
    """The start may have run under that account: nobody can tell."""
    stopped.actions[-1]["user_id"] = "id-of-the-night-shift"
    work = operator.look_to_stop("cmp01")
    work.apply()
    assert stopped.vm_state == "stopped"
    assert work.warnings == [
        f"The server 'web' ({stopped.id}) stays shut off: the user id-of-the-night-shift stopped it since the "
        "maintenance began."
    ]


def test_when_its_tag_is_gone_it_is_named(cloud: FakeCloud, operator: Operator, stopped: Guest) -> None:
    stopped.tags.clear()
    work = operator.look_to_stop("cmp01")
    work.apply()
    assert stopped.vm_state == "stopped"
    assert work.warnings == [
        f"The server 'web' ({stopped.id}) stays shut off: this maintenance stopped it, and its tag {TAG!r} is gone."
    ]


def test_of_one_that_was_off_before_nothing_is_said(cloud: FakeCloud, operator: Operator) -> None:
    """Nor is its history asked for."""
    guest = cloud.boot("db", "cmp01", "stopped", updated=cloud.clock.utc())
    cloud.clock.sleep(3600.0)
    operator.start("cmp01", leave_stopped=True)
    cloud.forget_requests()
    work = operator.look_to_stop("cmp01")
    work.apply()
    assert guest.vm_state == "stopped" and work.warnings == [] and cloud.asked("GET", "os-instance-actions") == []


def test_of_one_that_its_owner_shut_down_meanwhile_nothing_is_said(cloud: FakeCloud, operator: Operator) -> None:
    """It has no tag, so it was none of ours."""
    guest = cloud.boot("suspended", "cmp01", "suspended")
    operator.start("cmp01", leave_unmovable=True)
    cloud.clock.sleep(60.0)
    guest.vm_state = "active"
    cloud.switch(guest, on=False)
    cloud.clock.sleep(60.0)
    work = operator.look_to_stop("cmp01")
    work.apply()
    assert guest.vm_state == "stopped" and work.warnings == []


def test_who_goes_on_with_a_taken_over_maintenance_starts_it(
    cloud: FakeCloud, operator: Operator, stopped: Guest
) -> None:
    operator.stop("cmp01", owner="night-shift", takeover=True)
    assert stopped.vm_state == "active"


def test_check_mode_tells_which_are_started(cloud: FakeCloud, operator: Operator, stopped: Guest) -> None:
    told = operator.look_to_stop("cmp01").predict()["brought_back"]
    assert [(move["name"], move["kind"]) for move in told] == [("web", "start")] and stopped.vm_state == "stopped"
