# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A run begins a roll, or goes on with the unfinished one, unless that is another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import open as _open
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.open import Open
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore

from tests.unit.plugins.module_utils._roll.runs import POOL, Runs


def test_a_killed_run_is_resumed(runs: Runs) -> None:
    runs.open()
    runs.next_batch()
    runs.record("a", "drained", "upgraded", "verified")
    again = runs.open()
    assert (again["unfinished"], again["verified"]) == (["a", "b"], ["a"])
    runs.next_batch()
    assert runs.asked == (["a", "b", "c"], [], ["a"])


def test_operators_see_how_many_hosts_there_are_to_upgrade(runs: Runs) -> None:
    runs.open(hosts=("a",))
    assert runs.lines[-1].startswith(f"nvme roll: 1 host to upgrade, recorded in {runs.roll['folder']}. ")


def test_hosts_that_turn_out_to_need_nothing_are_struck_off(runs: Runs) -> None:
    runs.open()
    runs.next_batch(size=1)
    assert runs.open(hosts=("a",), spared=("b", "c"))["hosts"] == ["a"]
    assert runs.open(hosts=(), spared=("a",))["hosts"] == ["a"]  # it was begun


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owner": "you"}, "A roll of me through nvme is not finished"),
        (
            {"upgrade": "other.yml"},
            "with the upgrade up.yml is not finished .* and this one is other.yml: finish that one",
        ),
    ],
)
def test_another_roll_is_refused_until_the_record_is_discarded(
    runs: Runs, changes: dict[str, Any], reason: str
) -> None:
    folder = runs.open()["folder"]
    with pytest.raises(Refused, match=reason):
        runs.open(**changes)
    discard = Open(runs.cloud, POOL, replace(runs.options, discard=True, hosts=(), **changes))
    assert discard.predict()["roll"]["folder"] is None and RecordStore(Path(folder)).roll().closed is None
    assert discard.apply()["roll"]["folder"] is None
    assert runs.lines[-1] == f"nvme roll: the record in {folder} is discarded"
    assert runs.open(**changes)["folder"] == f"{folder}-1"


def test_a_roll_that_another_process_runs_is_refused(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.open()
    monkeypatch.setattr(_open, "started_by", lambda _process: False)
    with pytest.raises(
        Refused, match="The process .* of this machine is rolling through nvme .*: wait until it has ended"
    ):
        runs.open()
