# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Deciding what became of a move: a record, a server and the time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.concurrency import shares_group
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import COLD, LIVE
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.outcome import (
    AGREEMENT_GRACE,
    RECORD_GRACE,
    Ending,
    MigrationAttempt,
    outcome_of,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.rules import kind_of_move, runs, unmovable
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.tracker import LOST_GRACE, Tracker
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Group, Migration, Server
from hypothesis import given
from hypothesis import strategies as st

ATTEMPT = MigrationAttempt("s", "web", LIVE, "old", "new", after=5, since=100.0)
HERE = Server("s", "web", "old", "ACTIVE", "active", None)
MOVING = replace(HERE, task_state="migrating")
THERE = replace(HERE, host="new")
BROKEN = replace(HERE, vm_state="error")
STATUSES = ["accepted", "queued", "preparing", "running", "post-migrating", "completed", "error", "failed", "cancelled"]


def record(status: str, number: int = 6, kind: str = LIVE, **more: Any) -> Migration:
    return Migration(number, f"m{number}", "s", "old", "new", status, kind, "2026-11-21T10:00:00.000000", **more)


EARLY, LATE = 101.0, 100.0 + RECORD_GRACE + 1
MUCH_LATER = 100.0 + AGREEMENT_GRACE + 1


@pytest.mark.parametrize(
    ("records", "server", "now", "state"),
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
        ([record("completed")], HERE, EARLY, Ending.UNDER_WAY),  # they may still agree
        ([record("completed")], HERE, MUCH_LATER, Ending.BROKEN),
        ([record("error")], HERE, EARLY, Ending.REFUSED),
        ([record("failed")], HERE, EARLY, Ending.REFUSED),
        ([record("cancelled")], HERE, EARLY, Ending.REFUSED),
        ([record("error")], BROKEN, EARLY, Ending.BROKEN),
        ([record("completed")], replace(BROKEN, host="new"), EARLY, Ending.BROKEN),
        ([record("error")], THERE, EARLY, Ending.UNDER_WAY),
        ([record("error")], THERE, MUCH_LATER, Ending.BROKEN),
        ([record("completed", number=5)], HERE, EARLY, Ending.UNDER_WAY),  # an earlier move's
        ([record("completed", kind="resize")], HERE, EARLY, Ending.UNDER_WAY),  # its owner's
        ([record("error"), record("running", number=7)], MOVING, EARLY, Ending.UNDER_WAY),  # the newest counts
    ],
)
def test_live_moves(records: list[Migration], server: Server | None, now: float, state: Ending) -> None:
    assert outcome_of(ATTEMPT, records, server, now).ending is state


RESIZED = replace(THERE, vm_state="resized", status="VERIFY_RESIZE")
STOPPED = replace(HERE, vm_state="stopped", status="SHUTOFF")


