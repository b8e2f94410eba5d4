# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Starting a maintenance: where the servers go, which owner keeps the host, and the mark that says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import (
    CloudError,
    Interrupted,
    MarkError,
    Refused,
)
from fake.cloud import FakeCloud
from fake.faults import status
from fake.operator import Operator
from fake.wire import Reply, Request

MARK = "stackops:me:20261121T100000Z:migrate"


# -- the pool


def test_targets_may_lie_outside_the_aggregate(cloud: FakeCloud, operator: Operator) -> None:
    cloud.host("cmp04")
    cloud.boot("web", "cmp01")
    operator.start("cmp01", targets=("cmp04",))
    assert cloud.names_on("cmp04") == ["web"]


def test_targets_within_an_aggregate_are_the_intersection(cloud: FakeCloud, operator: Operator) -> None:
    cloud.host("cmp04")
    cloud.boot("web", "cmp01")
    operator.start("cmp01", aggregate="nvme", targets=("cmp04", "cmp03"))
    assert cloud.names_on("cmp03") == ["web"]


def test_a_pool_by_metadata_is_the_union(cloud: FakeCloud, operator: Operator) -> None:
    cloud.host("cmp04")
    cloud.aggregate("more", "cmp04", ssd="true")
    for name in ("cmp02", "cmp03"):
        cloud.boot(f"big-{name}", name, vcpus=16)
    cloud.boot("web", "cmp01")
    operator.start("cmp01", aggregate_metadata={"ssd": "true"})
    assert cloud.names_on("cmp04") == ["web"]


# -- ownership


def test_another_owner_is_refused(cloud: FakeCloud, operator: Operator) -> None:
    operator.start("cmp01", owner="night-shift", reason="new kernel")
    cloud.forget_requests()
    for observe in (operator.look_to_start, operator.look_to_stop):
        with pytest.raises(Refused, match=r"by night-shift since 20261121T\d+Z \(new kernel\).*takeover"):
            observe("cmp01")
    assert cloud.writes == []


