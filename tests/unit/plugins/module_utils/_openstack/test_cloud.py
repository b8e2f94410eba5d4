# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Requests that are under way at once, and what becomes of the others when one fails."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Interrupted
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.cloud import Cloud

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.operator import Operator

DEADLINE = 60.0  # seconds for threads that wait for each other


def test_requests_are_under_way_at_once_and_each_has_its_own_outcome(cloud: FakeCloud) -> None:
    meeting = threading.Barrier(3)

    def meets(number: int) -> int:
        meeting.wait(DEADLINE)
        if number == 1:
            raise CloudError("refused", 403)
        return number

    with Cloud(cloud.client()).side_by_side() as ask:
        first, second, third = [ask(meets, number) for number in range(3)]
    assert (first.result(), third.result()) == (0, 2)
    with pytest.raises(CloudError, match="refused"):
        second.result()


def test_moves_that_began_beside_a_failing_one_are_tracked(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("db", "web"):
        cloud.boot(name, "cmp01")
    cloud.faults.plant(status(403), "/action", "POST", at=1)
    with pytest.raises(Interrupted, match="403|refus|forbid|allow") as stopped:
        operator.start("cmp01", max_concurrent=2)
    reasons = {server["name"]: server["reason"] for server in stopped.value.facts["left"]}
    assert [name for name, _target in cloud.moves.started] == ["web"]
    assert "is under way" in reasons["web"] and "is under way" not in reasons["db"]
    cloud.faults.clear()
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == [] and len(cloud.moves.started) == 2
