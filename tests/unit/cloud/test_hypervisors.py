# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The hypervisors' store: a guest is on one host at every instant."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud.embedded.hypervisors import FIRST_VERSION, PAUSED, RUNNING, SHUTDOWN, Hypervisors, NotThere


def places(store: Hypervisors, uuid: str = "u1") -> list[tuple[str, str]]:
    return [(guest.host, guest.state) for guest in store.guests() if guest.uuid == uuid]


@pytest.mark.parametrize("state", [RUNNING, PAUSED])
def test_hand_over_keeps_the_state(store: Hypervisors, state: str) -> None:
    store.define("cmp01", "u1", "web", state)
    store.expect("u1", "web", "cmp01", "cmp02")
    assert places(store) == [("cmp01", state)]
    assert [guest.uuid for guest in store.arriving("cmp02")] == ["u1"]
    store.hand_over("u1", "cmp01", "cmp02")
    assert places(store) == [("cmp02", state)]
    assert store.arriving("cmp02") == []


def test_every_sample_of_many_hand_overs_shows_each_guest_once(store: Hypervisors, tmp_path: Path) -> None:
    """Movers push guests round three hosts, each through a connection of its own, until a reader saw them all move."""
    hosts, rounds = ("cmp01", "cmp02", "cmp03"), 60
    guests = [f"u{number}" for number in range(3)]
    for uuid in guests:
        store.define("cmp01", uuid, uuid, RUNNING)
    failures: list[BaseException] = []
    enough = threading.Event()

    def move(uuid: str) -> None:
        try:
            mine = Hypervisors(tmp_path / "hypervisors.sqlite")
            for number in itertools.count():
                if number >= rounds and number % len(hosts) == 0 and enough.is_set():
                    return
                source, destination = hosts[number % 3], hosts[(number + 1) % 3]
                mine.expect(uuid, uuid, source, destination)
                mine.hand_over(uuid, source, destination)
        except BaseException as error:  # pylint: disable=broad-exception-caught
            failures.append(error)

    movers = [threading.Thread(target=move, args=(uuid,)) for uuid in guests]
    for mover in movers:
        mover.start()
    seen: set[tuple[str, str]] = set()
    try:
        while any(mover.is_alive() for mover in movers):
            sample = store.guests()
            assert sorted(guest.uuid for guest in sample) == guests
            assert {guest.state for guest in sample} == {RUNNING}
            seen.update((guest.uuid, guest.host) for guest in sample)
            if all(len([place for place in seen if place[0] == uuid]) > 1 for uuid in guests):
                enough.set()
    finally:
        enough.set()
    assert not failures
    assert {places(store, uuid)[0] for uuid in guests} == {("cmp01", RUNNING)}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda store: store.forget_incoming("u1"), "does not expect"),
        (lambda store: store.power_off("cmp02"), "does not expect"),
        (lambda store: store.power_off("cmp01"), "runs no more"),
    ],
)
def test_a_hand_over_that_cannot_be_changes_nothing(
    store: Hypervisors, spoil: Callable[[Hypervisors], object], message: str
) -> None:
    store.define("cmp01", "u1", "web", RUNNING)
    store.expect("u1", "web", "cmp01", "cmp02")
    spoil(store)
    before = (places(store), store.arriving("cmp02"))
    with pytest.raises(NotThere, match=message):
        store.hand_over("u1", "cmp01", "cmp02")
    assert (places(store), store.arriving("cmp02")) == before


def test_what_a_dead_mover_left_is_forgotten(store: Hypervisors) -> None:
    for uuid, source in (("u1", "cmp01"), ("u2", "cmp03")):
        store.define(source, uuid, uuid, RUNNING)
        store.expect(uuid, uuid, source, "cmp02")
    store.forget_outgoing("cmp01")
    assert [guest.uuid for guest in store.arriving("cmp02")] == ["u2"]


def test_power_off_stops_what_runs_and_power_on_takes_the_installed_version(store: Hypervisors) -> None:
    store.define("cmp01", "u1", "web", RUNNING)
    store.define("cmp01", "u2", "db", PAUSED)
    store.define("cmp02", "u3", "far", RUNNING)
    store.install("cmp01", FIRST_VERSION + 1)
    before = store.host("cmp01")
    assert before.version == FIRST_VERSION
    store.power_off("cmp01")
    assert [(guest.uuid, guest.state) for guest in store.guests("cmp01")] == [("u2", SHUTDOWN), ("u1", SHUTDOWN)]
    assert places(store, "u3") == [("cmp02", RUNNING)]
    store.power_on("cmp01")
    after = store.host("cmp01")
    assert after.version == FIRST_VERSION + 1
    assert after.boot_id != before.boot_id


def test_unknown_hosts_and_guests_are_named(store: Hypervisors) -> None:
    with pytest.raises(NotThere, match="cmp09"):
        store.install("cmp09", 1)
    with pytest.raises(NotThere, match="u9 is not on host cmp01"):
        store.set_state("cmp01", "u9", PAUSED)
    with pytest.raises(sqlite3.IntegrityError):
        store.define("cmp09", "u1", "web", RUNNING)
    assert store.undefine("cmp01", "u9") is False


def test_a_known_host_stays_as_it_is(store: Hypervisors) -> None:
    store.install("cmp01", 9000000)
    before = store.host("cmp01")
    store.add_host("cmp01")
    assert store.host("cmp01") == before


def test_the_first_key_with_a_rule_wins(store: Hypervisors) -> None:
    store.behave({"live_migration": {"*": {"seconds": 2}, "web": {"fail": "hang"}}})
    assert store.rule("live_migration", "u1", "web", "cmp01", "*") == {"fail": "hang"}
    assert store.rule("live_migration", "u1", "db", "cmp01", "*") == {"seconds": 2}
    assert store.rule("spawn", "*") == {}
    store.behave({"live_migration": {"web": None}})
    assert store.rule("live_migration", "u1", "web", "cmp01", "*") == {"seconds": 2}


def test_an_image_is_cached_once(store: Hypervisors) -> None:
    assert store.cache_image("cmp01", "i1") is True
    assert store.cache_image("cmp01", "i1") is False
    assert (store.images("cmp01"), store.images("cmp02")) == (["i1"], [])
