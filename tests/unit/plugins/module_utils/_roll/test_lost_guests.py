# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Guests that answered the probe before and are silent now stop the roll."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.limits import reason_to_stop
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.lost_guests import (
    GuestWatch,
    LostGuest,
    silent_for_all,
)

from tests.unit.plugins.module_utils._roll.events import event, resumed, roll_of
from tests.unit.plugins.module_utils._roll.runs import Runs

WEB = LostGuest("1", "web", "cmp01", 10.0)


def sample(at: float, ok: bool, canary: bool = False) -> dict[str, Any]:
    message = None if ok else "no answer"
    return {"at": at, "server": "1", "name": "web", "host": "cmp01", "ok": ok, "canary": canary, "message": message}


def lost(*samples: dict[str, Any]) -> list[tuple[float, LostGuest]]:
    """When guests are lost that may be silent for 12 seconds."""
    watch = GuestWatch(12)
    return [(taken["at"], guest) for taken in samples if (guest := watch.take(taken))]


def test_a_guest_that_is_silent_for_too_long_is_lost_once() -> None:
    assert lost(*(sample(at, at <= 10) for at in (5, 10, 15, 20, 25, 30, 35))) == [(25, WEB)]


def test_a_guest_that_answers_in_time_is_not_lost() -> None:
    assert lost(*(sample(at, at in (10, 25)) for at in (10, 15, 20, 25, 30, 35))) == []


def test_a_guest_is_lost_each_time_that_it_is_silent() -> None:
    silences = [sample(at, at in (10, 40)) for at in range(10, 75, 5)]
    assert [(at, guest.since) for at, guest in lost(*silences)] == [(25, 10.0), (55, 40.0)]


def test_one_failed_check_is_no_proof_however_late_it_comes() -> None:
    """The owner of a guest may delete it while it is checked."""
    assert lost(sample(10, True), sample(90, False)) == []
    assert lost(sample(10, True), sample(90, False), sample(95, False)) == [(95, WEB)]


def test_a_guest_that_never_answered_is_not_lost() -> None:
    assert lost(*(sample(at, False) for at in range(0, 100, 5))) == []


def test_a_canary_is_no_guest() -> None:
    assert lost(*(sample(at, at == 10, canary=True) for at in range(10, 100, 5))) == []


def test_a_check_that_nobody_answers_cannot_work() -> None:
    said = "none of 2 guests answered its first round, the first of them so: no answer."
    assert silent_for_all([sample(1, False), sample(1, False), sample(1, True, canary=True)]) == said
    assert silent_for_all([sample(1, False), sample(1, True)]) is None
    assert silent_for_all([]) is None


# -- the roll


def loss(at: float, server: str = "1") -> dict[str, Any]:
    return event(at, "lost", server=server, name="web", host="cmp01", since=at - 40)


def reason(*events: dict[str, Any], **options: Any) -> str | None:
    roll = roll_of(*events)
    roll.options = {**roll.options, **options}
    stop = reason_to_stop(roll, 1000.0)
    return stop.reason if stop else None


def test_a_lost_guest_stops_the_roll_and_is_named() -> None:
    said = reason(loss(200.0))
    assert said and said.startswith(
        "guests that answered before are silent for more than 30 s, 'web' (1) on cmp01 since "
    )
    assert said.endswith(", and max_lost_guests is 0")


def test_as_many_guests_may_be_lost_as_are_allowed() -> None:
    assert reason(loss(200.0), loss(300.0), max_lost_guests=1) is None  # one guest, twice
    assert "'web' (2) on cmp01" in (reason(loss(200.0), loss(200.0, "2"), max_lost_guests=1) or "")


def test_the_next_run_counts_anew() -> None:
    assert reason(loss(200.0), resumed(300.0, "a", "b", "c")) is None
    assert reason(loss(200.0), resumed(300.0, "a", "b", "c"), loss(400.0))


def test_an_aborted_move_is_noted() -> None:
    (only,) = roll_of(loss(200.0), event(201.0, "aborted", server="1")).lost
    assert (only.name, only.since, only.aborted) == ("web", 160.0, 201.0)


def test_no_further_host_begins(runs: Runs) -> None:
    runs.open(max_unavailable=1)
    runs.take("a")
    with runs.store.locked() as record:
        record.write({**loss(runs.clock.now())})
    runs.record("a", "drained", "upgraded", "verified", "returned")
    answer = runs.turn("b").apply()
    assert answer["turn"] == "over" and "'web' (1) on cmp01" in answer["reason"]
    assert runs.close()["why"].startswith("guests that answered before are silent")
