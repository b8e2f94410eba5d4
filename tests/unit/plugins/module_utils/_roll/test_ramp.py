# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll goes up its ramp, and no host begins while a step of it soaks."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import record_event

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, Runs

HOSTS = "abcdef"


@pytest.fixture(autouse=True)
def one_clock(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is recorded have the time of the clock by which hosts wait."""
    monkeypatch.setattr(record_event, "time", SimpleNamespace(time=runs.clock.now))


def under_way(runs: Runs) -> list[str]:
    """The hosts under way once every host has asked."""
    for host in HOSTS:
        if host in runs.now().waiting:
            runs.take(host)
    return runs.now().under_way


def events(runs: Runs) -> list[str]:
    lines = (runs.store.folder / "record.jsonl").read_text().splitlines()
    return [event["event"] for event in map(json.loads, lines)]


def test_more_hosts_go_at_once_with_each_step_that_goes_well(runs: Runs) -> None:
    runs.open(*HOSTS, max_unavailable=3, ramp=[1, 2])
    assert under_way(runs) == ["a"]
    runs.record("a", *ALL_EVENTS)
    assert under_way(runs) == ["b", "c"]
    runs.record("b", *ALL_EVENTS)
    assert under_way(runs) == ["c"]  # both of them have to be done
    runs.record("c", *ALL_EVENTS)
    assert under_way(runs) == ["d", "e", "f"]


def test_a_host_that_failed_leaves_its_place_to_another(runs: Runs) -> None:
    runs.open(*HOSTS, max_unavailable=3, ramp=[1, 2], max_failures="1")
    assert under_way(runs) == ["a"]
    runs.record("a", "failed", reason="no boot")
    assert under_way(runs) == ["b"]


def test_no_host_begins_while_a_step_soaks(runs: Runs) -> None:
    runs.open(*HOSTS, max_unavailable=3, ramp=[1, 2], soak=600)
    assert under_way(runs) == ["a"]
    runs.record("a", *ALL_EVENTS)
    done = runs.now().last_return
    assert runs.turn("b").apply()["reason"] == "step 1 of 2 of the ramp soaks for 10 min"
    assert runs.clock.now() < done + 60 and runs.now().under_way == []
    runs.clock.time = done + 599
    assert runs.take("b") == "begin" and 600 <= runs.clock.now() - done < 601
    (hold,) = runs.now().holds
    assert (hold.what, hold.begin, hold.reason) == ("soak", done, "step 1 of 2 of the ramp soaks for 10 min")
    assert hold.end == runs.now().turns[-1].at
    assert events(runs)[-4:] == ["held", "released", "begun", "begun"]
    assert sum("no host begins for now: step 1 of 2 of the ramp" in line for line in runs.lines) == 1


def test_a_clock_that_is_put_back_makes_no_step_soak_longer(runs: Runs) -> None:
    runs.open(*HOSTS, max_unavailable=3, ramp=[1], soak=600)
    runs.take("a")
    runs.record("a", *ALL_EVENTS)
    runs.clock.time = runs.now().last_return - 3600
    assert runs.take("b") == "begin"


def test_the_next_run_goes_on_in_the_step_that_an_earlier_run_came_to(runs: Runs) -> None:
    runs.open(*HOSTS, max_unavailable=3, ramp=[1, 2, 3], soak=600)
    runs.take("a")
    runs.record("a", *ALL_EVENTS)
    runs.take("b")
    runs.open(*"bcdef", max_unavailable=3, ramp=[1, 2, 3], soak=600)  # the first one was killed while it soaked
    assert [hold.end is None for hold in runs.now().holds] == [False]
    assert runs.take("b") == "wait"
    runs.clock.time = runs.now().last_return + 601
    assert runs.take("b") == "begin"
    assert runs.now().under_way == ["b", "c"]


def test_a_soak_does_not_hide_what_stops_the_roll(runs: Runs) -> None:
    runs.open(*HOSTS, max_unavailable=3, ramp=[1], soak=3600, windows=["Sat 11:00-12:30"])
    runs.take("a")
    runs.record("a", *ALL_EVENTS)
    assert runs.take("b") == "wait"
    runs.clock.time += 1800
    answer = runs.turn("b").apply()
    assert (answer["turn"], runs.now().hold) == ("over", None)
    assert "which is in none of the windows" in answer["reason"]