def test_taking_over_keeps_the_time(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01", owner="night-shift")
    operator.start("cmp01", takeover=True)
    assert cloud.world.hosts["cmp01"].reason == MARK
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["web"]  # what left for the other owner is brought back as well


def test_a_maintenance_that_goes_on_keeps_its_time(cloud: FakeCloud, operator: Operator) -> None:
    operator.start("cmp01")
    cloud.clock.sleep(600.0)
    cloud.boot("late", "cmp01")
    operator.start("cmp01", reason="newer kernel")
    assert cloud.world.hosts["cmp01"].reason == f"{MARK} newer kernel" and cloud.names_on("cmp01") == []


def test_the_second_start_writes_nothing(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    cloud.forget_requests()
    assert not operator.look_to_start("cmp01").changed
    assert cloud.writes == []


def test_the_first_of_two_owners_who_start_at_once_moves_nothing(cloud: FakeCloud, operator: Operator) -> None:
    """The later mark stays, and its owner keeps the host."""
    cloud.boot("web", "cmp01")

    def other(_request: Request) -> Reply | None:
        cloud.world.hosts["cmp01"].reason = "stackops:night-shift:20261121T100001Z:migrate"
        return None

    cloud.faults.plant(other, method="PUT", path="os-services", after=True)
    with pytest.raises(Interrupted, match="Nothing was moved.*taken over meanwhile by night-shift"):
        operator.start("cmp01")
    assert cloud.moves.started == []


def test_a_foreign_host_is_refused(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "broken fan"
    with pytest.raises(Refused, match=r"disabled by somebody else \(broken fan\)"):
        operator.look_to_start("cmp01")
    assert cloud.writes == []


def test_a_foreign_host_can_be_drained(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    host.enabled, host.reason = False, "broken fan"
    cloud.boot("web", "cmp01")
    result = operator.start("cmp01", foreign="drain")
    assert cloud.names_on("cmp01") == [] and (host.enabled, host.reason) == (False, "broken fan")
    assert result["host"]["maintenance"] is None
    assert cloud.asked("PUT") == []
    assert not operator.look_to_start("cmp01", foreign="drain").changed


# -- the mark


def test_the_mark_bears_novas_time(cloud: FakeCloud, operator: Operator) -> None:
    cloud.clock.sleep(3661.0)
    operator.start("cmp01")
    assert ":20261121T110101Z:" in str(cloud.world.hosts["cmp01"].reason)


def test_without_a_date_the_newest_heartbeat_dates_the_mark(cloud: FakeCloud, operator: Operator) -> None:
    """As uWSGI answers, behind HAProxy too: Kolla-Ansible and OpenStack-Ansible."""
    cloud.nova.answer = undated(cloud.nova.answer)
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    assert str(cloud.world.hosts["cmp01"].reason).startswith("stackops:me:20261121T100000Z")
    operator.stop("cmp01")
    assert cloud.names_on("cmp01") == ["web"]


def undated(answer: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
    def without(request: Request) -> Reply:
        reply = answer(request)
        reply.headers.pop("Date", None)
        return reply

    return without


def test_a_reason_that_does_not_fit_is_refused(cloud: FakeCloud, operator: Operator) -> None:
    capacity = 255 - len(MARK) - 1
    with pytest.raises(MarkError, match="3 characters too long"):
        operator.look_to_start("cmp01", reason="x" * (capacity + 3))
    assert cloud.writes == []
    operator.start("cmp01", reason="x" * capacity)
    assert len(str(cloud.world.hosts["cmp01"].reason)) == 255


# -- the other modes


def test_disabling_alone_moves_nothing(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01", "suspended")
    operator.start("cmp01", mode="disable")
    assert cloud.world.hosts["cmp01"].reason == "stackops:me:20261121T100000Z:disable"
    assert cloud.names_on("cmp01") == ["web"]


def test_the_maintenance_mode_of_the_hypervisor_is_switched(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    operator.start("cmp01", mode="hypervisor")
    assert host.maintenance_mode and not host.enabled
    operator.stop("cmp01")
    assert not host.maintenance_mode and host.enabled


def test_a_driver_without_that_mode_leaves_the_host_alone(cloud: FakeCloud, operator: Operator) -> None:
    host = cloud.world.hosts["cmp01"]
    host.knows_maintenance_mode = False
    with pytest.raises(CloudError, match="does not implement host maintenance mode"):
        operator.start("cmp01", mode="hypervisor")
    assert host.enabled


# -- when the API fails


def test_an_api_that_fails_in_the_middle_is_named_with_what_was_done(
    cloud: FakeCloud, operator: Operator, no_pauses: list[float]
) -> None:
    for name in ("web", "mail"):
        cloud.boot(name, "cmp01")
    work = operator.look_to_start("cmp01", max_concurrent=1)
    cloud.clock.after(
        3.5, lambda: cloud.faults.plant(status(500, {"computeFault": {"message": "Oops."}}), "/servers/", times=1000)
    )
    with pytest.raises(Interrupted, match="Oops") as stopped:
        work.apply()
    assert len(stopped.value.facts["moved"]) == 1 and len(stopped.value.facts["left"]) == 1
    cloud.faults.clear()
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


# -- a plan


def planned(cloud: FakeCloud, target: str) -> dict[str, object]:
    moves = {guest: target for guest in cloud.world.guests}
    return {"moves": moves, "hypervisors": {target: cloud.hypervisor(target)}}


def hypervisors_asked_for(cloud: FakeCloud) -> list[dict[str, str]]:
    return [request.query for request in cloud.asked() if "/os-hypervisors" in request.path]


def test_a_plan_that_can_be_followed_needs_no_other_hypervisor(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.boot("db", "cmp01")
    operator.start("cmp01", **planned(cloud, "cmp03"))
    assert cloud.names_on("cmp03") == ["db", "web"]
    assert hypervisors_asked_for(cloud) == [{"hypervisor_hostname_pattern": "cmp01"}]


def test_another_target_is_found_when_the_planned_one_is_full(cloud: FakeCloud, operator: Operator) -> None:
    """The plan says nothing of the other hypervisors, so they are asked for."""
    cloud.boot("web", "cmp01")
    plan = planned(cloud, "cmp03")
    cloud.boot("big", "cmp03", vcpus=16)
    operator.start("cmp01", **plan)
    assert cloud.names_on("cmp02") == ["web"]
    assert hypervisors_asked_for(cloud) == [{"hypervisor_hostname_pattern": "cmp01"}, {"with_servers": "true"}]


def test_another_target_is_found_when_nova_refuses_the_planned_one(cloud: FakeCloud, operator: Operator) -> None:
    web = cloud.boot("web", "cmp01")
    cloud.faults.plant(status(400), f"/servers/{web.id}/action", "POST")
    operator.start("cmp01", **planned(cloud, "cmp03"))
    assert cloud.names_on("cmp02") == ["web"]


def test_a_server_that_the_plan_does_not_name_goes_to_the_emptiest_host(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    plan = planned(cloud, "cmp03")
    cloud.boot("late", "cmp01")
    operator.start("cmp01", **plan)
    assert cloud.names_on("cmp03") == ["web"] and cloud.names_on("cmp02") == ["late"]


def test_an_older_hypervisor_takes_no_server_though_the_plan_says_so(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.world.hosts["cmp03"].version = 1
    operator.start("cmp01", **planned(cloud, "cmp03"))
    assert cloud.names_on("cmp02") == ["web"]
