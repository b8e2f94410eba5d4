# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Emptying a host: servers of every kind leave it, and whatever goes wrong with a move has its answer."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from fake.cloud import FakeCloud
from fake.faults import status
from fake.moves import COLD, LIVE, Behaviour, Outcome
from fake.operator import Operator
from fake.wire import Reply, Request


def test_servers_of_every_kind_leave(cloud: FakeCloud, operator: Operator) -> None:
    states = {"web": "active", "frozen": "paused", "db": "stopped"}
    guests = [cloud.boot(name, "cmp01", state) for name, state in states.items()]
    result = operator.start("cmp01", reason="new kernel")
    assert cloud.names_on("cmp01") == []
    assert {one.name: one.vm_state for one in guests} == states
    assert {one["name"]: one["kind"] for one in result["moved"]} == {"web": LIVE, "frozen": LIVE, "db": COLD}
    assert result["left"] == []
    host = cloud.world.hosts["cmp01"]
    assert not host.enabled and host.reason == "stackops:me:20261121T100000Z:migrate new kernel"
    assert result["host"]["disabled_reason"] == host.reason and result["host"]["status"] == "disabled"


def test_a_locked_server_leaves_too(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01", locked=True)
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


def test_servers_spread_over_the_pool(cloud: FakeCloud, operator: Operator) -> None:
    for number in range(8):
        cloud.boot(f"web{number}", "cmp01")
    operator.start("cmp01", max_concurrent=8)
    assert len(cloud.names_on("cmp02")) == len(cloud.names_on("cmp03")) == 4


def test_the_host_is_taken_out_before_anything_moves(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    assert [one.split()[0] for one in cloud.writes] == ["PUT", "POST"]


def test_moves_are_checked_by_the_scheduler(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    operator.start("cmp01")
    (asked,) = cloud.asked("POST", "/action")
    assert asked.body == {"os-migrateLive": {"host": "cmp02", "block_migration": "auto"}}
    assert asked.microversion >= (2, 68)


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
    pair = [cloud.boot(name, "cmp01") for name in ("one", "two")]
    cloud.group("soft", "soft-anti-affinity", *pair)
    together = []
    cloud.clock.on_tick(lambda: together.append(all(guest.task_state for guest in pair)))
    operator.start("cmp01", max_concurrent=2)
    assert cloud.names_on("cmp01") == [] and not any(together)


def test_the_room_of_one_that_waits_for_his_group_is_kept(cloud: FakeCloud, operator: Operator) -> None:
    """What was placed as the drain began fits to its end: nobody in between takes another target than he was given."""
    cloud.moves.live_at_once = 10
    cloud.boot("fills-2", "cmp02", vcpus=11)
    cloud.boot("fills-3", "cmp03", vcpus=13)
    pair = [cloud.boot(name, "cmp01", vcpus=3) for name in ("slow", "waiting")]
    small = [cloud.boot(name, "cmp01") for name in ("first", "second")]
    cloud.group("apart", "anti-affinity", *pair)
    cloud.moves.behave("slow", Behaviour(seconds=15.0))
    operator.start("cmp01", max_concurrent=2)
    assert [one.host for one in [*pair, *small]] == ["cmp02", "cmp03", "cmp02", "cmp02"]


def test_hard_anti_affinity_holds(cloud: FakeCloud, operator: Operator) -> None:
    pair = [cloud.boot("one", "cmp01"), cloud.boot("two", "cmp02")]
    cloud.group("apart", "anti-affinity", *pair)
    operator.start("cmp01")
    assert pair[0].host == "cmp03"


# -- what goes wrong with a move


def test_a_target_that_refuses_is_followed_by_the_next(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(unfit=frozenset({"cmp02"})))
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp02"), ("web", "cmp03")] and guest.host == "cmp03"


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.FAILED, Outcome.CANCELLED, Outcome.LOST])
def test_a_move_that_comes_to_nothing_is_tried_elsewhere(
    cloud: FakeCloud, operator: Operator, outcome: Outcome
) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(outcome, times=1))
    result = operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp02"), ("web", "cmp03")] and guest.host == "cmp03"
    assert [one["target"] for one in result["moved"]] == ["cmp03"]


