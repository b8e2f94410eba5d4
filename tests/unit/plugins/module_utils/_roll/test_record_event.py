# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What a host went through is recorded, unless the record would not be true."""

from __future__ import annotations

import re

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record_event import RecordEvent

from tests.unit.plugins.module_utils._roll.runs import Runs


def test_a_host_on_which_servers_run_is_not_drained(runs: Runs) -> None:
    runs.open()
    runs.next_batch()
    left = [{"name": "off", "running": False}, {"name": "web", "running": True}, {"name": "odd", "running": None}]
    with pytest.raises(Refused, match="'a' still holds running servers, so it is not upgraded: odd, web"):
        runs.record("a", "drained", left=left)
    runs.record("a", "drained", left=left[:1])
    line = r"nvme roll: a is drained after [\d.]+ s \[0 of 3 hosts done, 0 servers moved\]"
    assert re.fullmatch(line, runs.lines[-1])


def test_a_run_that_was_succeeded_records_nothing(runs: Runs) -> None:
    runs.open()
    session = runs.roll["session"]
    runs.open()
    runs.next_batch()
    event = RecordEvent(runs.cloud, runs.store, session, {"host": "a", "event": "drained", "left": []})
    with pytest.raises(Refused, match="Another run goes on with the roll"):
        event.apply()


def test_a_host_that_is_in_no_batch_has_no_events(runs: Runs) -> None:
    runs.open()
    with pytest.raises(Refused, match="'a' is in no batch of the roll in .*: begin its batch first"):
        runs.record("a", "drained")
