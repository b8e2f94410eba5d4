# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is done with live migrations that are stuck."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import kill, status
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator
from tests.unit.fake.wire import Reply, Request

CONFLICT = {"conflictingRequest": {"code": 409, "message": "Not now."}}
UNABLE = {"badRequest": {"code": 400, "message": "The driver cannot abort it."}}


def ends(cloud: FakeCloud) -> list[str]:
    """Return the methods of the requests that abort (DELETE) or force (POST) a live migration."""
    return [request.method for request in cloud.requests if request.writes and "/migrations/" in request.path]


def test_a_stuck_migration_is_aborted_and_another_target_tried(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS, times=1))
    result = operator.start("cmp01", migration_timeout=30.0)
    assert cloud.moves.started == [("web", "cmp02"), ("web", "cmp03")] and guest.host == "cmp03"
    assert ends(cloud) == ["DELETE"] and [move["target"] for move in result["moved"]] == ["cmp03"]
    assert any("cmp02 refused" in line and "nothing was copied for 3" in line for line in operator.lines)


def test_a_server_that_is_stuck_on_the_way_to_every_target_is_named_with_the_reason(
    cloud: FakeCloud, operator: Operator
) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match=r"'web'.*cmp02, cmp03: .*'cancelled': nothing was copied"):
        operator.start("cmp01", migration_timeout=30.0, retries=0)
    assert ends(cloud) == ["DELETE", "DELETE"]


@pytest.mark.parametrize(("memory", "after"), [(512, 40.0), (2048, 40.0), (8192, 160.0)])
def test_a_migration_is_given_the_time_that_its_memory_needs(
    cloud: FakeCloud, operator: Operator, memory: int, after: float
) -> None:
    cloud.boot("web", "cmp01", memory=memory)
    cloud.moves.behave("web", Behaviour(Outcome.HANGS, times=1))
    began: list[float] = []

    def record_time(_request: Request) -> Reply | None:
        began.append(cloud.clock.now())
        return None

    cloud.faults.plant(record_time, method="DELETE", path="/migrations/")
    operator.start("cmp01", migration_timeout=40.0)
    assert after < began[0] < after + 10  # it copied for a second, and is asked for every five seconds


def test_a_slow_migration_that_goes_on_is_not_stuck(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(seconds=600.0))
    operator.start("cmp01", migration_timeout=30.0)
    assert ends(cloud) == [] and len(cloud.moves.started) == 1 and cloud.names_on("cmp01") == []


def test_time_in_the_queue_does_not_count(cloud: FakeCloud, operator: Operator) -> None:
    """Nova migrates one server at a time out of a host; the other three wait for minutes and are not aborted."""
    for name in ("web", "db", "mail", "dns"):
        cloud.boot(name, "cmp01")
    cloud.moves.behave("*", Behaviour(seconds=100.0))
    operator.start("cmp01", migration_timeout=30.0, max_concurrent=4)
    assert ends(cloud) == [] and len(cloud.moves.started) == 4 and cloud.names_on("cmp01") == []


def test_migrations_queued_behind_a_stuck_one_only_wait(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("web1", "web2"):
        cloud.boot(name, "cmp01")
    cloud.moves.behave("web1", Behaviour(Outcome.HANGS, times=1))
    operator.start("cmp01", migration_timeout=30.0)
    assert [name for name, _target in cloud.moves.started].count("web2") == 1
    assert ends(cloud) == ["DELETE"] and cloud.names_on("cmp01") == []


def test_a_stuck_migration_can_be_forced_to_complete(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    operator.start("cmp01", migration_timeout=30.0, on_stuck="force_complete")
    assert ends(cloud) == ["POST"] and cloud.moves.started == [("web", "cmp02")] and guest.host == "cmp02"


@pytest.mark.parametrize("on_stuck", ["abort", "force_complete"])
def test_a_driver_that_can_do_neither_leaves_it_hanging(cloud: FakeCloud, operator: Operator, on_stuck: str) -> None:
    """The driver is asked once, and when the time is over the server is named."""
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    cloud.faults.plant(status(400, UNABLE), path="/servers/.*/migrations/", times=99)
    with pytest.raises(Interrupted, match=r"200 seconds.*'web'.*its move to cmp02 is under way"):
        operator.start("cmp01", migration_timeout=30.0, timeout=200.0, on_stuck=on_stuck)
    assert len(ends(cloud)) == 1 and any("The driver cannot abort it" in line for line in operator.lines)


@pytest.mark.parametrize("code", [404, 409])
def test_a_migration_that_ends_at_that_moment_has_moved(cloud: FakeCloud, operator: Operator, code: int) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))

    def over(_request: Request) -> Reply | None:
        cloud.moves.force(cloud.moves.live_migrations(guest)[0])
        return Reply(code, CONFLICT)

    cloud.faults.plant(over, method="DELETE")
    result = operator.start("cmp01", migration_timeout=30.0)
    assert guest.host == "cmp02" and [move["target"] for move in result["moved"]] == ["cmp02"]
    assert cloud.moves.started == [("web", "cmp02")]


