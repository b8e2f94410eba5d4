# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A run ends: what is not over has failed, and the record is closed once every host is done."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.close import Close

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, NOON, Runs


def test_a_roll_is_closed_once_its_last_host_is_back(runs: Runs) -> None:
    runs.open("a")
    runs.take("a")
    runs.record("a", *ALL_EVENTS)
    closed = runs.close()
    assert closed["closed"] and closed["outcome"] == "done"
    assert runs.lines[-1] == "nvme roll: finished, 1 of 1 hosts done"
    assert not Close(runs.cloud, runs.store, runs.roll["session"]).changed


def test_hosts_whose_turns_are_not_over_have_failed(runs: Runs) -> None:
    runs.open(max_unavailable=3)
    runs.take("a")
    runs.record("a", *ALL_EVENTS)
    runs.record("b", "drained", "upgraded")
    closed = runs.close()
    assert (closed["closed"], closed["done"], list(closed["failed"])) == (False, ["a"], ["b", "c"])
    assert closed["failed"]["b"].startswith("Ansible works on the host no more and did not say why")
    assert closed["why"] == "b, c failed"
    assert runs.now().under_way == []
    assert runs.lines[-1] == "nvme roll: not finished, 1 of 3 hosts done"


def test_hosts_that_were_never_begun_have_not_failed(runs: Runs) -> None:
    runs.open()
    closed = runs.close()
    assert (closed["failed"], closed["closed"], closed["why"]) == ({}, False, "a, b, c are not done")


def test_a_host_that_is_left_out_does_not_keep_the_roll_open(runs: Runs) -> None:
    runs.open()
    runs.take("a")
    runs.record("a", "failed", reason="a dead board")
    runs.open("b", "c")
    runs.take("b")
    for host in "bc":
        runs.record(host, *ALL_EVENTS)
    assert runs.close()["closed"]
    assert runs.lines[-1] == "nvme roll: finished, 2 of 2 hosts done, without a"


def test_what_was_left_out_belongs_to_the_next_roll_until_that_has_done_it(runs: Runs) -> None:
    """By its id, which the marks of the hosts name."""
    first = runs.open("a", "b")["id"]
    runs.take("a")
    runs.record("a", "failed", reason="a dead board")
    for again in ("b", "b", "a"):
        assert runs.open(again)["id"] == first
        runs.take(again)
        runs.record(again, *ALL_EVENTS)
        assert runs.close()["closed"]
    assert runs.open("b")["id"] != first


def test_a_host_that_is_left_out_belongs_to_its_owner_alone(runs: Runs) -> None:
    first = runs.open("a", "b")["id"]
    runs.take("a")
    runs.open("b")
    runs.take("b")
    runs.record("b", *ALL_EVENTS)
    runs.close()
    assert runs.open("b", owner="you")["id"] != first


def test_the_end_of_a_run_says_why_it_ended(runs: Runs) -> None:
    runs.open(windows=["22:00-05:00"])
    runs.take("a")
    closed = runs.close()
    assert closed["why"] == "it is Sat 12:00, which is in none of the windows 22:00-05:00; the window opens at 22:00"
    assert (closed["outcome"], closed["until"]) == ("waiting", NOON + 10 * 3600)
    runs.open(max_failures="0")
    runs.take("a")
    runs.record("a", "failed", reason="no boot")
    runs.record("b", *ALL_EVENTS)
    runs.take("c")
    closed = runs.close()
    assert (closed["why"], closed["outcome"], closed["until"]) == ("a failed", "failed", None)


def test_a_run_that_was_succeeded_ends_nothing(runs: Runs) -> None:
    runs.open()
    session = runs.roll["session"]
    runs.open()
    runs.take("a")
    with pytest.raises(Refused, match="Another run goes on with the roll"):
        Close(runs.cloud, runs.store, session).apply()
    assert runs.now().under_way == ["a", "b"]
