# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The table of policies is what the modules ask for: nothing is missing or too much, and each lack is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.accounts.table import CALLS, EVIDENCE, JOBS, SILENT, calls_of, policies_of
from tests.unit.accounts.work import LATER, START, UNREFUSED, WORK, calls, run, works_that_ask
from tests.unit.fake.task import run_task
from tests.unit.plugins.modules.test_contract import MAINTENANCE

WORKS = [(job, name) for job, works in WORK.items() for name in works]
TO_CHANGE = {policy for call in CALLS if call.method != "GET" for policy in call.policies if policy not in SILENT}
LACKS = [
    (job, policy)
    for job in JOBS
    for policy in policies_of(job)
    if any(policy in call.policies for call in calls_of(job))  # the others are those of older releases
    and policy not in EVIDENCE
]


@pytest.mark.parametrize(("job", "name"), WORKS)
def test_each_job_can_do_its_work(job: str, name: str) -> None:
    cloud, task = run(job, name)
    assert not task.failed, task.printed
    assert [str(request) for request, status in cloud.replies if status in (401, 403)] == []


@pytest.mark.parametrize(("job", "name"), WORKS)
def test_the_access_rules_of_a_job_permit_its_work(job: str, name: str) -> None:
    credentials = {"application_credential_id": f"app-{job}", "application_credential_secret": "apps-secret"}
    auth = {"auth_url": "http://identity.test/v3", **credentials}
    cloud, task = run(job, name, auth_type="v3applicationcredential", auth=auth)
    assert not task.failed, task.printed
    assert [str(request) for request, status in cloud.replies if status in (401, 403)] == []


@pytest.mark.parametrize("job", JOBS)
def test_no_job_may_do_what_its_work_never_asks_for(job: str) -> None:
    made = {call for name in WORK[job] for call in calls(run(job, name)[0])}
    assert [call for call in calls_of(job) if call not in made and call.policies] == []


@pytest.mark.parametrize(("job", "policy"), LACKS)
def test_the_lack_of_each_policy_is_named_before_anything_is_touched(job: str, policy: str) -> None:
    """Whether an account may change something shows when it does: until then other things were changed."""
    works = [name for name in works_that_ask(job, policy) if name != LATER or policy in TO_CHANGE]
    refused = [_is_refused(job, name, policy) for name in works]  # each of them is tried
    assert any(refused)


@pytest.mark.parametrize("policy", EVIDENCE)
def test_evidence_says_what_it_could_not_be_told(policy: str) -> None:
    _cloud, task = run("roll", UNREFUSED, lacking=policy)
    assert not task.failed, task.printed
    assert policy in Path(task.result["evidence"]).read_text()


def _is_refused(job: str, name: str, policy: str) -> bool:
    """Return whether the lack of the policy shows in some work; where it shows nowhere, the result is what it is."""
    cloud, task = run(job, name, lacking=policy)
    if task.failed:
        assert policy in task.result["msg"], (name, task.result["msg"])
        assert cloud.writes == [] or policy in TO_CHANGE, (name, task.result["msg"], cloud.writes)
    else:
        assert policy in SILENT and task.outcome == run(job, name)[1].outcome, name
    return task.failed


def test_an_administrator_is_asked_nothing_more() -> None:
    """Only a restricted account is tried.

    On two pages of groups, three looks at a server, two at its host, and on a server and a record of somebody else.
    """
    asked = []
    for user in ("admin", "roll"):
        cloud = WORK["roll"]["start with a group"].cloud()
        cloud.forget_requests()
        assert not run_task(cloud, "os_host_maintenance", user=user, check=True, **START).failed
        asked.append(len(cloud.asked()))
    assert asked[1] == asked[0] + 9


def test_a_cell_that_is_away_keeps_no_restricted_account_from_its_work() -> None:
    cloud = WORK["roll"]["stop"].cloud()
    cloud.group("ha", "anti-affinity", cloud.boot("far", "cmp03"))
    cloud.cell_down("cmp03")
    stop: dict[str, Any] = {**MAINTENANCE, "state": "stopped", "bring_back": False}
    task = run_task(cloud, "os_host_maintenance", user="roll", **stop)
    assert not task.failed, task.printed
