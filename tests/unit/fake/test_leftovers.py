# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What never ends: moves whose record stays open, old records, a server that is being deleted for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fake.cloud import FakeCloud
from fake.moves import LIVE, Behaviour, Outcome
from sites import Api


@pytest.mark.parametrize(
    ("outcome", "status", "vm_state"),
    [
        (Outcome.STAYS_OPEN, "post-migrating", "active"),
        (Outcome.RUNS_AT_TARGET, "error", "active"),
        (Outcome.BROKEN_AT_TARGET, "error", "error"),
    ],
)
def test_a_server_arrives_and_its_record_does_not_say_so(
    cloud: FakeCloud, outcome: Outcome, status: str, vm_state: str
) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(outcome))
    cloud.move(guest, "cmp02")
    cloud.clock.sleep(3600.0)
    (record,) = cloud.world.records
    assert (record.status, guest.host, guest.vm_state, guest.task_state) == (status, "cmp02", vm_state, None)
    assert set(cloud.world.allocations) == {guest.id, record.uuid} and "cmp01" in cloud.world.allocations[record.uuid]
    cloud.move(cloud.boot("next", "cmp01"), "cmp02")
    cloud.clock.sleep(5.0)
    assert cloud.names_on("cmp02") == ["next", "web"], "the queue of the source is free"


def test_an_old_record(cloud: FakeCloud, api: Api) -> None:
    guest = cloud.boot("web", "cmp03")
    cloud.leave_record(guest, "cmp01", "cmp02", "post-migrating", LIVE, age=86400.0)
    (record,) = api.nova("GET", "/os-migrations?source_compute=cmp01").body["migrations"]
    assert datetime.fromisoformat(record["updated_at"]) == cloud.clock.utc() - timedelta(days=1)
    (migration,) = api.nova("GET", f"/servers/{guest.id}/migrations").body["migrations"]
    assert migration["id"] == record["id"] and migration["memory_total_bytes"] is None
    assert guest.host == "cmp03" and guest.task_state is None


def test_a_server_that_is_being_deleted_for_ever(cloud: FakeCloud, api: Api) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.delete_for_ever(guest)
    cloud.clock.sleep(3600.0)
    server = api.nova("GET", f"/servers/{guest.id}").body["server"]
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("ACTIVE", "deleting")
    assert api.nova("POST", f"/servers/{guest.id}/action", {"os-stop": None}).status == 409


def test_a_confirmation_that_takes_its_time(cloud: FakeCloud, api: Api) -> None:
    guest = cloud.boot("web", "cmp01", "stopped")
    cloud.resize(guest, "cmp02", "finished")
    cloud.moves.confirmations.seconds = 30.0
    cloud.moves.confirm(guest)
    path = f"/servers/{guest.id}/action"
    cloud.clock.sleep(29.0)
    assert api.nova("POST", path, {"confirmResize": None}).status == 400 and guest.vm_state == "resized"
    cloud.clock.sleep(2.0)
    assert api.nova("POST", path, {"confirmResize": None}).status == 409 and guest.vm_state == "stopped"
