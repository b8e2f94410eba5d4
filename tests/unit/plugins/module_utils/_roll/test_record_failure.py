# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What Nova says of a host that failed is kept beside the report of its roll."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.look import look

from tests.unit.fake.faults import unavailable
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.task import PROCESSES, Task, run_task
from tests.unit.plugins.module_utils._roll.test_look import ASKED
from tests.unit.plugins.module_utils._roll.test_try_host import Trial


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def note(trial: Trial, event: str = "failed", process: str = "module", **more: Any) -> Task:
    reason = {"reason": "no boot"} if event == "failed" else {}
    options = {"folder": str(trial.store.folder), "session": "s1", "host": "cmp01", "event": event, **reason, **more}
    return run_task(trial.cloud, "os_upgrade_note", process, **options)


def kept(task: Task) -> dict[str, Any]:
    assert not task.failed, task.printed
    return dict(json.loads(Path(task.result["evidence"]).read_text()))


@pytest.mark.parametrize("process", PROCESSES)
def test_what_nova_says_is_kept_in_a_file_of_the_owners_own(trial: Trial, process: str) -> None:
    task = note(trial, process=process)
    evidence = kept(task)
    assert task.result["phase"] == "return"
    assert (evidence["host"], evidence["reason"], evidence["unanswered"]) == ("cmp01", "no boot", [])
    assert evidence["service"]["reason"].startswith("stackops:me:")
    path = Path(task.result["evidence"])
    assert path == trial.store.folder / "failure-cmp01-1.json" and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_canary_that_failed_is_told_with_its_requests(trial: Trial) -> None:
    trial.cloud.moves.behave("stackops-canary-cmp01", Behaviour(Outcome.ERROR))
    trial.fail()
    evidence = kept(note(trial))
    assert "moves to cmp01, and that failed" in evidence["canary"]["failure"]
    (failed,) = [record for record in evidence["migrations"] if record["status"] == "error"]
    assert failed["destination"] is None and failed["server"] in {server["id"] for server in evidence["servers"]}


def test_servers_whose_moves_went_wrong_are_told_with_their_requests(trial: Trial) -> None:
    web = trial.web
    trial.cloud.leave_record(web, "cmp01", "cmp02", "error", "live-migration")
    trial.cloud.world.records[-1].created = trial.cloud.clock.utc()
    evidence = kept(note(trial))
    (server,) = [server for server in evidence["servers"] if server["id"] == web.id]
    assert (server["name"], server["status"], server["host"]) == ("web", "ACTIVE", "cmp02")
    newest = server["actions"][0]
    assert newest["name"] == "live-migration" and newest["request"] == "req-action-1"
    assert [event["event"] for event in newest["events"]] == ["compute_live-migration"]


def test_neither_secrets_nor_controls_are_kept(trial: Trial) -> None:
    host = trial.cloud.world.hosts["cmp01"]
    host.reason = f"{host.reason} \x1b[2J admins-secret"
    text = Path(note(trial).result["evidence"]).read_text()
    assert "admins-secret" not in text and "\\u001b" not in text and "\\\\x1b" in text


def test_a_cloud_that_does_not_answer_loses_no_failure(trial: Trial, no_pauses: list[float]) -> None:
    trial.cloud.faults.during(0.0, 600.0, unavailable, "compute")
    evidence = kept(note(trial))
    assert evidence["service"] is None and len(evidence["unanswered"]) == 2
    assert trial.store.roll().failed == {"cmp01": "no boot"}


def test_a_folder_that_cannot_be_written_loses_no_failure(trial: Trial) -> None:
    (trial.store.folder / "failure-cmp01-1.json").mkdir()
    task = note(trial)
    assert not task.failed and trial.store.roll().failed == {"cmp01": "no boot"}, task.printed
    assert "cannot be kept in" in task.result["warnings"][0]


def test_a_host_that_is_handed_back_is_failed_and_in_service(trial: Trial) -> None:
    refused = note(trial, "handed_back")
    assert refused.failed and "has not come, or is over" in refused.result["msg"]
    note(trial)
    assert not note(trial, "handed_back").failed
    roll = trial.store.roll()
    assert list(roll.failed) == ["cmp01"] and roll.failed_out == {}


def test_a_host_that_is_handed_back_takes_no_place_and_gives_none(trial: Trial) -> None:
    """Only one may be out of service, and a failure is allowed: the next host begins when the failed one is back."""
    note(trial)
    trial.maintain("stopped")
    note(trial, "handed_back")
    roll = trial.store.roll()
    roll.options = {**roll.options, **ASKED, "max_unavailable": 1, "max_failures": "1"}
    able = look(trial.cloud.connect(), roll, ["cmp03"])
    assert list(able.moves) == ["cmp03"]
