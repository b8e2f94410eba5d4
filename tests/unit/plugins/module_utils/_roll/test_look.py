# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which hosts may begin now, as the cloud is now and the record says."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.look import look
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.turn import Able
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PLAN_OPTIONS

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.operator import Operator
from tests.unit.plugins.module_utils._roll.events import OPTIONS, all_phases, begun, event, resumed, roll_of

HOSTS = ("cmp01", "cmp02", "cmp03", "cmp04")
ROLL = "20261121T100000Z-0123abcd"
ASKED = {name: spec.get("default") for name, spec in PLAN_OPTIONS.items()} | OPTIONS | {"aggregate": "nvme"}


@pytest.fixture
def cloud() -> FakeCloud:
    """Each host has a server."""
    cloud = FakeCloud(*HOSTS, vcpus=4)
    cloud.aggregate("nvme", *HOSTS)
    for host in HOSTS:
        cloud.boot(f"web-{host}", host)
    return cloud


def roll(*events: dict[str, Any], upgraded: tuple[str, ...] = (), **asked: Any) -> Roll:
    """A roll through all hosts, with one of them out of service at once."""
    options = {**ASKED, "max_unavailable": 1, **asked}
    places = {host: host for host in HOSTS}
    return roll_of(*events, roll=ROLL, hosts=HOSTS, places=places, upgraded=upgraded, options=options)


def looked(cloud: FakeCloud, of: Roll, *at_work: str) -> Able:
    """:param at_work: the hosts on which Ansible works; without any all that are waiting."""
    return look(cloud.connect(), of, at_work or of.waiting)


def drain(cloud: FakeCloud, host: str) -> None:
    Operator(cloud, roll=ROLL).start(host)


def failed(host: str) -> list[dict[str, Any]]:
    return [begun(100, host), event(110, "failed", host=host, reason="no boot")]


def test_the_moves_of_each_host_that_may_begin(cloud: FakeCloud) -> None:
    able = looked(cloud, roll(max_unavailable=2))
    assert list(able.moves) == ["cmp01", "cmp02"]
    (move,) = able.moves["cmp01"]
    target = cloud.world.hosts[move["target"]]
    assert move["name"] == "web-cmp01" and move["target"] not in ("cmp01", "cmp02")
    assert (move["hypervisor"], move["version"], move["kind"]) == (target.provider, target.version, "live")
    assert set(able.waiting) == {"cmp03", "cmp04"}


def test_room_that_hosts_under_way_need_is_reserved(cloud: FakeCloud) -> None:
    """Their servers are still where they were, and will need the room for which they were begun."""
    moves = looked(cloud, roll()).moves["cmp01"]
    target = moves[0]["target"]
    cloud.boot("large", target, vcpus=2)  # one more fits there
    others = [host for host in HOSTS if host not in ("cmp01", target)]
    for host in others:
        cloud.boot(f"large-{host}", host, vcpus=3)
    under_way = {**begun(100, "cmp01"), "moves": moves}
    able = looked(cloud, roll(under_way, max_unavailable=4), *others)
    assert able.moves == {} and set(able.waiting) >= set(others)


@pytest.mark.parametrize("at_work", [("cmp03",), ("cmp04", "cmp03")])
def test_only_hosts_on_which_ansible_works_begin(cloud: FakeCloud, at_work: tuple[str, ...]) -> None:
    """However the planner would order them by now: tenants have booted servers since the roll was planned."""
    assert list(looked(cloud, roll(), *at_work).moves) == ["cmp03"]


def test_a_failed_host_stays_out_of_service_and_the_others_go_on(cloud: FakeCloud) -> None:
    drain(cloud, "cmp01")
    able = looked(cloud, roll(*failed("cmp01"), max_failures="1"))
    assert list(able.moves) == ["cmp02"]
    assert all(move["target"] != "cmp01" for moves in able.moves.values() for move in moves)