def test_a_user_who_may_not_abort_gets_an_error(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    cloud.faults.plant(status(403, {"forbidden": {"code": 403, "message": "Policy."}}), method="DELETE")
    with pytest.raises(Interrupted, match=r"abort the migration of the server .*403: Policy"):
        operator.start("cmp01", migration_timeout=30.0)


# -- on_stuck: fail


def test_a_stuck_migration_that_is_left_alone_blocks_the_others_which_are_aborted(
    cloud: FakeCloud, operator: Operator
) -> None:
    guests = [cloud.boot(name, "cmp01") for name in ("a", "b", "c")]
    cloud.moves.behave("a", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match=r"The migration of 'a' is stuck \(nothing was copied") as stopped:
        operator.start("cmp01", migration_timeout=30.0, on_stuck="fail")
    assert [len(cloud.moves.live_migrations(guest)) for guest in guests] == [1, 0, 0]
    assert ends(cloud) == ["DELETE"] and [name for name, _target in cloud.moves.started] == ["a", "b"]
    reasons = {server["name"]: server["reason"] for server in stopped.value.facts["left"]}
    assert "its migration still runs" in reasons["a"] and "is stuck" in reasons["b"]
    assert reasons["c"] == "its turn did not come"


def test_no_migration_is_asked_for_behind_a_stuck_one_that_is_left_alone(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("web1", "web2"):
        cloud.boot(name, "cmp01")
    cloud.moves.behave("*", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match="is stuck"):
        operator.start("cmp01", migration_timeout=30.0, on_stuck="fail", max_concurrent=1)
    assert cloud.moves.started == [("web1", "cmp02")] and ends(cloud) == []


# -- while servers are brought back, and after a kill


def test_a_stuck_migration_back_is_aborted_and_its_server_stays_away(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    operator.start("cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    result = operator.stop("cmp01", migration_timeout=30.0)
    assert guest.host == "cmp02" and ends(cloud) == ["DELETE"]
    assert [server["name"] for server in result["left"]] == ["web"] and "nothing was copied" in result["left"][0][
        "reason"
    ]
    assert cloud.returned("cmp01")


def test_a_stuck_migration_back_may_block_the_others(cloud: FakeCloud, operator: Operator) -> None:
    for name in ("web1", "web2"):
        cloud.boot(name, "cmp01")
    operator.start("cmp01", targets=("cmp02",))
    cloud.moves.behave("*", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted, match="is stuck"):
        operator.stop("cmp01", migration_timeout=30.0, on_stuck="fail", max_concurrent=1)
    assert len([target for _name, target in cloud.moves.started if target == "cmp01"]) == 1


@pytest.mark.parametrize("job", ["start", "stop"])
def test_a_stuck_migration_that_an_earlier_run_began_is_aborted_too(
    cloud: FakeCloud, operator: Operator, job: str
) -> None:
    guest = cloud.boot("web", "cmp01")
    if job == "stop":
        operator.start("cmp01")
    source = guest.host
    cloud.moves.behave("web", Behaviour(Outcome.HANGS, times=1))
    cloud.clock.after(20.0, lambda: cloud.faults.plant(kill))
    assert operator.dies_at(999, kill, False, job, "cmp01")
    assert guest.task_state == "migrating" and guest.host == source
    getattr(operator, job)("cmp01", migration_timeout=30.0)
    assert ends(cloud) == ["DELETE"] and guest.task_state is None
