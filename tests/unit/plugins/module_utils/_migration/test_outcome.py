# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What became of a migration, by its record, its server and the time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.outcome import (
    AGREEMENT_GRACE,
    RECORD_GRACE,
    Ending,
    outcome_of,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import Migration
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fake.attempts import ATTEMPT, BROKEN, EARLY, HERE, MOVING, THERE, record

STATUSES = ["accepted", "queued", "preparing", "running", "post-migrating", "completed", "error", "failed", "cancelled"]


LATE = 100.0 + RECORD_GRACE + 1
MUCH_LATER = 100.0 + AGREEMENT_GRACE + 1


@pytest.mark.parametrize(
    ("records", "server", "now", "ending"),
    [
        ([], None, EARLY, Ending.GONE),
        ([], HERE, EARLY, Ending.UNDER_WAY),
        ([], HERE, LATE, Ending.REFUSED),
        ([], MOVING, MUCH_LATER, Ending.UNDER_WAY),  # Nova is at work, if slowly
        ([record("running")], MOVING, MUCH_LATER, Ending.UNDER_WAY),
        ([record("queued")], MOVING, MUCH_LATER, Ending.UNDER_WAY),
        ([record("running")], THERE, EARLY, Ending.UNDER_WAY),  # handed over, and not cleaned up
        ([record("completed")], MOVING, EARLY, Ending.UNDER_WAY),
        ([record("completed")], THERE, EARLY, Ending.DONE),
        ([record("completed")], replace(THERE, host="third"), EARLY, Ending.DONE),  # somebody moved it on
        ([record("completed")], HERE, EARLY, Ending.UNDER_WAY),  # record and server may still agree
        ([record("completed")], HERE, MUCH_LATER, Ending.BROKEN),
        ([record("error")], HERE, EARLY, Ending.REFUSED),
        ([record("failed")], HERE, EARLY, Ending.REFUSED),
        ([record("cancelled")], HERE, EARLY, Ending.REFUSED),
        ([record("error")], BROKEN, EARLY, Ending.BROKEN),
        ([record("completed")], replace(BROKEN, host="new"), EARLY, Ending.BROKEN),
        ([record("error")], THERE, EARLY, Ending.UNDER_WAY),
        ([record("error")], THERE, MUCH_LATER, Ending.BROKEN),
        ([record("completed", number=5)], HERE, EARLY, Ending.UNDER_WAY),  # the record of an earlier migration
        ([record("completed", kind="resize")], HERE, EARLY, Ending.UNDER_WAY),  # a resize by its owner
        ([record("error"), record("running", number=7)], MOVING, EARLY, Ending.UNDER_WAY),  # the newest counts
    ],
)
def test_the_outcome_of_a_live_migration(
    records: list[Migration], server: Server | None, now: float, ending: Ending
) -> None:
    assert outcome_of(ATTEMPT, records, server, now).ending is ending


RESIZED = replace(THERE, vm_state="resized", status="VERIFY_RESIZE")
STOPPED = replace(HERE, vm_state="stopped", status="SHUTOFF")


@pytest.mark.parametrize(
    ("status", "server", "ending"),
    [
        ("migrating", replace(STOPPED, task_state="resize_migrating"), Ending.UNDER_WAY),
        ("finished", RESIZED, Ending.TO_CONFIRM),
        ("finished", replace(RESIZED, task_state="deleting"), Ending.UNDER_WAY),
        ("confirming", RESIZED, Ending.UNDER_WAY),
        ("confirmed", replace(STOPPED, host="new"), Ending.DONE),
        ("reverted", STOPPED, Ending.REFUSED),
        ("error", STOPPED, Ending.REFUSED),
    ],
)
def test_the_outcome_of_a_cold_migration(status: str, server: Server, ending: Ending) -> None:
    attempt = replace(ATTEMPT, kind=COLD)
    assert outcome_of(attempt, [record(status, kind=COLD)], server, EARLY).ending is ending


@given(
    st.sampled_from(STATUSES),
    st.sampled_from(["old", "new"]),
    st.sampled_from([None, "migrating"]),
    st.sampled_from(["active", "paused", "error"]),
    st.floats(100, 1000),
)
def test_a_migration_is_done_only_when_record_and_server_agree(
    status: str, host: str, task: str | None, vm_state: str, now: float
) -> None:
    server = replace(HERE, host=host, task_state=task, vm_state=vm_state)
    if outcome_of(ATTEMPT, [record(status)], server, now).ending is Ending.DONE:
        assert (status, host, task) == ("completed", "new", None) and vm_state != "error"
