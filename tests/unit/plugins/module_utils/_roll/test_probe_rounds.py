# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A probe that ends or gets stuck in the middle of a roll lets no further host begin."""

from __future__ import annotations

import os

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.probe_rounds import LONGEST_WAIT, note_round
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.process import as_recorded

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, NOON, Runs

THIS = as_recorded(os.getpid())
SEEN = "whether guests answer was seen last at 12:00:00, see "


@pytest.fixture
def probed(runs: Runs) -> Runs:
    """A roll whose first host is done, with a probe of which a round took two seconds."""
    runs.open(max_unavailable=1, max_silence=30)
    with runs.store.locked() as record:
        record.write({"event": "probing", "at": NOON, "interval": 5.0, "process": THIS})
    runs.take("a")
    runs.record("a", *ALL_EVENTS)
    note_round(runs.store.folder, NOON - 2.0, NOON)
    return runs


def end_the_probe(runs: Runs) -> None:
    with runs.store.locked() as record:
        record.write({"event": "probing", "at": NOON, "interval": 5.0, "process": {**THIS, "started": "before"}})


def test_hosts_begin_while_rounds_are_noted(probed: Runs) -> None:
    probed.clock.time = NOON + 40.0
    assert probed.take("b") == "begin"


def test_no_host_begins_when_two_rounds_are_missing_and_the_silence_is_too_long(probed: Runs) -> None:
    probed.clock.time = NOON + 40.1
    answer = probed.turn("b").apply()
    assert answer["turn"] == "wait"
    assert answer["notice"]["event"] == "blocked"
    assert answer["reason"].startswith(f"the probe of guests does not work: {SEEN}{probed.store.folder}")
    hold = probed.now().hold
    assert hold and (hold.what, hold.reason) == ("probe", answer["reason"])
    note_round(probed.store.folder, NOON + 60.0, NOON + 62.0)  # the cloud answers again
    assert probed.take("b") == "begin"


def test_rounds_that_last_for_long_are_given_time(probed: Runs) -> None:
    note_round(probed.store.folder, NOON - 100.0, NOON)
    probed.clock.time = NOON + 229.0
    assert probed.take("b") == "begin"


@pytest.mark.parametrize("note", [None, "", "{}", "[1]"])
def test_without_a_note_that_can_be_read_no_host_begins(probed: Runs, note: str | None) -> None:
    file = probed.store.folder / "probe_rounds.json"
    file.unlink() if note is None else file.write_text(note)
    probed.clock.time = NOON + 41.0
    assert probed.take("b") == "wait"


def test_a_probe_that_ended_ends_the_run(probed: Runs) -> None:
    end_the_probe(probed)
    answer = probed.turn("b").apply()
    assert answer["turn"] == "over" and answer["reason"].startswith(f"the probe of guests has ended: {SEEN}")
    assert f"no further host begins, for {answer['reason']}" in probed.lines[-1]


def test_one_that_does_not_work_for_long_ends_the_run_too(probed: Runs) -> None:
    probed.clock.time = NOON + LONGEST_WAIT + 1.0
    assert probed.take("b") == "over"


def test_hosts_under_way_go_on_without_it(probed: Runs) -> None:
    assert probed.take("b") == "begin"
    end_the_probe(probed)
    assert probed.turn("b").apply()["turn"] == "begin"


def test_the_next_run_has_a_probe_of_its_own_or_none(probed: Runs) -> None:
    end_the_probe(probed)
    assert probed.take("b") == "over"
    probed.open("b", "c")
    assert probed.take("b") == "begin"
