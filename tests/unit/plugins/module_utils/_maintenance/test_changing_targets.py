# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Targets that change while a host is drained, and servers that Nova moves to none."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.moves import Behaviour
from tests.unit.fake.operator import Operator
from tests.unit.fake.wire import Request

NIGHT = "stackops:night:20261121T100000Z:migrate firmware"
SHARES = "Feature not supported with instances that have shares."


def switch(cloud: FakeCloud, host: str, enabled: bool, reason: str | None = None) -> None:
    spec = cloud.world.hosts[host]
    spec.enabled, spec.reason, spec.believed_enabled = enabled, reason, True


def fleet(cloud: FakeCloud, servers: int) -> None:
    for number in range(servers):
        cloud.boot(f"web{number}", "cmp01", vcpus=1)
    cloud.moves.behave("*", Behaviour(seconds=20.0))


def targets(requests: list[Request]) -> list[str]:
    return [request.body["os-migrateLive"]["host"] for request in requests if "os-migrateLive" in (request.body or {})]


@pytest.mark.parametrize(("reason", "why"), [(NIGHT, "it is in maintenance"), ("broken fan", "it is disabled")])
def test_one_that_is_taken_out_of_service_gets_no_more_servers(
    cloud: FakeCloud, operator: Operator, reason: str, why: str
) -> None:
    """Placement does not know yet."""
    fleet(cloud, 6)
    cloud.clock.after(10.0, lambda: switch(cloud, "cmp02", False, reason))
    cloud.clock.after(10.0, cloud.forget_requests)
    operator.start("cmp01", max_concurrent=1, targets=("cmp02", "cmp03"))
    asked = targets(cloud.asked("POST"))
    assert len(asked) >= 4 and set(asked) == {"cmp03"}


def test_why_it_takes_none_is_told(cloud: FakeCloud, operator: Operator) -> None:
    fleet(cloud, 2)
    cloud.clock.after(10.0, lambda: switch(cloud, "cmp02", False, NIGHT))
    with pytest.raises(Interrupted, match="is still there: cmp02: it is in maintenance"):
        operator.start("cmp01", max_concurrent=1, targets=("cmp02",))


def test_one_that_is_put_back_into_service_gets_servers(cloud: FakeCloud, operator: Operator) -> None:
    fleet(cloud, 4)
    switch(cloud, "cmp03", False, NIGHT)
    cloud.clock.after(10.0, lambda: switch(cloud, "cmp03", True))
    cloud.clock.after(10.0, lambda: switch(cloud, "cmp02", False, "broken fan"))
    operator.start("cmp01", max_concurrent=1, targets=("cmp02", "cmp03"))
    assert cloud.names_on("cmp01") == [] and "cmp03" in targets(cloud.asked("POST"))


def test_all_services_are_listed_only_while_servers_wait_for_a_target(cloud: FakeCloud, operator: Operator) -> None:
    fleet(cloud, 1)
    cloud.moves.behave("*", Behaviour(seconds=200.0))
    operator.start("cmp01")
    lists = [request for request in cloud.asked("GET", "/os-services") if "host" not in request.query]
    assert len(lists) == 1


def refuse_shares(cloud: FakeCloud) -> None:
    cloud.faults.plant(status(409, {"conflictingRequest": {"code": 409, "message": SHARES}}), "/action", times=99)


def test_what_nova_moves_nowhere_is_asked_for_once_and_told_in_one_sentence(
    cloud: FakeCloud, operator: Operator
) -> None:
    guest = cloud.boot("files", "cmp01")
    refuse_shares(cloud)
    with pytest.raises(Interrupted) as failure:
        operator.start("cmp01")
    assert len(cloud.asked("POST", "/action")) == 1
    assert (
        f"The server 'files' ({guest.id}) is still there: Nova moves it to no host, until its owner detaches what it "
        "names. Could not live-migrate"
    ) in str(failure.value)
    assert SHARES in str(failure.value) and str(failure.value).count("shares") == 1


def test_it_stays_where_unmovable_servers_may_stay(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("files", "cmp01")
    refuse_shares(cloud)
    result = operator.start("cmp01", leave_unmovable=True)
    assert [server["name"] for server in result["left"]] == ["files"] and SHARES in result["left"][0]["reason"]