def test_cold_moves_have_a_next_target_too(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")
    cloud.moves.behave("db", Behaviour(Outcome.ERROR, times=1))
    operator.start("cmp01")
    assert (guest.host, guest.vm_state) == ("cmp03", "stopped")


def test_all_targets_are_asked_once_more(cloud: FakeCloud, operator: Operator) -> None:
    """Room that a race took may be free again."""
    guest = cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(Outcome.ERROR, times=2))
    operator.start("cmp01", retries=1)
    assert [target for _name, target in cloud.moves.started] == ["cmp02", "cmp03", "cmp02"]
    assert guest.host == "cmp02"


def test_a_drain_that_no_target_takes_ends_soon(cloud: FakeCloud, operator: Operator) -> None:
    """Seconds after the last refusal, not when nothing has happened for a minute."""
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(unfit=frozenset({"cmp02", "cmp03"})))
    began = cloud.clock.now()
    with pytest.raises(Interrupted, match="web"):
        operator.start("cmp01", retries=1)
    assert len(cloud.moves.started) == 4 and cloud.clock.now() - began < 20.0


def test_whoever_is_refused_goes_behind_the_others(cloud: FakeCloud, operator: Operator) -> None:
    for name, vcpus in (("big", 4), ("middle", 2), ("small", 1)):
        cloud.boot(name, "cmp01", vcpus=vcpus)
    cloud.moves.behave("big", Behaviour(Outcome.ERROR, times=1))
    operator.start("cmp01", max_concurrent=1)
    assert [name for name, _target in cloud.moves.started] == ["big", "middle", "small", "big"]


