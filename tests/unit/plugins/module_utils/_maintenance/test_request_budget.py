# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The requests of a drain: each is in a budget that names what it is for."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD, LIVE

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator
from tests.unit.fake.request_budget import AT_ONCE, SERVERS, STOPPED, drain

# Of these kinds there are exactly as many as the budget says; of the others there may be fewer.
EXACT = ("action", "confirm", "abort", "mark", "first and last observation")


def test_every_request_of_a_drain_is_in_the_budget() -> None:
    cost = drain()
    assert cost.moved == {LIVE: SERVERS - STOPPED, COLD: STOPPED} and cost.left_behind == 0
    assert cost.most_moving <= AT_ONCE
    assert set(cost.spent) == set(cost.budget)
    assert all(cost.spent[kind] <= most for kind, most in cost.budget.items()), cost
    assert all(cost.spent[kind] == cost.budget[kind] for kind in EXACT), cost
    # Most ticks ask for the records alone.
    assert 2 * cost.spent["tick: servers"] < cost.spent["tick: records"], cost


def observations_after_the_mark(cloud: FakeCloud, operator: Operator) -> int:
    """Start a maintenance. Returns how often the servers of the host were listed after it was taken out of service."""
    cloud.forget_requests()
    operator.start("cmp01")
    requests = [str(request) for request in cloud.asked()]
    marked = next(number for number, request in enumerate(requests) if request.startswith("PUT compute"))
    return sum("/servers/detail" in request for request in requests[marked:])


def test_an_empty_host_without_allocations_is_observed_once(cloud: FakeCloud, operator: Operator) -> None:
    assert observations_after_the_mark(cloud, operator) == 1


def test_an_allocation_that_was_never_freed_delays_nothing(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.allocations["left-over"] = {"cmp01": {"VCPU": 1}}
    assert observations_after_the_mark(cloud, operator) == 1


def polls(servers: int) -> int:
    """Drain a host whose moves hang until the time is over. Returns its GET requests without those of one server."""
    cloud = FakeCloud("cmp01", "cmp02", vcpus=200)
    cloud.aggregate("nvme", "cmp01", "cmp02")
    for number in range(servers):
        cloud.boot(f"web{number}", "cmp01")
    cloud.moves.behave("*", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted):
        Operator(cloud).start("cmp01", timeout=300.0, max_concurrent=servers)
    paths = [request.path for request in cloud.asked("GET")]
    return sum("/servers/" not in path or path.endswith("/detail") for path in paths)


def test_polling_does_not_grow_with_the_servers() -> None:
    """Beside these there is a request for each server before its move, and some for the progress of each move."""
    assert polls(60) == polls(3)


def test_a_server_whose_move_takes_long_is_not_asked_for_when_another_move_ends(
    cloud: FakeCloud, operator: Operator
) -> None:
    cloud.moves.live_at_once = 2
    slow = cloud.boot("slow", "cmp01")
    cloud.moves.behave("slow", Behaviour(seconds=200.0))
    for number in range(20):
        cloud.boot(f"web{number}", "cmp01")
    operator.start("cmp01")
    # Just before its move, and when that ended.
    assert sum(request.path.endswith(f"/servers/{slow.id}") for request in cloud.asked("GET")) == 2


def lists_of_hypervisors(cloud: FakeCloud) -> int:
    listed = [request for request in cloud.asked("GET") if request.path.endswith("/os-hypervisors/detail")]
    return sum("hypervisor_hostname_pattern" not in request.query for request in listed)


def test_a_look_at_an_empty_host_asks_for_no_list_of_all_hypervisors(cloud: FakeCloud, operator: Operator) -> None:
    """Nova makes some queries for each of them. Only a server that came since makes it worth that."""
    operator.start("cmp01")
    cloud.forget_requests()
    operator.start("cmp01", standing=True)
    assert lists_of_hypervisors(cloud) == 0
    late = cloud.boot("late", "cmp01")
    operator.start("cmp01", standing=True)
    assert (lists_of_hypervisors(cloud), late.host) == (1, "cmp02")