@pytest.mark.parametrize(
    ("status", "server", "state"),
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
def test_cold_moves(status: str, server: Server, state: Ending) -> None:
    attempt = replace(ATTEMPT, kind=COLD)
    assert outcome_of(attempt, [record(status, kind=COLD)], server, EARLY).ending is state


@given(
    st.sampled_from(STATUSES),
    st.sampled_from(["old", "new"]),
    st.sampled_from([None, "migrating"]),
    st.sampled_from(["active", "paused", "error"]),
    st.floats(100, 1000),
)
def test_a_move_is_done_only_when_everything_agrees(
    status: str, host: str, task: str | None, vm_state: str, now: float
) -> None:
    server = replace(HERE, host=host, task_state=task, vm_state=vm_state)
    if outcome_of(ATTEMPT, [record(status)], server, now).ending is Ending.DONE:
        assert (status, host, task) == ("completed", "new", None) and vm_state != "error"


@pytest.mark.parametrize(("vm_state", "kind"), [("active", LIVE), ("paused", LIVE), ("stopped", COLD), ("error", None)])
def test_a_running_guest_only_moves_live(vm_state: str, kind: str | None) -> None:
    assert kind_of_move(replace(HERE, vm_state=vm_state)) == kind


@pytest.mark.parametrize(
    ("policy", "blocks"),
    [("affinity", True), ("anti-affinity", False), ("soft-affinity", False), ("soft-anti-affinity", False)],
)
def test_groups_that_hold_a_server(policy: str, blocks: bool) -> None:
    groups = [Group("g", "pair", policy, frozenset({"s", "t"}))]
    assert (unmovable(HERE, groups) is not None) is blocks
    assert unmovable(replace(HERE, id="other"), groups) is None


def test_a_task_under_way_is_no_reason() -> None:
    assert unmovable(replace(HERE, vm_state="building", task_state="spawning")) is None
    assert unmovable(replace(HERE, vm_state="building")) is not None


@pytest.mark.parametrize(
    ("vm_state", "running"),
    [("active", True), ("paused", True), ("error", True), ("rescued", True), ("stopped", False), ("suspended", False)],
)
def test_what_may_run_counts_as_running(vm_state: str, running: bool) -> None:
    assert runs(replace(HERE, vm_state=vm_state)) is running


def test_members_of_a_group() -> None:
    groups = [Group("g", "pair", "soft-anti-affinity", frozenset({"s", "t"}))]
    assert shares_group("s", groups, ["t"]) and not shares_group("s", groups, ["s", "u"])


# -- the tracker


def track(tracker: Tracker, records: list[Migration], now: float) -> None:
    for open_record in tracker.open_records(records):
        tracker.track(open_record, "web", now, ours=True)


@pytest.mark.parametrize(
    ("found", "adopted"),
    [
        (record("running"), True),
        (record("accepted"), True),
        (record("finished", kind=COLD), True),  # waits for its confirmation
        (record("finished", kind="resize"), False),  # its owner's business
        (record("migrating", kind="resize"), False),
        (record("running", kind="evacuation"), False),
        (record("completed"), False),
        (record("confirmed", kind=COLD), False),
    ],
)
def test_moves_of_an_earlier_run_are_taken_up(found: Migration, adopted: bool) -> None:
    tracker = Tracker(retries=0)
    track(tracker, [found], 100.0)
    assert ("s" in tracker.under_way) is adopted
    if adopted:
        assert tracker.under_way["s"].after < found.id


def test_only_the_newest_record_of_a_server_is_taken_up() -> None:
    tracker = Tracker(retries=0)
    track(tracker, [record("completed", number=8), record("queued", number=7)], 100.0)
    assert not tracker.under_way


def test_a_move_that_nova_forgot_is_not_waited_for() -> None:
    """A killed compute service forgets its queue, and the record stays queued."""
    tracker, forgotten = Tracker(retries=0, under_way={"s": ATTEMPT}), {"s": [record("queued")]}
    tracker.update({"s": HERE}, forgotten, 500.0)
    tracker.update({"s": MOVING}, forgotten, 500.0 + LOST_GRACE)  # it moves, so the seconds begin afresh
    tracker.update({"s": HERE}, forgotten, 501.0 + LOST_GRACE)
    tracker.update({"s": HERE}, forgotten, 501.0 + 2 * LOST_GRACE)
    assert "s" in tracker.under_way
    tracker.update({"s": HERE}, forgotten, 502.0 + 2 * LOST_GRACE)
    assert "queued" in tracker.refused["s"]["new"] and "s" not in tracker.under_way
    track(tracker, forgotten["s"], 600.0)
    assert "s" not in tracker.under_way


def test_what_is_under_way_is_not_taken_up_again() -> None:
    tracker = Tracker(retries=0, under_way={"s": ATTEMPT})
    track(tracker, [record("running", number=9)], 200.0)
    assert tracker.under_way["s"] is ATTEMPT


def test_who_was_not_looked_at_stays_under_way() -> None:
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
def test_the_end_of_a_move_is_kept_once(status: str, server: Server | None, where: str | None) -> None:
    tracker = Tracker(retries=0, under_way={"s": ATTEMPT})
    tracker.update({"s": server}, {"s": [record(status)]}, EARLY)
    kept = {name for name in ("under_way", "done", "refused", "given_up") if getattr(tracker, name)}
    assert kept == ({where} if where else set())


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_rounds_end(retries: int) -> None:
    tracker = Tracker(retries)
    rounds = 0
    while True:
        tracker.refused["s"] = {"new": "no"}
        if not tracker.once_more("s"):
            break
        rounds += 1
    assert rounds == retries and tracker.refused["s"] == {"new": "no"}


def test_nobody_is_tried_again_who_was_not_refused() -> None:
    assert not Tracker(retries=5).once_more("s")


@pytest.mark.parametrize(
    ("specs", "bound"),
    [
        ({"accel:device_profile": "fpga"}, "accel:device_profile in its flavor"),
        ({"hw:pmem": "4GB"}, "hw:pmem in its flavor"),
        ({"hw:mem_encryption": "True"}, "hw:mem_encryption in its flavor"),
        ({"hw:tpm_version": "2.0", "hw:tpm_model": "tpm-crb"}, "hw:tpm_version in its flavor"),
        ({"hw:tpm_version": "2.0", "hw:tpm_secret_security": "user"}, "hw:tpm_version in its flavor"),
        ({"hw:tpm_version": "2.0", "hw:tpm_secret_security": "host"}, None),
        ({"pci_passthrough:alias": "gpu:1"}, "pci_passthrough:alias in its flavor"),
        ({"hw:mem_encryption": "false", "hw:cpu_policy": "dedicated"}, None),
    ],
)
def test_what_a_flavor_demands_may_bind_a_running_server(specs: dict[str, str], bound: str | None) -> None:
    raw = {"id": "s", "name": "web", "status": "ACTIVE", "OS-EXT-STS:vm_state": "active"}
    server = Server.read({**raw, "flavor": {"ram": 512, "extra_specs": specs}})
    assert server.bound == bound
    assert (unmovable(server) is None) == (bound is None)
    assert unmovable(server, cold=True) is None and unmovable(replace(server, vm_state="stopped")) is None


def test_a_move_that_was_taken_up_bears_the_servers_own_name_and_host() -> None:
    """Its record named no target yet when it was taken up."""
    tracker = Tracker(retries=0)
    track(tracker, [replace(record("accepted"), destination=None)], 100.0)
    tracker.update({"s": THERE}, {"s": [record("completed")]}, EARLY)
    assert [(one.name, one.target) for one in tracker.done] == [("web", "new")]
