# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The policy files, the access rules and the guide are what the table says; run `make accounts` where one is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.accounts import files
from tests.accounts.made import FOLDER, defaults, made
from tests.accounts.table import ADMINISTRATOR, CALLS, JOBS, SILENT, find, jobs_by_policy, policies_of, role
from tests.unit.collection.repository import ROOT

ROLE = re.compile(r"role:([\w-]+)")


def rules(service: str) -> dict[str, str]:
    return dict(yaml.safe_load((FOLDER / f"{service}-policy.yaml").read_text()))


@pytest.mark.parametrize("path", made(), ids=lambda path: path.name)
def test_each_file_is_made_from_the_table(path: Path) -> None:
    assert path.read_text() == made()[path], "run `make accounts`"


def test_nothing_else_lies_beside_them() -> None:
    assert set(FOLDER.iterdir()) <= set(made())


@pytest.mark.parametrize("job", JOBS)
def test_a_role_is_given_what_its_job_needs_and_no_more(job: str) -> None:
    given = {
        name
        for service in ("nova", "placement", "neutron")
        for name, check in rules(service).items()
        if role(job) in ROLE.findall(check)
    }
    assert given == set(policies_of(job))


def test_whoever_could_do_something_before_still_can() -> None:
    nova = rules("nova")
    for name, check in defaults()[1].items():
        kept = check.replace("rule:context_is_admin", "role:admin").replace("is_admin:True", "role:admin")
        assert nova[name] == kept or nova[name].startswith(f"{kept} or role:stackops-"), name


def test_nothing_is_open_to_whom_nova_takes_for_an_administrator() -> None:
    nova = rules("nova")
    assert role("roll") in nova[ADMINISTRATOR] and role("declare") not in nova[ADMINISTRATOR]
    assert [name for name, check in nova.items() if ADMINISTRATOR in check or "is_admin:True" in check] == []


def test_a_policy_that_is_withheld_is_withheld_from_all_jobs() -> None:
    for service, made_rules in (("compute", files.nova_rules(defaults()[1], ["os_compute_api:os-services:list"])),):
        assert made_rules["os_compute_api:os-services:list"] == "role:admin"
        assert made_rules.keys() >= jobs_by_policy(service).keys()


@pytest.mark.parametrize("job", JOBS)
def test_access_rules_are_the_calls_of_the_job(job: str) -> None:
    entries = json.loads((FOLDER / f"access-rules-{job}.json").read_text())
    calls = {(call.service, call.method, call.path) for call in CALLS if job in call.jobs}
    assert {(entry["service"], entry["method"], entry["path"].removeprefix("/v2.1")) for entry in entries} == calls
    assert len(entries) == len(calls)


def test_each_silent_policy_is_one_that_a_job_needs() -> None:
    assert SILENT.keys() <= {policy for job in JOBS for policy in policies_of(job)}


def test_a_request_is_found_by_its_path_and_its_action() -> None:
    listed, single = find("compute", "GET", "/servers/detail"), find("compute", "GET", "/servers/1")
    assert listed and single and (listed.path, single.path) == ("/servers/detail", "/servers/{server}")
    stop = find("compute", "POST", "/servers/1/action", {"os-stop": None})
    assert stop and stop.action == "os-stop"
    assert find("compute", "POST", "/servers/1/action", {"delete": None}) is None
    assert find("compute", "GET", "/os-keypairs") is None


def test_the_guide_says_where_the_files_are() -> None:
    guide = (ROOT / "docs/docsite/rst/accounts_guide.rst").read_text()
    assert f"``{FOLDER.relative_to(ROOT)}" in guide and all(role(job) in guide for job in JOBS)
    assert all(f"{service}-policy.yaml" in guide for service in ("nova", "placement", "neutron"))