def test_when_all_refuse_it_says_so(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("good", "cmp01")
    bad = cloud.boot("bad", "cmp01")
    cloud.moves.behave("bad", Behaviour(Outcome.ERROR))
    with pytest.raises(Interrupted) as stopped:
        operator.start("cmp01", retries=1)
    assert [name for name, _target in cloud.moves.started].count("bad") == 4
    text = str(stopped.value)
    assert all(word in text for word in ("'bad'", "cmp02: Nova's migration record says 'error'", "cmp03", "'good'"))
    assert [one["name"] for one in stopped.value.facts["left"]] == ["bad"]
    assert [one["name"] for one in stopped.value.facts["moved"]] == ["good"]
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
    assert [one["name"] for one in stopped.value.facts["left"]] == ["web"]
    assert not cloud.world.hosts["cmp01"].enabled


def test_a_server_that_is_deleted_meanwhile_is_no_failure(cloud: FakeCloud, operator: Operator) -> None:
    gone, _stays = cloud.boot("gone", "cmp01"), cloud.boot("web", "cmp01")
    cloud.clock.after(1.0, lambda: cloud.delete(gone))
    result = operator.start("cmp01")
    assert [one["name"] for one in result["moved"]] == ["web"]


def test_a_move_that_somebody_else_began_is_waited_for(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.move(guest, "cmp03")
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp03")] and guest.host == "cmp03"


def test_busy_is_an_observation(cloud: FakeCloud, operator: Operator) -> None:
    """Somebody else moves the server in the moment in which we ask: Nova answers 409, and it is waited for."""
    guest = cloud.boot("web", "cmp01")

    def other(_request: Request) -> Reply | None:
        cloud.move(guest, "cmp03")
        return None

    cloud.faults.plant(other, method="POST", path="/action")
    operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp03")] and guest.host == "cmp03"


@pytest.mark.parametrize("code", [502, 504])
def test_a_lost_answer_may_hide_a_move_that_began(cloud: FakeCloud, operator: Operator, code: int) -> None:
    cloud.boot("web", "cmp01")
    cloud.faults.plant(status(code), method="POST", path="/action", after=True)
    result = operator.start("cmp01")
    assert cloud.moves.started == [("web", "cmp02")] and len(result["moved"]) == 1


@pytest.mark.parametrize("code", [429, 503, 504])
def test_a_request_that_came_to_nothing_is_sent_again(cloud: FakeCloud, operator: Operator, code: int) -> None:
    guest = cloud.boot("web", "cmp01")
    cloud.faults.plant(status(code), method="POST", path="/action")
    operator.start("cmp01")
    assert guest.host == "cmp02" and cloud.moves.started == [("web", "cmp02")]


def test_a_build_that_lands_late_leaves_as_well(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.clock.after(2.0, lambda: cloud.boot("late", "cmp01"))
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


@pytest.mark.parametrize("then, kind", [("active", LIVE), ("stopped", COLD)])
def test_a_server_is_looked_at_once_more_before_it_moves(
    cloud: FakeCloud, operator: Operator, then: str, kind: str
) -> None:
    """Its owner starts it while another is on its way: moved cold, it would be down."""
    cloud.boot("first", "cmp01")
    guest = cloud.boot("later", "cmp01", "stopped")
    cloud.moves.behave("first", Behaviour(seconds=3.0))

    def act() -> None:
        guest.vm_state = then

    cloud.clock.after(2.0, act)
    moved = {one["name"]: one["kind"] for one in operator.start("cmp01", max_concurrent=1)["moved"]}
    assert moved == {"first": LIVE, "later": kind}


def test_what_changed_while_the_host_was_taken_out_is_seen(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")

    def slowly(_request: Request) -> Reply | None:
        cloud.clock.sleep(2.0)
        guest.vm_state = "active"
        return None

    cloud.faults.plant(slowly, method="PUT", path="/os-services")
    assert [one["kind"] for one in operator.start("cmp01")["moved"]] == [LIVE]


def test_a_look_before_a_move_that_fails_ends_the_drain_and_the_next_goes_on(
    cloud: FakeCloud, operator: Operator
) -> None:
    for name in ("first", "second"):
        cloud.boot(name, "cmp01")
    second = next(one for one in cloud.world.guests.values() if one.name == "second")
    cloud.faults.plant(status(403), f"/servers/{second.id}$", "GET")
    with pytest.raises(Interrupted, match="403") as stopped:
        operator.start("cmp01", max_concurrent=1)
    assert [name for name, _target in cloud.moves.started] == ["first"]
    assert {one["name"] for one in stopped.value.facts["left"]} == {"first", "second"}
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == [] and len(cloud.moves.started) == 2


def test_one_empty_look_is_not_enough(cloud: FakeCloud, operator: Operator) -> None:
    """A build that the scheduler placed before the host was taken out lands after the first look at it."""
    listings = []

    def land(request: Request) -> Reply | None:
        listings.append(request)
        if len(listings) == 2:  # the first belongs to the look before the start
            cloud.boot("late", "cmp01")
        return None

    cloud.faults.plant(land, method="GET", path="/servers/detail", times=100, after=True)
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


def looks_after_the_start(cloud: FakeCloud, operator: Operator) -> int:
    """How often the servers of a host were listed after it was taken out of service."""
    cloud.forget_requests()
    operator.start("cmp01")
    asked = [str(one) for one in cloud.asked()]
    marked = next(number for number, one in enumerate(asked) if one.startswith("PUT compute"))
    return sum("/servers/detail" in one for one in asked[marked:])


def test_an_empty_host_of_which_nobody_holds_room_is_looked_at_once(cloud: FakeCloud, operator: Operator) -> None:
    assert looks_after_the_start(cloud, operator) == 1


def test_an_allocation_that_was_never_given_back_delays_nothing(cloud: FakeCloud, operator: Operator) -> None:
    cloud.world.allocations["left-over"] = {"cmp01": {"VCPU": 1}}
    assert looks_after_the_start(cloud, operator) == 1


def test_room_that_was_asked_for_counts_as_taken(cloud: FakeCloud, operator: Operator) -> None:
    """A move that begins late holds no room in Placement yet, and its target is not given away a second time."""
    cloud.moves.live_at_once = 5
    cloud.boot("old", "cmp02", vcpus=8)
    cloud.boot("wide", "cmp01", vcpus=8)
    cloud.clock.after(1.5, lambda: cloud.boot("late", "cmp01", vcpus=8))
    cloud.boot("older", "cmp03", vcpus=7)
    cloud.moves.behave("wide", Behaviour(record_after=10.0))
    operator.start("cmp01")
    assert cloud.moves.started == [("wide", "cmp03"), ("late", "cmp02")]


def test_a_build_under_way_is_waited_for(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("new", "cmp01", "building", task_state="spawning")

    def built() -> None:
        guest.vm_state, guest.task_state = "active", None

    cloud.clock.after(30.0, built)
    operator.start("cmp01")
    assert guest.host != "cmp01"


def test_a_task_that_does_not_end_is_named(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01", task_state="image_uploading")
    with pytest.raises(Interrupted, match=r"'web' .* is still there: Nova is busy with it \(image_uploading\)\."):
        operator.start("cmp01", timeout=60.0)


def test_a_cold_move_that_somebody_else_confirms(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")

    def confirmed_already(_request: Request) -> Reply | None:
        cloud.moves.confirm(guest)
        cloud.clock.sleep(1.0)
        return None

    cloud.faults.plant(confirmed_already, method="POST", path="/action", at=2)
    operator.start("cmp01")
    assert guest.host != "cmp01" and guest.vm_state == "stopped"


# -- what it costs


def polls(servers: int) -> int:
    """Reading requests, but for those for one server, of a drain whose moves hang until the time is over."""
    cloud = FakeCloud("cmp01", "cmp02", vcpus=200)
    cloud.aggregate("nvme", "cmp01", "cmp02")
    for number in range(servers):
        cloud.boot(f"web{number}", "cmp01")
    cloud.moves.behave("*", Behaviour(Outcome.HANGS))
    with pytest.raises(Interrupted):
        Operator(cloud).start("cmp01", timeout=300.0, max_concurrent=servers)
    each = [one for one in cloud.asked("GET") if "/servers/" in one.path and not one.path.endswith("/detail")]
    return len(cloud.asked("GET")) - len(each)


def test_polling_does_not_grow_with_the_servers() -> None:
    """But for a request for each server before its move, and some for each move under way, as Nova shows its memory."""
    assert polls(60) == polls(3)


def test_a_move_that_takes_long_is_not_asked_for_whenever_another_ends(cloud: FakeCloud, operator: Operator) -> None:
    cloud.moves.live_at_once = 2
    long = cloud.boot("a-long-one", "cmp01")
    cloud.moves.behave("a-long-one", Behaviour(seconds=200.0))
    for number in range(20):
        cloud.boot(f"web{number}", "cmp01")
    operator.start("cmp01")
    # Just before it, and when it ended.
    assert sum(one.path.endswith(f"/servers/{long.id}") for one in cloud.asked("GET")) == 2


def test_pages_are_followed_to_the_end(cloud: FakeCloud, operator: Operator) -> None:
    cloud.nova.page = 2
    for number in range(7):
        cloud.boot(f"web{number}", "cmp01")
    result = operator.start("cmp01", max_concurrent=4)
    assert cloud.names_on("cmp01") == [] and len(result["moved"]) == 7


def test_a_full_drain_of_forty_servers_keeps_to_the_room(cloud: FakeCloud, operator: Operator) -> None:
    for host in cloud.world.hosts.values():
        host.capacity = {name: amount * 2 for name, amount in host.capacity.items()}
    cloud.moves.live_at_once = 5
    for number in range(32):
        cloud.boot(f"web{number}", "cmp01")
    for number in range(30):
        cloud.boot(f"old{number}", "cmp02" if number % 2 else "cmp03")
    operator.start("cmp01", max_concurrent=5)
    assert cloud.names_on("cmp01") == []
    assert {status for request, status in cloud.replies if request.writes} <= {200, 202}
    assert len(cloud.moves.started) == 32  # each was placed where it fitted, at once
