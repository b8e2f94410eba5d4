# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The loop that carries out migrations, in a drain: how many at once, and what follows when one goes wrong."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator


def test_no_more_moves_at_once_than_asked_for(cloud: FakeCloud, operator: Operator) -> None:
    cloud.moves.live_at_once = 10
    most = 0

    def count() -> None:
        nonlocal most
        most = max(most, sum(guest.task_state is not None for guest in cloud.world.guests.values()))

    cloud.clock.on_tick(count)
    for number in range(9):
        cloud.boot(f"web{number}", "cmp01")
    operator.start("cmp01", max_concurrent=3)
    assert most == 3


def test_members_of_a_group_move_one_after_the_other(cloud: FakeCloud, operator: Operator) -> None:
    cloud.moves.live_at_once = 10
    pair = [cloud.boot(name, "cmp01") for name in ("web1", "web2")]
    cloud.group("soft", "soft-anti-affinity", *pair)
    together = []
    cloud.clock.on_tick(lambda: together.append(all(guest.task_state for guest in pair)))
    operator.start("cmp01", max_concurrent=2)
    assert cloud.names_on("cmp01") == [] and not any(together)


def test_the_next_target_is_tried_when_one_refuses(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(unfit=frozenset({"cmp02"})))
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp02"), ("web", "cmp03")] and guest.host == "cmp03"


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.FAILED, Outcome.CANCELLED, Outcome.LOST])
def test_another_target_is_tried_when_a_move_fails(cloud: FakeCloud, operator: Operator, outcome: Outcome) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(outcome, times=1))
    result = operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp02"), ("web", "cmp03")] and guest.host == "cmp03"
    assert [move["target"] for move in result["moved"]] == ["cmp03"]


def test_another_target_is_tried_when_a_cold_move_fails(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")
    cloud.moves.behave("db", Behaviour(Outcome.ERROR, times=1))
    operator.start("cmp01")
    assert (guest.host, guest.vm_state) == ("cmp03", "stopped")


def test_all_targets_are_tried_once_more(cloud: FakeCloud, operator: Operator) -> None:
    """Capacity that another server took may be free again."""
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.ERROR, times=2))
    operator.start("cmp01", retries=1)
    assert [target for _name, target in cloud.moves.started] == ["cmp02", "cmp03", "cmp02"]
    assert guest.host == "cmp02"


def test_a_server_that_was_refused_goes_behind_the_others(cloud: FakeCloud, operator: Operator) -> None:
    for name, vcpus in (("big", 4), ("middle", 2), ("small", 1)):
        cloud.boot(name, "cmp01", vcpus=vcpus)
    cloud.moves.behave("big", Behaviour(Outcome.ERROR, times=1))
    operator.start("cmp01", max_concurrent=1)
    assert [name for name, _target in cloud.moves.started] == ["big", "middle", "small", "big"]


def test_a_server_that_all_targets_refuse_is_named_with_the_reasons(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("good", "cmp01")
    bad = cloud.boot("bad", "cmp01")
    cloud.moves.behave("bad", Behaviour(Outcome.ERROR))
    with pytest.raises(Interrupted) as stopped:
        operator.start("cmp01", retries=1)
    assert [name for name, _target in cloud.moves.started].count("bad") == 4
    text = str(stopped.value)
    assert all(word in text for word in ("'bad'", "cmp02, cmp03: Nova's migration record says 'error'", "'good'"))
    assert [server["name"] for server in stopped.value.facts["left"]] == ["bad"]
    assert [move["name"] for move in stopped.value.facts["moved"]] == ["good"]
    assert stopped.value.facts["left"][0]["running"] is True
    assert bad.host == "cmp01" and not cloud.world.hosts["cmp01"].enabled


def test_a_record_may_be_late(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(record_after=20.0))
    operator.start("cmp01")
    assert len(cloud.moves.started) == 1 and cloud.names_on("cmp01") == []


def test_a_server_in_error_is_never_touched_again(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.BROKEN))
    with pytest.raises(Interrupted, match="its guest may still run"):
        operator.start("cmp01", retries=3)
    assert len(cloud.moves.started) == 1


def test_a_record_that_contradicts_the_server_is_no_success(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.LIE))
    with pytest.raises(Interrupted, match="record says 'completed', yet Nova has it on cmp01") as stopped:
        operator.start("cmp01")
    assert stopped.value.facts["moved"] == [] and len(cloud.moves.started) == 1


def test_a_hanging_move_ends_with_the_timeout(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.HANGS))
    began = cloud.clock.now()
    with pytest.raises(Interrupted, match="90 seconds") as stopped:
        operator.start("cmp01", timeout=90.0)
    assert 90 <= cloud.clock.now() - began <= 100
    assert [server["name"] for server in stopped.value.facts["left"]] == ["web"]
    assert not cloud.world.hosts["cmp01"].enabled


def test_a_server_that_is_deleted_meanwhile_is_no_failure(cloud: FakeCloud, operator: Operator) -> None:
    gone, _stays = cloud.boot("gone", "cmp01"), cloud.boot("web", "cmp01")
    cloud.clock.after(1.0, lambda: cloud.delete(gone))
    result = operator.start("cmp01")
    assert [move["name"] for move in result["moved"]] == ["web"]


def test_a_move_that_somebody_else_began_is_waited_for(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.move(guest, "cmp03")
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp03")] and guest.host == "cmp03"


def test_a_failing_observation_before_a_move_ends_the_drain_and_the_next_run_goes_on(
    cloud: FakeCloud, operator: Operator
) -> None:
    _first, second = (cloud.boot(name, "cmp01") for name in ("first", "second"))
    cloud.faults.plant(status(403), f"/servers/{second.id}$", "GET")
    with pytest.raises(Interrupted, match="403") as stopped:
        operator.start("cmp01", max_concurrent=1)
    assert [name for name, _target in cloud.moves.started] == ["first"]
    assert {server["name"] for server in stopped.value.facts["left"]} == {"first", "second"}
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == [] and len(cloud.moves.started) == 2
