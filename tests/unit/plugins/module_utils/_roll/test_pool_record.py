# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Whether a run may go on with the record of a pool, or set it aside."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import pool_record
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.pool_record import PoolRecord, find_record
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore, pool_folder

from tests.unit.plugins.module_utils._roll.events import OPENED, event

POOL = [Aggregate("nvme", 1, "u1")]
RUNS = "The process 1 of this machine is rolling through nvme .*: wait until it has ended"


def begin(directory: Path) -> RecordStore:
    store = RecordStore(pool_folder(directory, "nvme", "u1") / "20261121T120000Z")
    store.open(OPENED)
    return store


def find(directory: Path, owner: str = "me", discard: bool = False) -> PoolRecord:
    return find_record(directory, POOL, owner, discard)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the record runs."""
    monkeypatch.setattr(pool_record, "is_running", lambda process: process["pid"] == 1)


def test_a_pool_without_a_record(tmp_path: Path) -> None:
    record = find(tmp_path)
    assert (record.pool, record.resumed, record.roll, record.discarded) == ("nvme", None, None, None)


def test_an_unfinished_roll_is_gone_on_with_until_it_is_closed(tmp_path: Path) -> None:
    store = begin(tmp_path)
    record = find(tmp_path)
    assert record.resumed and record.resumed.folder == store.folder
    assert record.roll and record.roll.id == "r1"
    with store.locked() as locked:
        locked.write(event(300, "closed"))
    closed = find(tmp_path)
    assert closed.resumed is None and closed.finished and closed.finished.id == "r1"  # for what it teaches


def test_another_owner_is_refused_unless_the_record_is_discarded(tmp_path: Path) -> None:
    store = begin(tmp_path)
    with pytest.raises(Refused, match="A roll of me through nvme is not finished .*: let its owner end it, or discard"):
        find(tmp_path, "you")
    record = find(tmp_path, "you", discard=True)
    assert record.discarded and record.discarded.folder == store.folder
    assert (record.resumed, record.roll) == (None, None)


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("discard", [False, True])
def test_a_roll_that_another_process_runs_is_neither_gone_on_with_nor_discarded(tmp_path: Path, discard: bool) -> None:
    begin(tmp_path)
    with pytest.raises(Refused, match=RUNS):
        find(tmp_path, discard=discard)


@pytest.mark.usefixtures("running")
def test_the_own_process_goes_on_with_its_roll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a playbook that rolls twice."""
    begin(tmp_path)
    monkeypatch.setattr(pool_record, "started_by", lambda process: process["pid"] == 1)
    assert find(tmp_path).roll


@pytest.mark.usefixtures("running")
def test_a_record_that_cannot_be_read_is_not_discarded_while_its_process_runs(tmp_path: Path) -> None:
    store = begin(tmp_path)
    with (store.folder / "record.jsonl").open("a") as file:
        file.write('{"event": "begun"}\n')
    with pytest.raises(Refused, match=RUNS):
        find(tmp_path, discard=True)


def test_a_record_that_cannot_be_read_is_refused_until_it_is_discarded(tmp_path: Path) -> None:
    store = begin(tmp_path)
    (store.folder / "record.jsonl").write_text("nonsense\n")
    with pytest.raises(Refused, match="record.jsonl is no record of a roll .*: discard it"):
        find(tmp_path)
    record = find(tmp_path, "you", discard=True)
    assert record.discarded
    record.discarded.discard()
    assert find(tmp_path).discarded is None


def test_pools_of_the_same_aggregates_share_their_record_in_any_order(tmp_path: Path) -> None:
    pool = [Aggregate("nvme", 1, "u1"), Aggregate("gpu", 2, "u2")]
    found = [find_record(tmp_path, some, "me", False) for some in (pool, pool[::-1])]
    assert len({record.folder.name.rpartition("-")[2] for record in found}) == 1
