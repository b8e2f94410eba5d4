# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The records of rolls on the controller's disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import (
    RecordStore,
    new_folder,
    pool_folder,
    unfinished_record,
)

from tests.unit.plugins.module_utils._roll.events import OPENED, begun, event, resumed


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    store = RecordStore(tmp_path / "rolls" / "nvme" / "20261121T120000Z")
    store.open(OPENED)
    return store


def append(store: RecordStore, text: str) -> None:
    with (store.folder / "record.jsonl").open("a") as file:
        file.write(text)


def test_events_are_kept(store: RecordStore) -> None:
    with store.locked("s1") as record:
        record.write(begun(110, "a"))
        assert record.roll.unfinished == ["a"]
    assert RecordStore(store.folder).roll().unfinished == ["a"]


def test_only_the_operator_reads_it(store: RecordStore) -> None:
    with store.conducting():
        pass
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in store.folder.iterdir()} == {0o600}


def test_a_line_that_a_crash_cut_short_does_not_count(store: RecordStore) -> None:
    append(store, '{"event": "closed", "a')
    assert store.roll().closed is None
    with store.locked("s1") as record:
        record.write(begun(110, "a"))
    assert len((store.folder / "record.jsonl").read_text().splitlines()) == 2
    assert store.roll().unfinished == ["a"]


def test_a_run_that_was_succeeded_writes_no_more(store: RecordStore) -> None:
    with store.locked() as record:
        record.write(resumed(200, "a"))
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


def test_a_record_that_cannot_be_read_is_not_known_to_be_closed(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "20261121T120000Z")
    store.open(OPENED)
    append(store, "nonsense\n")
    unfinished = unfinished_record(tmp_path)
    assert unfinished and unfinished.folder == store.folder


def test_a_roll_that_never_got_its_first_event_is_none(tmp_path: Path) -> None:
    (tmp_path / "20261121T120000Z").mkdir()
    assert unfinished_record(tmp_path) is None


@pytest.mark.parametrize("text", ['{"event": "opened"}\n', "[]\n", "nonsense\n", "\n\n", "\x00\n"])
def test_a_record_of_something_else_is_refused(store: RecordStore, text: str) -> None:
    (store.folder / "record.jsonl").write_text(text)
    with pytest.raises(Refused, match="is no record of a roll .*: discard it"):
        RecordStore(store.folder).roll()


def test_no_record_is_refused(store: RecordStore) -> None:
    nowhere = RecordStore(store.folder / "none")
    for read in (nowhere.roll, lambda: nowhere.locked().__enter__()):
        with pytest.raises(Refused, match="There is no record of a roll in"):
            read()
    for nothing in ("", "\n"):
        (store.folder / "record.jsonl").write_text(nothing)
        with pytest.raises(Refused, match="holds no event: discard it"):
            RecordStore(store.folder).roll()


def test_pools_with_like_names_lie_apart(tmp_path: Path) -> None:
    folders = {pool_folder(tmp_path, name, name) for name in ("a b", "a_b", "a/b", "../a")}
    assert len(folders) == 4 and {folder.parent for folder in folders} == {tmp_path}


def test_of_two_rolls_in_one_second_the_later_one_is_later_by_name(tmp_path: Path) -> None:
    first = new_folder(tmp_path, "20261121T120000Z")
    first.mkdir()
    assert new_folder(tmp_path, "20261121T120000Z").name > first.name


# -- the process of a record


def test_the_process_is_that_of_the_last_run(store: RecordStore) -> None:
    assert store.process() == {"pid": 1, "started": "x"}
    with store.locked() as record:
        record.write(resumed(200, "a"))
    assert store.process() == {"pid": 2, "started": "y"}


@pytest.mark.parametrize(
    "text",
    ["nonsense\n", "[]\n", '{"process": 3}\n', '{"process": {"pid": "two"}}\n', '{"process": {"pid": 1e999}}\n', "\n{"],
)
def test_it_is_known_also_of_a_record_that_cannot_be_read(store: RecordStore, text: str) -> None:
    append(store, text)
    assert store.process() == {"pid": 1, "started": "x"}


