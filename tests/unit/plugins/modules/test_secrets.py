# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A secret is in no result, message, warning or progress, wherever it was configured and whatever quotes it.

And a name in which the letters of a secret happen to be stays what it is.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._ansible.masking import Mask
from ansible_collections.stackops.aggregates.plugins.plugin_utils import _worker

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import status
from tests.unit.fake.task import PROCESSES, Task, run_task

SECRET = "hunter2"
Run = Callable[..., Task]


@pytest.fixture(params=PROCESSES)
def run(request: pytest.FixtureRequest) -> Run:
    return functools.partial(run_task, process=request.param)


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud("cmp01", "cmp02")
    with_password(cloud, SECRET)
    cloud.aggregate("nvme", "cmp01")
    return cloud


def with_password(cloud: FakeCloud, password: str) -> None:
    cloud.keystone.users["admin"] = replace(cloud.keystone.users["admin"], password=password)


def in_options(cloud: FakeCloud, _folder: Path) -> dict[str, Any]:
    return {"auth": cloud.auth()}


def in_cloud_option(cloud: FakeCloud, _folder: Path) -> dict[str, Any]:
    return {"cloud": {"auth": cloud.auth()}}


def in_clouds_yaml(cloud: FakeCloud, folder: Path) -> dict[str, Any]:
    (folder / "clouds.yaml").write_text(json.dumps({"clouds": {"prod": {"auth": cloud.auth()}}}))
    return {"cloud": "prod"}


@pytest.fixture(params=[in_options, in_cloud_option, in_clouds_yaml], ids=lambda place: place.__name__)
def options(
    request: pytest.FixtureRequest, cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """The options of a module that say which cloud."""
    monkeypatch.chdir(tmp_path)
    return dict(request.param(cloud, tmp_path))


def test_what_a_service_quotes(cloud: FakeCloud, options: dict[str, Any], run: Run) -> None:
    """As Keystone does with a password that is a number, and as a service may that logs what it is asked."""
    quoted = f"Invalid input for field 'password': {SECRET} is not of type 'string'. Failed validating {{'{SECRET}'}}"
    for path in ("auth/tokens", "os-aggregates"):
        cloud.faults.clear()
        cloud.faults.plant(status(400, {"error": {"message": quoted}}, x_openstack_request_id=SECRET), path, times=99)
        task = run(cloud, "os_aggregate_info", **options)
        assert task.failed and SECRET not in task.printed + str(task.result)
        assert "Invalid input for field 'password'" in task.result["msg"]


def test_what_an_exception_quotes(cloud: FakeCloud, options: dict[str, Any], run: Run) -> None:
    def fail(_request: object) -> None:
        raise RuntimeError(f"https://ops:{SECRET}x@cloud.test and {SECRET}")

    cloud.faults.plant(fail, "os-aggregates")
    task = run(cloud, "os_aggregate_info", **options)
    assert task.failed and SECRET not in task.printed + str(task.result)
    assert "RuntimeError: https://********@cloud.test and ********" in task.result["msg"]


def test_what_progress_warnings_and_results_quote(cloud: FakeCloud, options: dict[str, Any], run: Run) -> None:
    for name in ("web", SECRET, f"{SECRET} (copy)"):
        cloud.boot(name, "cmp01")
    with mock.patch.object(_worker, "show") as shown:
        tasks = [
            run(cloud, "os_host_info", servers=True, **options),
            run(cloud, "os_host_maintenance", host="cmp01", state="started", reason="kernel", **options),
            run(cloud, "os_host_info", **options),
        ]
    assert not [task.printed for task in tasks if SECRET in task.printed + str(task.result)]
    assert SECRET not in str(shown.call_args_list)


def test_a_url_shows_no_credentials(cloud: FakeCloud, run: Run, no_pauses: list[float]) -> None:
    auth = {**cloud.auth(), "auth_url": f"http://ops:{SECRET}x@nobody.test/v3"}
    task = run(cloud, "os_aggregate_info", auth=auth)
    assert task.failed and "http://********@nobody.test/v3" in task.result["msg"]
    assert f"{SECRET}x" not in task.result["msg"]


@pytest.mark.parametrize("password", ["cmp", "cmp01", "1", "nova", "example"])
def test_no_part_of_a_name_is_masked(password: str, run: Run) -> None:
    cloud = FakeCloud("cmp01.example.com", "nova-cmp01")
    with_password(cloud, password)
    cloud.aggregate("cmp01-nova_up", "cmp01.example.com", "nova-cmp01")
    task = run(cloud, "os_host_info")
    assert [host["name"] for host in task.result["hosts"]] == ["cmp01.example.com", "nova-cmp01"]
    assert task.result["hosts"][0]["aggregates"] == ["cmp01-nova_up"]
    assert isinstance(task.result["hosts"][0]["hypervisor"]["version"], int)


@pytest.mark.parametrize(
    "text, masked",
    [
        ("hunter2", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"),
        ("is hunter2.", "is ********."),
        ("'hunter2'", "'********'"),
        ('{"password":"hunter2"}', '{"password":"********"}'),
        ("--os-password=hunter2", "--os-password=********"),
        ("ops:hunter2@host", "ops:********@host"),
        (r"one\nhunter2\n", r"one\n********\n"),
        ("hunter2,hunter2", "********,********"),
        ("(p@ss!)p@ss!word", "(********)********word"),
        ("hunter21 xhunter2 hunter2-a a-hunter2 hunter2.example a.hunter2", None),
    ],
)
def test_where_a_secret_is_masked(text: str, masked: str | None) -> None:
    assert Mask(["hunter2", "p@ss!"]).text(text) == (text if masked is None else masked)
