# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Interruptions of guests that the watch reports."""

from __future__ import annotations

import pytest
from embedded.hypervisors import PAUSED, RUNNING, SHUTDOWN, Guest
from embedded.watch import Watch


def on(host: str, state: str = RUNNING, uuid: str = "u1") -> Guest:
    return Guest(host, uuid, "web", state)


def watch(status: str = "ACTIVE") -> Watch:
    return Watch({"u1": ("web", status)})


@pytest.mark.parametrize(
    ("sample", "what"),
    [
        ([], "on no host"),
        ([on("cmp01"), on("cmp02")], "on 2 hosts: cmp01, cmp02"),
        ([on("cmp01", SHUTDOWN)], "shut down on cmp01"),
        ([on("cmp01", PAUSED)], "paused on cmp01, was running"),
    ],
)
def test_an_interruption_is_reported(sample: list[Guest], what: str) -> None:
    seen = watch()
    seen.see_hypervisors(0.0, [on("cmp01")])
    seen.see_hypervisors(1.0, sample)
    seen.see_hypervisors(2.0, [on("cmp01")])
    [violation] = seen.violations()
    assert (violation.name, violation.seen_by, violation.what) == ("web", "hypervisors", what)
    assert (violation.since, violation.until, violation.samples) == (1.0, 2.0, 1)
    assert seen.guests["u1"].hypervisors.longest == 2.0


def test_a_guest_that_moves_is_not_interrupted() -> None:
    seen = watch()
    for now, host in enumerate(("cmp01", "cmp01", "cmp02", "cmp03", "cmp03")):
        seen.see_hypervisors(float(now), [on(host), on("cmp09", uuid="not watched")])
        seen.see_api(float(now), {"u1": "MIGRATING" if now % 2 else "ACTIVE"})
    assert seen.violations() == []
    assert seen.guests["u1"].hosts == ["cmp01", "cmp02", "cmp03"]
    assert seen.guests["u1"].hypervisors.longest == 0.0


def test_a_paused_guest_stays_paused() -> None:
    seen = watch("PAUSED")
    seen.see_hypervisors(0.0, [on("cmp01", PAUSED)])
    seen.see_api(0.0, {"u1": "PAUSED"})
    assert seen.violations() == []
    seen.see_hypervisors(1.0, [on("cmp01", RUNNING)])
    seen.see_api(1.0, {"u1": "ACTIVE"})
    assert {violation.what for violation in seen.violations()} == {"running on cmp01, was paused", "status ACTIVE"}


def test_the_source_of_an_unconfirmed_cold_migration_is_no_second_host() -> None:
    seen = watch()
    seen.see_hypervisors(0.0, [on("cmp01", SHUTDOWN), on("cmp02")])
    assert seen.violations() == []


@pytest.mark.parametrize(
    ("statuses", "what"),
    [({"u1": "SHUTOFF"}, "status SHUTOFF"), ({"u1": "ERROR"}, "status ERROR"), ({}, "not in the list of servers")],
)
def test_nova_s_word_counts_too(statuses: dict[str, str], what: str) -> None:
    seen = watch()
    seen.see_api(1.0, statuses)
    [violation] = seen.violations()
    assert (violation.seen_by, violation.what, violation.until) == ("api", what, None)


def test_an_interruption_without_an_end_grows_and_stays_one_finding() -> None:
    seen = watch()
    seen.see_hypervisors(1.0, [on("cmp01")])
    for now in (2.0, 3.0, 4.0):
        seen.see_hypervisors(now, [])
    [violation] = seen.violations()
    assert (violation.since, violation.until, violation.samples) == (2.0, None, 3)
    assert seen.guests["u1"].hypervisors.longest == 3.0


def test_findings_that_differ_are_listed_apart_and_the_time_runs_on() -> None:
    seen = watch()
    seen.see_hypervisors(1.0, [on("cmp01")])
    seen.see_hypervisors(2.0, [])
    seen.see_hypervisors(3.0, [on("cmp01", SHUTDOWN)])
    seen.see_hypervisors(4.0, [on("cmp01")])
    assert [(fault.what, fault.since, fault.until) for fault in seen.violations()] == [
        ("on no host", 2.0, 3.0),
        ("shut down on cmp01", 3.0, 4.0),
    ]
    assert seen.guests["u1"].hypervisors.longest == 3.0


def test_only_what_was_up_at_first_is_watched() -> None:
    seen = Watch({"u1": ("web", "SHUTOFF"), "u2": ("db", "ERROR"), "u3": ("app", "PAUSED")})
    assert list(seen.guests) == ["u3"]