def test_a_host_that_failed_before_it_was_drained_counts_once_too(cloud: FakeCloud) -> None:
    able = looked(cloud, roll(*failed("cmp01"), begun(120, "cmp02"), max_failures="1", max_unavailable=2))
    assert list(able.moves) == ["cmp03"]


def test_what_is_verified_leaves_no_servers(cloud: FakeCloud) -> None:
    drain(cloud, "cmp01")
    verified = [begun(100, "cmp01"), *all_phases(100, "cmp01")[:3], event(150, "failed", host="cmp01", reason="x")]
    run = {"places": {host: host for host in HOSTS}, "options": {**ASKED, "max_unavailable": 1}}
    again = resumed(200, *HOSTS, upgraded=["cmp01"], **run)
    able = looked(cloud, roll(*verified, again))
    assert able.moves == {"cmp01": []}


def test_a_member_that_left_the_pool_holds_up_nobody(cloud: FakeCloud) -> None:
    """Neither by its turn nor by an option that names it."""
    next(iter(cloud.world.aggregates.values())).hosts.remove("cmp01")
    of = roll(exclude=["cmp01"], failure_domains={"cmp01": "r1", "cmp02": "r2", "cmp03": "r3", "cmp04": "r4"})
    able = looked(cloud, of)
    assert list(able.moves) == ["cmp02"]
    assert able.waiting["cmp01"] == "It is no member of the pool any more."


def test_another_roll_that_began_meanwhile_is_left_alone(cloud: FakeCloud) -> None:
    Operator(cloud, owner="you", roll="20261121T090000Z-00000000").start("cmp04")
    with pytest.raises(Refused, match="Another roll began in the meantime: cmp04 is .* of you"):
        looked(cloud, roll())


def test_what_a_person_began_by_hand_is_not_adopted(cloud: FakeCloud) -> None:
    Operator(cloud).start("cmp01", reason="DIMM dies")
    able = looked(cloud, roll(max_unavailable=2))
    assert "cmp01" not in able.moves and "DIMM dies" in able.waiting["cmp01"]


@pytest.mark.usefixtures("no_pauses")
def test_a_cloud_that_does_not_answer_is_told(cloud: FakeCloud) -> None:
    cloud.faults.plant(status(503), path="os-services", times=99)
    with pytest.raises(CloudError):
        looked(cloud, roll())


def test_a_look_writes_nothing_and_costs_as_much_however_many_hosts_there_are(cloud: FakeCloud) -> None:
    cloud.forget_requests()
    looked(cloud, roll())
    few = len(cloud.requests)
    large = FakeCloud(*HOSTS, *(f"more{number}" for number in range(30)), vcpus=4)
    large.aggregate("nvme", *large.world.hosts)
    for host in HOSTS:
        large.boot(f"web-{host}", host)
    looked(large, roll())
    assert cloud.writes == [] and len(large.requests) <= few + 1


def test_a_host_on_which_a_server_would_run_may_not_begin(cloud: FakeCloud) -> None:
    cloud.group("together", "affinity", cloud.boot("bound", "cmp01"))
    able = looked(cloud, roll(unmovable_servers="leave"))
    assert "cmp01" not in able.moves
    assert able.waiting["cmp01"] == "No host is upgraded under running servers, and some would stay: bound."
    assert able.kinds["cmp01"] == "No host is upgraded under running servers, and some would stay."


def test_hosts_with_the_same_trouble_have_one_kind_of_reason(cloud: FakeCloud) -> None:
    for host in ("cmp01", "cmp02"):
        cloud.boot(f"asleep-{host}", host, "suspended")
    able = looked(cloud, roll())
    assert able.waiting["cmp01"] != able.waiting["cmp02"] and "asleep-cmp01" in able.waiting["cmp01"]
    assert able.kinds["cmp01"] == able.kinds["cmp02"] and set(able.kinds) == {"cmp01", "cmp02"}
