# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The tracker of the migrations of one job."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.tracker import LOST_GRACE, Tracker
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import Migration
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server

from tests.unit.fake.attempts import ATTEMPT, BROKEN, EARLY, HERE, MOVING, THERE, record


def track(tracker: Tracker, records: list[Migration], now: float) -> None:
    for open_record in tracker.open_records(records):
        tracker.track(open_record, "web", now, ours=True)


@pytest.mark.parametrize(
    ("listed", "tracked"),
    [
        (record("running"), True),
        (record("accepted"), True),
        (record("finished", kind=COLD), True),  # waits for its confirmation
        (record("finished", kind="resize"), False),  # a matter of its owner
        (record("migrating", kind="resize"), False),
        (record("running", kind="evacuation"), False),
        (record("completed"), False),
        (record("confirmed", kind=COLD), False),
    ],
)
def test_open_migrations_of_an_earlier_run_are_tracked(listed: Migration, tracked: bool) -> None:
    tracker = Tracker(retries=0)
    track(tracker, [listed], 100.0)
    assert ("s" in tracker.under_way) is tracked
    if tracked:
        assert tracker.under_way["s"].after < listed.id


def test_only_the_newest_record_of_a_server_is_tracked() -> None:
    tracker = Tracker(retries=0)
    track(tracker, [record("completed", number=8), record("queued", number=7)], 100.0)
    assert not tracker.under_way


def test_a_migration_that_nova_forgot_is_not_waited_for() -> None:
    """A killed compute service forgets its queue, and the record stays queued."""
    tracker, forgotten = Tracker(retries=0, under_way={"s": ATTEMPT}), {"s": [record("queued")]}
    tracker.update({"s": HERE}, forgotten, 500.0)
    tracker.update({"s": MOVING}, forgotten, 500.0 + LOST_GRACE)  # it migrates, so the grace begins again
    tracker.update({"s": HERE}, forgotten, 501.0 + LOST_GRACE)
    tracker.update({"s": HERE}, forgotten, 501.0 + 2 * LOST_GRACE)
    assert "s" in tracker.under_way
    tracker.update({"s": HERE}, forgotten, 502.0 + 2 * LOST_GRACE)
    assert "queued" in tracker.refused["s"]["new"] and "s" not in tracker.under_way
    track(tracker, forgotten["s"], 600.0)
    assert "s" not in tracker.under_way


def test_an_attempt_under_way_is_not_tracked_again() -> None:
    tracker = Tracker(retries=0, under_way={"s": ATTEMPT})
    track(tracker, [record("running", number=9)], 200.0)
    assert tracker.under_way["s"] is ATTEMPT


def test_an_attempt_of_an_earlier_run_ends_with_the_name_and_host_of_its_server() -> None:
    """Its record named no target yet when it was tracked."""
    tracker = Tracker(retries=0)
    track(tracker, [replace(record("accepted"), destination=None)], 100.0)
    tracker.update({"s": THERE}, {"s": [record("completed")]}, EARLY)
    assert [(attempt.name, attempt.target) for attempt in tracker.done] == [("web", "new")]


def test_an_attempt_whose_server_was_not_observed_stays_under_way() -> None:
    tracker = Tracker(retries=0, under_way={"s": ATTEMPT})
    assert tracker.update({}, {"s": [record("completed")]}, EARLY) == [] and tracker.under_way


@pytest.mark.parametrize(
    ("status", "server", "where"),
    [
        ("completed", THERE, "done"),
        ("error", HERE, "refused"),
        ("error", BROKEN, "given_up"),
        ("completed", None, None),
    ],
)
def test_the_end_of_an_attempt_is_recorded_once(status: str, server: Server | None, where: str | None) -> None:
    tracker = Tracker(retries=0, under_way={"s": ATTEMPT})
    tracker.update({"s": server}, {"s": [record(status)]}, EARLY)
    kept = {name for name in ("under_way", "done", "refused", "given_up") if getattr(tracker, name)}
    assert kept == ({where} if where else set())


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_all_targets_are_tried_again_as_often_as_retries_say(retries: int) -> None:
    tracker = Tracker(retries)
    rounds = 0
    while True:
        tracker.refused["s"] = {"new": "no"}
        if not tracker.once_more("s"):
            break
        rounds += 1
    assert rounds == retries and tracker.refused["s"] == {"new": "no"}


def test_a_server_that_no_target_refused_is_not_tried_again() -> None:
    assert not Tracker(retries=5).once_more("s")
