# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Guests that are in nobody's hands are watched: each interruption is found, and nothing else."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "cloud"), str(TESTS / "soak")]

from embedded.hypervisors import Guest, Hypervisors  # noqa: E402
from embedded.waiting import wait_for  # noqa: E402
from watcher import Attention, Watcher, problem  # noqa: E402


def on(host: str, state: str = "running") -> Guest:
    return Guest(host, "a", "web", state)


@pytest.mark.parametrize(
    ("state", "places"),
    [
        ("running", [on("cmp01")]),
        ("paused", [on("cmp01", "paused")]),
        ("shutdown", [on("cmp01", "shutdown")]),
        ("shutdown", [on("cmp01", "shutdown"), on("cmp02", "shutdown")]),  # moves cold
    ],
)
def test_as_it_was(state: str, places: list[Guest]) -> None:
    assert problem(state, places) is None


@pytest.mark.parametrize(
    ("state", "places", "says"),
    [
        ("running", [], "on no host"),
        ("running", [on("cmp01", "shutdown")], "shut down on cmp01"),
        ("running", [on("cmp01"), on("cmp02")], "on 2 hosts: cmp01, cmp02"),
        ("running", [on("cmp01", "paused")], "paused on cmp01, was running"),
        ("shutdown", [on("cmp01")], "running on cmp01, was shutdown"),
        ("shutdown", [], "on no host"),
    ],
)
def test_interrupted(state: str, places: list[Guest], says: str) -> None:
    assert problem(state, places) == says


def test_a_live_migration_is_no_interruption() -> None:
    attention = Attention()
    attention.see(1.0, [on("cmp01")])
    attention.see(2.0, [on("cmp02")])
    assert attention.problems() == []


def test_an_interruption_is_found_with_its_time() -> None:
    attention = Attention()
    for now, guests in ((1.0, [on("cmp01")]), (2.0, [on("cmp01", "shutdown")]), (3.0, [on("cmp02")])):
        attention.see(now, guests)
    assert attention.problems() == ["the guest web (a) was shut down on cmp01 from 2.00 s to 3.00 s"]


def test_what_others_do_to_a_guest_is_their_business() -> None:
    attention = Attention()
    attention.see(1.0, [on("cmp01")])
    assert attention.take("a") and not attention.is_free("a")
    assert not attention.take("a")
    attention.see(2.0, [])
    attention.give_back("a")
    attention.see(3.0, [on("cmp03", "shutdown")])
    assert attention.problems() == []
    attention.see(4.0, [on("cmp03")])
    assert attention.problems() == ["the guest web (a) was running on cmp03, was shutdown from 4.00 s to the end"]


def test_an_interruption_is_not_forgotten_when_others_take_the_guest() -> None:
    attention = Attention()
    attention.see(1.0, [on("cmp01")])
    attention.see(2.0, [])
    attention.take("a")
    attention.see(3.0, [on("cmp01")])
    assert len(attention.problems()) == 1


def test_the_hypervisors_are_sampled(tmp_path: Path) -> None:
    store = Hypervisors(tmp_path / "store.sqlite")
    store.add_host("cmp01")
    store.define("cmp01", "a", "web", "running")
    with Watcher(store) as watcher:
        wait_for("a first sample", lambda: watcher.samples > 1)
        store.undefine("cmp01", "a")
        wait_for("the guest's end is seen", watcher.problems)
        began = time.monotonic()
    assert watcher.problems()[0].startswith("the guest web (a) was on no host") and time.monotonic() - began < 5
