# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The records of rolls on the controller's disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.process import ansible_process
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import (
    RecordStore,
    pool_folder,
    unfinished_record,
)

from tests.unit.plugins.module_utils._roll.events import OPENED, batch, event


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    store = RecordStore(tmp_path / "rolls" / "nvme" / "20261121T120000Z")
    store.open(OPENED)
    return store


def test_events_are_kept(store: RecordStore) -> None:
    with store.locked("s1") as record:
        record.write(batch(110, "a"))
        assert record.roll.unfinished == ["a"]
    assert RecordStore(store.folder).roll().unfinished == ["a"]


def test_only_the_operator_reads_it(store: RecordStore) -> None:
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((store.folder / "record.jsonl").stat().st_mode) == 0o600


def test_a_line_that_a_crash_cut_short_does_not_count(store: RecordStore) -> None:
    file = store.folder / "record.jsonl"
    with file.open("ab") as torn:
        torn.write(b'{"event": "closed", "a')
    assert store.roll().closed is None
    with store.locked("s1") as record:
        record.write(batch(110, "a"))
    assert len(file.read_text().splitlines()) == 2
    assert store.roll().unfinished == ["a"]


def test_a_run_that_was_succeeded_writes_no_more(store: RecordStore) -> None:
    with store.locked() as record:
        record.write(event(200, "resumed", hosts=["a"], session="s2", process=ansible_process()))
    with pytest.raises(Refused, match="Another run goes on with the roll r1"), store.locked("s1"):
        pass


def test_the_last_roll_of_a_pool_is_unfinished_until_it_is_closed_or_discarded(tmp_path: Path) -> None:
    folder = pool_folder(tmp_path, "nvme", "u1")
    assert unfinished_record(folder) is None
    first, second = RecordStore(folder / "20261121T120000Z"), RecordStore(folder / "20261121T130000Z")
    for store in (first, second):
        store.open(OPENED)
    unfinished = unfinished_record(folder)
    assert unfinished and unfinished.folder == second.folder
    with second.locked("s1") as record:
        record.write(event(300, "closed"))
    assert unfinished_record(folder) is None
    third = RecordStore(folder / "20261121T140000Z")
    third.open(OPENED)
    third.discard()
    assert unfinished_record(folder) is None


def test_a_roll_that_never_got_its_first_event_is_none(tmp_path: Path) -> None:
    (tmp_path / "20261121T120000Z").mkdir()
    assert unfinished_record(tmp_path) is None


def test_a_record_of_something_else_is_refused(store: RecordStore) -> None:
    (store.folder / "record.jsonl").write_text('{"event": "opened"}\n')
    with pytest.raises(Refused, match="is no record of a roll"):
        store.roll()
    with pytest.raises(Refused, match="There is no record of a roll in"):
        RecordStore(store.folder / "none").roll()


def test_pools_with_like_names_lie_apart(tmp_path: Path) -> None:
    folders = {pool_folder(tmp_path, name, name) for name in ("a b", "a_b", "a/b", "../a")}
    assert len(folders) == 4 and {folder.parent for folder in folders} == {tmp_path}
