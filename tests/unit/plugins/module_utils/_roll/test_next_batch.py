# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The next batch begins as it is planned, or a reason says why none begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.limits import Limits
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.next_batch import AnsibleHosts, NextBatch

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, ANY_TIME, NOON, Runs, plan_of


def test_the_moves_of_a_batch_are_recorded_before_anything_is_touched(runs: Runs) -> None:
    runs.open()
    runs.next_batch()
    (batch,) = runs.store.roll().batches
    assert [(move["server"], move["name"], move["source"], move["target"]) for move in batch.moves] == [
        ("id-a", "vm-a", "a", "spare"),
        ("id-b", "vm-b", "b", "spare"),
    ]


def test_after_a_failure_no_batch_begins_and_the_same_command_goes_on(runs: Runs) -> None:
    runs.open()
    runs.next_batch()
    runs.record("a", *ALL_EVENTS)
    runs.record("b", "drained", "failed", reason="no boot")
    stopped = runs.next_batch()
    assert (stopped["over"], stopped["reason"]) == (True, "b failed, and max_failures is 0")
    assert runs.asked == ([], [], [])
    closed = runs.close()
    assert (closed["closed"], closed["failed"], closed["stopped"]) == (False, {"b": "no boot"}, stopped["reason"])
    again = runs.open(hosts=("b", "c"))
    assert (again["done"], again["unfinished"], again["hosts"]) == (["a"], ["b"], ["a", "b", "c"])
    assert any("going on with 1 of 3 hosts done" in line for line in runs.lines)
    assert list(runs.next_batch()["batch"]) == ["b", "c"]


def test_a_host_that_has_only_to_be_put_back_is_in_no_batch_with_others(runs: Runs) -> None:
    """Ansible would mix up their steps: a host was left upgraded, not verified and out of service, and called done."""
    runs.open()
    runs.next_batch(size=1)
    runs.record("a", "drained", "upgraded", "verified")
    runs.open()
    assert list(runs.next_batch()["batch"]) == ["a"]
    runs.record("a", "returned")
    assert list(runs.next_batch()["batch"]) == ["b", "c"]


def test_nor_is_one_that_needs_the_upgrade_no_more(runs: Runs) -> None:
    runs.open()
    runs.next_batch(size=1)
    runs.record("a", "drained")
    runs.open()
    began = runs.next_batch(upgraded=["a"])
    assert list(began["batch"]) == ["a"]
    assert "an earlier run began" in runs.store.roll().batches[-1].limited_by


def test_failures_that_are_allowed_leave_their_hosts_and_the_roll_unfinished(runs: Runs) -> None:
    limits = Limits("1", (), 10, NOON)
    runs.open()
    runs.next_batch(limits=limits, size=1)
    runs.record("a", "failed", reason="no boot")
    for host in "bc":
        assert list(runs.next_batch(limits=limits, size=1)["batch"]) == [host]
        runs.record(host, *ALL_EVENTS)
    assert runs.next_batch(limits=limits)["over"]
    assert not runs.close()["closed"]


def test_a_host_that_ansible_lost_has_failed(runs: Runs) -> None:
    runs.open()
    runs.next_batch()
    runs.record("b", *ALL_EVENTS)
    assert runs.next_batch(lost=["a", "c"])["reason"] == "a failed, and max_failures is 0"
    assert runs.store.roll().failed == {"a": "Ansible lost the host, see its error above."}


def test_a_run_that_was_succeeded_begins_nothing(runs: Runs) -> None:
    runs.open()
    session = runs.roll["session"]
    runs.open()
    batch = NextBatch(runs.cloud, runs.store, session, AnsibleHosts(), ANY_TIME, lambda *_: plan_of("c", 1))
    with pytest.raises(Refused, match="Another run goes on with the roll"):
        batch.apply()
    assert runs.store.roll().batches == []


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits("0", (), 1, NOON), "the batch has 2 hosts and Ansible works on 1 at once: raise 'forks' (-f) or"),
        (Limits("0", ("22:00-05:00",), 9, NOON), "it is Sat 12:00, which is in none of the windows 22:00-05:00"),
    ],
)
def test_what_keeps_a_batch_from_beginning(runs: Runs, limits: Limits, reason: str) -> None:
    runs.open()
    over = runs.next_batch(limits=limits)
    assert over["over"] and reason in over["reason"]
    assert runs.store.roll().unfinished == []
    assert runs.lines[-1] == (
        f"nvme roll: no further host begins, for {over['reason']} [0 of 3 hosts done, 0 servers moved]"
    )


def test_blocked_hosts_come_to_light_when_the_others_are_done(runs: Runs) -> None:
    runs.open()
    assert list(runs.next_batch(blocked=["b"])["batch"]) == ["a", "c"]
    for host in "ac":
        runs.record(host, *ALL_EVENTS)
    assert runs.next_batch(blocked=["b"])["reason"] == "b: it is full. Empty it."


def test_a_cloud_that_cannot_be_planned_ends_the_run_in_order(runs: Runs) -> None:
    runs.open()

    def planning(_hosts: Sequence[str], _done: Sequence[str], _verified: Sequence[str]) -> dict[str, Any]:
        raise CloudError("Nova is away.")

    over = NextBatch(runs.cloud, runs.store, runs.roll["session"], AnsibleHosts(), ANY_TIME, planning).apply()
    assert (over["over"], over["reason"]) == (True, "Nova is away.")