def test_a_record_without_one_has_none_that_runs(store: RecordStore) -> None:
    (store.folder / "record.jsonl").write_bytes(b"\xff\xfe\n")
    assert store.process() == {"pid": 0, "started": ""}


# -- read again and again


def test_it_reads_only_what_was_added(store: RecordStore) -> None:
    reader = RecordStore(store.folder)
    assert reader.roll().unfinished == [] and reader.size == (store.folder / "record.jsonl").stat().st_size
    with store.locked() as record:
        record.write(begun(110, "a"))
        record.write(begun(111, "b"))
    file = store.folder / "record.jsonl"
    file.write_bytes(b"x" * reader.size + file.read_bytes()[reader.size :])  # what it had read counts no more
    assert reader.roll().unfinished == ["a", "b"] and reader.size == file.stat().st_size
    with reader.locked() as locked:
        locked.write(event(120, "failed", host="a", reason="no"))
    assert reader.roll().failed == {"a": "no"} and reader.size == file.stat().st_size


def test_what_failed_while_it_was_locked_is_read_anew(store: RecordStore) -> None:
    """For it is not known whether its events are on the disk."""
    with pytest.raises(OSError, match="no space"), store.locked() as record:
        record.write(begun(110, "a"))
        raise OSError("no space")
    assert [turn.host for turn in store.roll().turns] == ["a"]


def test_it_leaves_half_a_line_until_it_is_whole(store: RecordStore) -> None:
    reader = RecordStore(store.folder)
    assert reader.roll().stopped is None
    append(store, '{"event": "stopped", "at": 110, "rea')
    assert reader.roll().stopped is None
    append(store, 'son": "night", "until": null}\n{"ev')
    assert reader.roll().stopped == "night"
    with store.locked() as record:  # which takes the place of the half
        record.write(event(300, "closed"))
    assert reader.roll().closed == 300


def test_it_ends_when_the_record_is_discarded_or_spoilt(store: RecordStore) -> None:
    spoilt, reader = RecordStore(store.folder), RecordStore(store.folder)
    assert spoilt.roll() and reader.roll()
    append(store, '{"event": "drained", "host": "z", "at": 1}\n')
    for _again in range(2):
        with pytest.raises(Refused, match="is no record of a roll .*: discard it"):
            spoilt.roll()
    store.discard()
    with pytest.raises(Refused, match="was discarded meanwhile, so this run ends"):
        reader.roll()


# -- who conducts


def test_one_conducts_at_a_time(store: RecordStore) -> None:
    with store.conducting() as first:
        assert first
        with RecordStore(store.folder).conducting() as second:
            assert second is None
    with RecordStore(store.folder).conducting() as third:
        assert third


@pytest.mark.parametrize(
    ("size", "now", "due"), [(10, 105, False), (11, 105, True), (10, 110, True), (10, 99, True), (9, 105, True)]
)
def test_a_look_is_due_when_something_happened_or_after_some_time(
    store: RecordStore, size: int, now: float, due: bool
) -> None:
    """Also when the clock was put back."""
    with store.conducting() as conductor:
        assert conductor and conductor.is_due(10, 105, 10)  # nobody has looked yet
        conductor.looked(999999, 105)
        conductor.looked(10, 100)
    with store.conducting() as conductor:
        assert conductor and conductor.is_due(size, now, 10) is due


@pytest.mark.parametrize("text", ["", '{"size": 10, "a', "3", "[]", '{"size": 10, "at": "noon"}', "\x00\x00"])
def test_a_note_that_cannot_be_read_makes_a_look_due(store: RecordStore, text: str) -> None:
    (store.folder / "turns.json").write_text(text)
    with store.conducting() as conductor:
        assert conductor and conductor.is_due(10, 105, 10)
