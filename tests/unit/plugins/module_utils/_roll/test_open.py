# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A run begins a roll, or goes on with the unfinished one."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import pool_record
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.open import NOTHING_TO_DO, Open
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.plan import UpgradePlan

from tests.unit.plugins.module_utils._roll.events import PACE
from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, Runs


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of every run lives, and is not this one."""
    monkeypatch.setattr(pool_record, "is_running", lambda _process: True)
    monkeypatch.setattr(pool_record, "started_by", lambda _process: False)


def test_a_killed_run_is_resumed(runs: Runs) -> None:
    folder = runs.open()["folder"]
    runs.take("a")
    runs.record("a", "drained", "upgraded", "verified")
    runs.record("b", *ALL_EVENTS)
    again = runs.open("a", "c")
    assert (again["folder"], again["hosts"]) == (folder, ["b", "a", "c"])
    assert (again["remaining"], again["unfinished"], again["verified"]) == (["a", "c"], ["a"], ["a"])
    assert again["session"] != runs.now().id and len(runs.now().resumed) == 1


def test_operators_see_how_many_hosts_there_are_to_upgrade(runs: Runs) -> None:
    runs.open("a")
    assert runs.lines[-1].startswith(f"nvme roll: 1 host to upgrade, recorded in {runs.roll['folder']}. ")


def test_check_mode_predicts_and_records_nothing(runs: Runs) -> None:
    work = runs.work_to_open("a")
    assert work.changed and work.predict()["roll"]["folder"] is None
    assert list(runs.directory.iterdir()) == []
    runs.open("a")
    before = (runs.store.folder / "record.jsonl").read_bytes()
    assert runs.work_to_open("a").predict()["roll"]["folder"] == runs.roll["folder"]
    assert (runs.store.folder / "record.jsonl").read_bytes() == before


def test_without_a_host_nothing_is_begun(runs: Runs) -> None:
    work = runs.nothing_to_do()
    assert (work.changed, work.predict()["summary"]) == (False, [NOTHING_TO_DO])


def test_hosts_that_an_earlier_run_began_and_this_one_leaves_out_are_told(runs: Runs) -> None:
    runs.open()
    runs.take("a")
    work = runs.work_to_open("b", "c")
    assert work.warnings == [
        "An earlier run began a, and this one leaves them out: they stay out of service until a run goes on with them, "
        "which it does when they are not left out."
    ]
    runs.roll = work.apply()["roll"]
    assert runs.roll["remaining"] == ["b", "c"]
    runs.playing = ["at-b", "at-c"]
    assert runs.take("b") == "begin"


def test_another_upgrade_is_told(runs: Runs) -> None:
    """A path is no identity: the same tasks may lie elsewhere by now."""
    runs.open()
    (warning,) = runs.work_to_open(upgrade="other.yml").warnings
    assert warning.startswith("The roll through nvme was begun with the upgrade up.yml, and this run has other.yml")


def test_a_record_is_discarded_only_when_the_run_begins(runs: Runs) -> None:
    folder = runs.open()["folder"]
    work = runs.work_to_open(discard=True, owner="you")
    assert work.predict()["roll"]["folder"] is None and runs.now().closed is None
    assert work.apply()["roll"]["folder"] == f"{folder}-1"
    assert f"nvme roll: the record in {folder} is discarded" in runs.lines
    with pytest.raises(Refused, match="There is no record of a roll in"):
        runs.now()


def test_a_record_is_discarded_also_when_nothing_is_left_to_do(runs: Runs) -> None:
    runs.open()
    work = runs.nothing_to_do(discard=True)
    assert work.changed and work.apply()["roll"]["folder"] is None
    assert not runs.nothing_to_do().changed


def test_of_two_runs_that_go_on_at_once_one_is_refused(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looked when the process before them had ended; else one would take hosts out of the other's hands."""
    runs.open()
    late = runs.work_to_open()
    runs.open()
    monkeypatch.setattr(pool_record, "is_running", lambda _process: True)
    monkeypatch.setattr(pool_record, "started_by", lambda _process: False)
    with pytest.raises(Refused, match="The process .* of this machine is rolling through nvme .*: wait until"):
        late.apply()
    assert runs.now().session == runs.roll["session"]


def test_of_two_runs_that_begin_at_once_one_is_refused(runs: Runs) -> None:
    late = runs.work_to_open()
    runs.open()
    with pytest.raises(Refused, match="Another run began a roll through nvme in the meantime"):
        late.apply()
    assert [RecordStore(file.parent).folder for file in runs.directory.rglob("record.jsonl")] == [runs.store.folder]


def test_the_plan_says_what_windows_make_of_it(runs: Runs) -> None:
    plan = UpgradePlan({}, [], [], 0, 0, 0, 0.0, PACE)
    asked = runs.work_to_open(windows=["0:00-24:00"])
    options = asked._options
    work = Open(runs.cloud, asked._record, options, plan)
    assert work.predict()["summary"][-1].startswith(
        "the window is open: 3 of 3 hosts over by then, all of them at about "
    )
    assert work.apply()["summary"][-1].startswith("the window is open")
    assert not any("window" in line for line in runs.work_to_open().predict()["summary"])


def test_a_run_records_when_it_is_taken_to_be_over(runs: Runs) -> None:
    """Three hosts of 45 seconds, two at once."""
    runs.open()
    assert runs.now().over == pytest.approx(runs.now().opened + 90, abs=1)
    assert runs.now().pace == PACE and runs.now().foreseen["c"].after == 1


def test_what_hosts_keep_back_is_told_and_recorded(runs: Runs) -> None:
    """Also of a host that has nothing ahead; of 500 hosts in one sentence."""
    many = {f"cmp{number:03}": ["linux-image-amd64", "nova-compute"] for number in range(500)}
    work = runs.work_to_open(kept_back=many)
    (told,) = work.warnings
    assert told == "cmp000, cmp001, cmp002 and 497 more: 2 packages kept back: linux-image-amd64, nova-compute."
    assert work.predict()["summary"][-1] == told
    runs.open(kept_back=many)
    assert runs.now().kept_back == many
    runs.open(kept_back={})
    assert runs.now().kept_back == {}
