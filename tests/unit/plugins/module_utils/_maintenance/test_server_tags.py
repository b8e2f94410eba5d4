# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Server tags of tenants in a maintenance: ignored unless the operator grants that kind, and then warned of."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.tags import SERVER_TAGS

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import kill
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import COLD, LIVE
from tests.unit.fake.operator import Operator

LEAVE_TAG, COLD_TAG, STOP_TAG = (f"maintenance:{tag}" for tag in SERVER_TAGS)


@pytest.mark.parametrize("tag", [LEAVE_TAG, COLD_TAG, STOP_TAG])
def test_by_default_a_tag_is_only_a_tag(cloud: FakeCloud, operator: Operator, tag: str) -> None:
    guest = cloud.boot("web", "cmp01", tags={tag})
    work = operator.look_to_start("cmp01")
    result = work.apply()
    assert work.warnings == [] and [move["kind"] for move in result["moved"]] == [LIVE]
    assert guest.host != "cmp01" and guest.vm_state == "active"


def test_a_server_with_the_tag_leave_stays_and_runs(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", tags={LEAVE_TAG})
    cloud.boot("other", "cmp01")
    work = operator.look_to_start("cmp01", granted_tags=("leave",))
    result = work.apply()
    assert cloud.names_on("cmp01") == ["web"] and guest.vm_state == "active"
    (left,) = result["left"]
    assert left["name"] == "web" and left["running"] is True and "says so" in left["reason"]
    (warning,) = work.warnings
    assert "'web'" in warning and "stays on its host" in warning
    assert not operator.look_to_start("cmp01", granted_tags=("leave",)).changed


def test_a_server_with_the_tag_cold_moves_cold_and_is_brought_back_live(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", tags={COLD_TAG})
    work = operator.look_to_start("cmp01", granted_tags=("cold",))
    result = work.apply()
    assert [move["kind"] for move in result["moved"]] == [COLD] and guest.host != "cmp01"
    assert guest.vm_state == "active" and "is shut down, moved cold" in work.warnings[0]
    back = operator.stop("cmp01", granted_tags=("cold",))
    assert [move["kind"] for move in back["brought_back"]] == [LIVE] and guest.host == "cmp01"


def test_a_server_with_the_tag_stop_is_shut_down_and_started_again(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", tags={STOP_TAG})
    other = cloud.boot("other", "cmp01")
    work = operator.look_to_start("cmp01", granted_tags=("stop",))
    assert [(server["name"], server["running"]) for server in work.predict()["left"]] == [("web", False)]
    result = work.apply()
    assert (guest.host, guest.vm_state) == ("cmp01", "stopped") and other.host != "cmp01"
    assert [(server["name"], server["running"]) for server in result["left"]] == [("web", False)]
    assert "is shut down for the maintenance" in work.warnings[0]
    assert not operator.look_to_start("cmp01", granted_tags=("stop",)).changed

    stop = operator.look_to_stop("cmp01")
    assert ("web", "start") in [(move["name"], move["kind"]) for move in stop.predict()["brought_back"]]
    back = stop.apply()
    assert {move["name"]: move["kind"] for move in back["brought_back"]} == {"web": "start", "other": LIVE}
    assert guest.vm_state == "active" and cloud.returned("cmp01")


def test_stopped_servers_are_started_before_the_host_is_in_service(cloud: FakeCloud, operator: Operator) -> None:
    """The run after a killed one finds them by the mark, which enabling clears."""
    cloud.boot("web", "cmp01", tags={STOP_TAG})
    operator.start("cmp01", granted_tags=("stop",))
    cloud.forget_requests()
    operator.stop("cmp01")
    actions = [request.path.rsplit("/", 1)[1] for request in cloud.asked(service="compute") if request.writes]
    assert actions == ["action", cloud.world.hosts["cmp01"].service_id]


def switch_as_owner(cloud: FakeCloud, guest: Guest, *switches: bool) -> None:
    """Let its owner start (True) or shut down (False) a server, one after the other."""
    for on in switches:
        cloud.moves.switch(guest, on, "id-of-demo")
        cloud.clock.sleep(5.0)


@pytest.mark.parametrize(
    ("before", "after", "vm_state"),
    [
        ([False], [], "stopped"),  # it was shut off all along
        ([], [True, False], "stopped"),  # its owner shut it down last
        ([], [True], "active"),
        ([False, True], [], "active"),
    ],
)
def test_only_a_server_that_we_shut_down_is_started(
    cloud: FakeCloud, operator: Operator, before: list[bool], after: list[bool], vm_state: str
) -> None:
    guest = cloud.boot("web", "cmp01", tags={STOP_TAG})
    switch_as_owner(cloud, guest, *before)
    operator.start("cmp01", granted_tags=("stop",))
    assert (guest.host, guest.vm_state) == ("cmp01", "stopped")
    switch_as_owner(cloud, guest, *after)
    before_stop = len(guest.actions)
    result = operator.stop("cmp01")
    assert guest.vm_state == vm_state
    started = [move["name"] for move in result["brought_back"]]
    assert started == (["web"] if len(guest.actions) > before_stop else []) and cloud.returned("cmp01")


def test_a_server_whose_tag_is_gone_by_then_is_not_started(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", tags={STOP_TAG})
    operator.start("cmp01", granted_tags=("stop",))
    guest.tags.clear()
    operator.stop("cmp01")
    assert guest.vm_state == "stopped"


def test_a_server_that_does_not_start_keeps_the_host_out_of_service(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01", tags={STOP_TAG})
    operator.start("cmp01", granted_tags=("stop",))

    def fail() -> None:
        if guest.vm_state == "active":
            guest.vm_state = "error"

    cloud.clock.on_tick(fail)
    with pytest.raises(Interrupted, match="do not start: 'web'") as stopped:
        operator.stop("cmp01", timeout=60.0)
    assert not cloud.world.hosts["cmp01"].enabled and stopped.value.facts["left"][0]["name"] == "web"
    assert stopped.value.facts["host"]["status"] == "disabled"


# -- killed

LAST = 80  # more requests than any of these jobs needs


def cloud_to_maintain() -> tuple[FakeCloud, Operator, Guest]:
    cloud = FakeCloud("cmp01", "cmp02")
    cloud.aggregate("nvme", "cmp01", "cmp02")
    cloud.boot("other", "cmp01")
    guest = cloud.boot("web", "cmp01", tags={STOP_TAG})
    return cloud, Operator(cloud, granted_tags=("stop",)), guest


def actions(guest: Guest) -> list[str]:
    return [action["action"] for action in guest.actions]


@pytest.mark.parametrize(("after", "pause"), [(False, 0.0), (True, 0.0), (True, 30.0)])
@pytest.mark.parametrize("job", ["start", "stop"])
def test_a_run_that_is_killed_at_any_request_stops_and_starts_a_server_once(
    job: str, after: bool, pause: float
) -> None:
    """:param after: whether the cloud did what the last request asked. :param pause: seconds before the next run."""
    deaths = 0
    for number in range(1, LAST):
        cloud, operator, guest = cloud_to_maintain()
        if job == "stop":
            operator.start("cmp01")
        died = operator.dies_at(number, kill, after, job, "cmp01")
        deaths += died
        cloud.clock.sleep(pause)
        if job == "start":
            operator.start("cmp01")
            assert cloud.names_on("cmp01") == ["web"] and guest.vm_state == "stopped", number
            assert actions(guest) == ["stop"], number
        operator.stop("cmp01")
        assert cloud.names_on("cmp01") == ["other", "web"], number
        assert cloud.returned("cmp01"), number
        assert guest.vm_state == "active" and actions(guest) == ["stop", "start"], number
        if not died:
            break
    assert 20 < deaths < LAST - 1


@pytest.mark.parametrize("tag", SERVER_TAGS)
def test_check_mode_writes_nothing(cloud: FakeCloud, operator: Operator, tag: str) -> None:
    cloud.boot("web", "cmp01", tags={f"maintenance:{tag}"})
    operator.look_to_start("cmp01", granted_tags=(tag,)).predict()
    assert cloud.writes == []
