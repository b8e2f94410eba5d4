# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Draining a host: servers of every kind leave it, each to where it fits, and nothing is left unseen."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Interrupted
from fake.cloud import FakeCloud
from fake.moves import COLD, LIVE, Behaviour
from fake.operator import Operator
from fake.wire import Reply, Request


def test_servers_of_every_kind_leave(cloud: FakeCloud, operator: Operator) -> None:
    states = {"web": "active", "frozen": "paused", "db": "stopped"}
    guests = [cloud.boot(name, "cmp01", state) for name, state in states.items()]
    result = operator.start("cmp01", reason="new kernel")
    assert cloud.names_on("cmp01") == []
    assert {guest.name: guest.vm_state for guest in guests} == states
    assert {move["name"]: move["kind"] for move in result["moved"]} == {"web": LIVE, "frozen": LIVE, "db": COLD}
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
    assert [write.split()[0] for write in cloud.writes] == ["PUT", "POST"]


def test_the_capacity_for_a_server_that_waits_for_its_group_is_kept(cloud: FakeCloud, operator: Operator) -> None:
    """What fitted as the drain began fits to its end: no server in between takes another target than it was given."""
    cloud.moves.live_at_once = 10
    cloud.boot("fills-2", "cmp02", vcpus=11)
    cloud.boot("fills-3", "cmp03", vcpus=13)
    pair = [cloud.boot(name, "cmp01", vcpus=3) for name in ("slow", "waiting")]
    small = [cloud.boot(name, "cmp01") for name in ("first", "second")]
    cloud.group("apart", "anti-affinity", *pair)
    cloud.moves.behave("slow", Behaviour(seconds=15.0))
    operator.start("cmp01", max_concurrent=2)
    assert [guest.host for guest in [*pair, *small]] == ["cmp02", "cmp03", "cmp02", "cmp02"]


def test_hard_anti_affinity_holds(cloud: FakeCloud, operator: Operator) -> None:
    pair = [cloud.boot("web1", "cmp01"), cloud.boot("web2", "cmp02")]
    cloud.group("apart", "anti-affinity", *pair)
    operator.start("cmp01")
    assert pair[0].host == "cmp03"


# -- what changes meanwhile


def test_a_build_that_lands_late_leaves_as_well(cloud: FakeCloud, operator: Operator) -> None:
    cloud.boot("web", "cmp01")
    cloud.clock.after(2.0, lambda: cloud.boot("late", "cmp01"))
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


def test_a_change_while_the_host_was_taken_out_of_service_is_seen(cloud: FakeCloud, operator: Operator) -> None:
    guest = cloud.boot("db", "cmp01", "stopped")

    def slowly(_request: Request) -> Reply | None:
        cloud.clock.sleep(2.0)
        guest.vm_state = "active"
        return None

    cloud.faults.plant(slowly, method="PUT", path="/os-services")
    assert [move["kind"] for move in operator.start("cmp01")["moved"]] == [LIVE]


def test_a_host_is_not_empty_when_it_is_observed_empty_once(cloud: FakeCloud, operator: Operator) -> None:
    """A build that the scheduler placed before the host was taken out of service lands after its first observation."""
    listings = []

    def land(request: Request) -> Reply | None:
        listings.append(request)
        if len(listings) == 2:  # the first listing is before the host is taken out of service
            cloud.boot("late", "cmp01")
        return None

    cloud.faults.plant(land, method="GET", path="/servers/detail", times=100, after=True)
    operator.start("cmp01")
    assert cloud.names_on("cmp01") == []


def test_the_capacity_for_a_move_that_was_asked_for_counts_as_taken(cloud: FakeCloud, operator: Operator) -> None:
    """A move that begins late holds no allocation at its target yet, and its capacity is not given away again."""
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


def test_pages_are_followed_to_the_end(cloud: FakeCloud, operator: Operator) -> None:
    cloud.nova.page = 2
    for number in range(7):
        cloud.boot(f"web{number}", "cmp01")
    result = operator.start("cmp01", max_concurrent=4)
    assert cloud.names_on("cmp01") == [] and len(result["moved"]) == 7


def test_a_drain_of_many_servers_keeps_to_the_capacity(cloud: FakeCloud, operator: Operator) -> None:
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
    assert len(cloud.moves.started) == 32  # each went where it fitted, at the first try


def test_a_drain_that_no_target_takes_ends_soon(cloud: FakeCloud, operator: Operator) -> None:
    """Seconds after the last refusal, not when nothing has happened for a minute."""
    cloud.boot("web", "cmp01")
    cloud.moves.behave("web", Behaviour(unfit=frozenset({"cmp02", "cmp03"})))
    began = cloud.clock.now()
    with pytest.raises(Interrupted, match="web"):
        operator.start("cmp01", retries=1)
    assert len(cloud.moves.started) == 4 and cloud.clock.now() - began < 20.0
