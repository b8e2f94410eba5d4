# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Which hosts a run has ahead, and the plan for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._aggregates.lookup import pool_aggregates
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.open import RollOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.pool_record import PoolRecord
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.prepare import (
    HostsToDo,
    hosts_to_do,
    plan_roll,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Versions
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.options import PLAN_OPTIONS
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import UpgradePlan

from tests.unit.fake.cloud import FakeCloud
from tests.unit.plugins.module_utils._roll.events import all_phases, begun, event, roll_of

MORE = {
    "owner": "me",
    "takeover": False,
    "upgrade": "up.yml",
    "max_failures": "1",
    "max_silence": 30,
    "max_lost_guests": 0,
    "windows": ["22:00-05:00"],
    "approve": None,
    "blocked": "refuse",
    "windows_strict": False,
    "time_zone": "Europe/Berlin",
}


def asked(*hosts: str, done: str = "", begun: str = "") -> list[dict[str, Any]]:
    """Hosts as os_upgrade_preflight returns them, those done and begun by an earlier run among them."""
    return [
        {"host": host, "place": f"at-{host}", "known": True, "done": host in done, "begun": host in begun}
        for host in hosts
    ]


def answers(**needed: bool) -> dict[str, Any]:
    return {host: {"needed": needs, "machine": ""} for host, needs in needed.items()}


def test_what_is_left_to_do_are_hosts_that_need_it_and_hosts_that_were_begun() -> None:
    to_do = hosts_to_do(asked(*"abcde", begun="cd"), answers(a=True, b=False, c=False, d=True, e=True))
    assert to_do == HostsToDo({host: f"at-{host}" for host in "acde"}, frozenset("c"))


def test_packages_that_are_kept_back_are_told_of_each_host_that_was_asked() -> None:
    given = answers(a=True, b=False) | {"b": {"needed": False, "kept_back": ["nova-compute"], "machine": ""}}
    assert hosts_to_do(asked("a", "b"), given).kept_back == {"b": ["nova-compute"]}


def test_what_hosts_run_is_kept_as_nova_and_their_tasks_tell_it() -> None:
    given = answers(a=True, b=False, c=True) | {"a": {"needed": True, "version": "6.12.5 secret", "machine": ""}}
    to_do = hosts_to_do(asked("a", "b", "c"), given, shown=lambda text: text.replace("secret", "***"))
    assert to_do.versions == {"a": "6.12.5 ***"}
    pool = Pool("a", "c")
    pool.cloud.world.hosts["c"].version = 0  # which Nova does not know
    pool._to_do = to_do
    _plan, options = pool.plan()
    assert options.versions == {
        "a": Versions(pool.cloud.world.hosts["a"].version, "6.12.5 ***"),
        "c": Versions(None, None),
    }


def test_hosts_that_the_record_has_as_done_are_not_asked() -> None:
    assert hosts_to_do(asked("a", "b", done="a"), answers(b=True)) == HostsToDo({"b": "at-b"}, frozenset())


def test_a_roll_does_not_start_without_a_host_that_could_not_be_asked() -> None:
    with pytest.raises(Refused, match="The roll cannot start; nothing was touched. Ansible lost a, c, see the errors"):
        hosts_to_do(asked(*"abc"), answers(b=True))


class Pool:
    """Four hosts with a server each, of which these are to be upgraded."""

    def __init__(self, *hosts: str) -> None:
        self.cloud = FakeCloud("a", "b", "c", "d", vcpus=4)
        self.cloud.aggregate("nvme", "a", "b", "c", "d")
        for host in "abcd":
            self.cloud.boot(f"vm-{host}", host)
        self._to_do = HostsToDo({host: f"at-{host}" for host in hosts}, frozenset())

    def plan(self, record: PoolRecord | None = None, **more: Any) -> tuple[UpgradePlan | None, RollOptions]:
        defaults = {name: spec.get("default") for name, spec in PLAN_OPTIONS.items()}
        params = {**defaults, "aggregate": "nvme", **MORE, **more}
        cloud = self.cloud.connect()
        pool = pool_aggregates(cloud.nova.aggregates(), "nvme", None)
        return plan_roll(cloud, pool, record or PoolRecord("nvme", Path("nowhere")), self._to_do, params)


def test_the_hosts_of_a_roll_are_in_the_order_of_their_turns() -> None:
    plan, options = Pool("c", "a", "b").plan(hosts=["c", "b", "a"])
    assert plan and [turn.host for turn in plan.turns] == ["c", "b", "a"] == list(options.hosts)
    assert options.places == {"a": "at-a", "b": "at-b", "c": "at-c"}


def test_what_is_asked_of_each_turn_is_kept() -> None:
    _plan, options = Pool("a", "b").plan(max_unavailable="50%", capacity_margin=10)
    assert (options.owner, options.upgrade) == ("me", "up.yml")
    kept = {key: options.options[key] for key in ("max_unavailable", "capacity_margin", "max_failures", "windows")}
    assert kept == {"max_unavailable": 2, "capacity_margin": 10, "max_failures": "1", "windows": ["22:00-05:00"]}


def test_where_nothing_is_to_be_done_there_is_no_plan() -> None:
    plan, options = Pool().plan()
    assert (plan, options.hosts) == (None, ())


def test_a_plan_that_is_impossible_is_refused_with_all_that_is_in_its_way() -> None:
    pool = Pool("a", "b")
    for host in "abcd":
        pool.cloud.boot(f"large-{host}", host, vcpus=3)
    with pytest.raises(Refused) as refused:
        pool.plan()
    first, *others = str(refused.value).split(". ")
    assert first == "The roll cannot start; nothing was touched"
    assert any("a: server" in text for text in others) and any("b: server" in text for text in others)


def test_no_host_is_upgraded_under_running_servers() -> None:
    """Not even where unmovable servers may be left."""
    pool = Pool("a")
    pool.cloud.group("together", "affinity", pool.cloud.boot("bound", "a"))
    with pytest.raises(Refused, match="server bound .* is in the affinity group"):
        pool.plan()
    with pytest.raises(Refused, match="some would stay: a: bound; leave these hosts out"):
        pool.plan(unmovable_servers="leave")


def test_hosts_that_are_blocked_have_their_turns_last_where_they_may_be_left_out() -> None:
    pool = Pool("a", "b", "c")
    pool.cloud.boot("asleep", "a", "suspended")
    pool.cloud.group("together", "affinity", pool.cloud.boot("bound", "b"))
    with pytest.raises(Refused, match="a: server asleep .*b: server bound"):
        pool.plan()
    plan, options = pool.plan(blocked="skip", unmovable_servers="fail")
    assert options.hosts == ("c", "a", "b")
    assert options.options["blocked"] == "skip" and set(options.foreseen) == {"a", "b", "c"}
    assert plan and any(line.startswith("BLOCKED a: server asleep") for line in plan.lines())
    _plan, options = pool.plan(blocked="skip", unmovable_servers="leave")  # a server would run on b
    assert options.hosts[-1] == "b"


def test_a_roll_without_a_host_that_can_be_upgraded_is_refused() -> None:
    pool = Pool("a")
    pool.cloud.group("together", "affinity", pool.cloud.boot("bound", "a"))
    for unmovable in ("fail", "leave"):
        with pytest.raises(Refused, match="nothing was touched.*bound"):
            pool.plan(blocked="skip", unmovable_servers=unmovable)


def test_the_same_blocker_of_many_hosts_is_one_sentence() -> None:
    pool = Pool(*(f"cmp{number:03}" for number in range(500)))
    hosts = [pool.cloud.host(f"cmp{number:03}").name for number in range(500)]
    (aggregate,) = pool.cloud.world.aggregates.values()
    aggregate.hosts += hosts
    for host in hosts:
        pool.cloud.boot(f"asleep-{host}", host, "suspended")
    with pytest.raises(Refused) as refused:
        pool.plan()
    assert "and 497 more: " in str(refused.value) and len(str(refused.value)) < 1000


def test_what_is_done_and_verified_is_as_the_record_says() -> None:
    events = [begun(100, "a"), *all_phases(100, "a"), begun(200, "b"), *all_phases(200, "b")[:3]]
    roll = roll_of(*events, event(250, "failed", host="b", reason="x"), hosts=["a", "b", "c"])
    plan, options = Pool("b", "c").plan(PoolRecord("nvme", Path("nowhere"), roll=roll))
    assert plan and set(options.hosts) == {"b", "c"}
    (verified,) = [turn for turn in plan.turns if turn.host == "b"]
    assert list(verified.moves) == []


# -- what is learnt, and windows


def test_a_plan_rests_on_the_roll_before_and_on_novas_records() -> None:
    events = [begun(100, "a", "1"), event(103, "drained", host="a", left=[]), event(163, "upgraded", host="a")]
    before = roll_of(*events, event(170, "verified", host="a"), event(172, "returned", host="a", left=[]))
    for finished, unfinished in ((before, None), (None, before)):
        record = PoolRecord("nvme", Path("nowhere"), finished=finished, roll=unfinished)
        plan, options = Pool("b", "c").plan(record, max_concurrent=7)
        assert plan and plan.pace == options.pace
        assert (options.pace.upgrade_seconds, options.pace.verify_seconds, options.pace.hosts_seen) == (60, 7, 1)
        assert (options.pace.moves_at_once, options.pace.moves_seen) == (7, 0)
    assert options.foreseen["b"].load.leaving.servers == 1 and options.foreseen["b"].load.leaving.gib > 0


def test_hosts_that_fit_into_no_window_are_named_before_anything_is_touched() -> None:
    """A host is taken to last sixteen minutes."""
    pool = Pool("a", "b")
    assert pool.plan(windows=["22:00-22:16"], windows_strict=True)[0]
    assert pool.plan(windows=["22:00-22:15"])[0]
    with pytest.raises(Refused) as refused:
        pool.plan(windows=["22:00-22:15", "Sat 22:00-22:10"], windows_strict=True)
    first, second = str(refused.value).split(". ", 1)
    assert first == "The roll cannot start; nothing was touched" and second.startswith(
        "Longer than the longest window of the coming week, which is 15 min: a (16 min), b (16 min) (times: 30 s a "
        "move, 2 at once, assumed; 15 min an upgrade, assumed); give longer windows"
    )
    assert pool.cloud.writes == []
