# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Where a task is executed, the progress that it shows, and that it stops when Ansible was killed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from unittest import mock

import pytest
from ansible.plugins.action.normal import ActionModule as Normal
from ansible.plugins.loader import become_loader
from ansible.template import trust_as_template
from ansible.utils.display import Display
from ansible_collections.stackops.aggregates.plugins.plugin_utils import _worker

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.task import action, run_task


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.aggregate("nvme", "cmp01", "cmp02")
    return cloud


def process_of(
    cloud: FakeCloud,
    keywords: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    connection: str = "local",
    become: bool = False,
) -> str:
    """Return where a task is executed: ``worker`` or ``module``."""
    plugin = action("os_aggregate_info", {"auth": cloud.auth()}, keywords or {}, connection)
    plugin._templar.available_variables = {"python": sys.executable}
    if become:
        plugin._connection.set_become_plugin(become_loader.get("ansible.builtin.sudo"))
    with (
        mock.patch.object(Normal, "run", return_value={"process": "module"}),
        mock.patch.object(_worker, "connect", cloud.connect),
    ):
        result = plugin.run(task_vars=dict(variables or {}))
    return "worker" if "aggregates" in result else result["process"]


def test_a_task_for_the_controller_runs_in_the_worker(cloud: FakeCloud) -> None:
    assert process_of(cloud) == "worker"


def test_a_task_delegated_to_the_controller_runs_in_the_worker(cloud: FakeCloud) -> None:
    variables = {
        "ansible_python_interpreter": "/usr/libexec/platform-python",
        "ansible_delegated_vars": {"localhost": {"ansible_python_interpreter": sys.executable}},
    }
    assert process_of(cloud, {"delegate_to": "localhost"}, variables) == "worker"


@pytest.mark.parametrize("keywords", [{"async": 60}, {"environment": [{"https_proxy": "http://proxy.test"}]}])
def test_async_and_environment_need_a_module_process(cloud: FakeCloud, keywords: dict[str, Any]) -> None:
    assert process_of(cloud, keywords) == "module"


def test_an_empty_environment_needs_no_module_process(cloud: FakeCloud) -> None:
    assert process_of(cloud, {"environment": [{}]}) == "worker"


def test_a_task_for_another_host_runs_in_a_module_process(cloud: FakeCloud) -> None:
    assert process_of(cloud, connection="ssh") == "module"


def test_a_task_of_another_user_runs_in_a_module_process(cloud: FakeCloud) -> None:
    assert process_of(cloud, become=True) == "module"


def test_a_task_runs_in_a_module_process_if_this_python_lacks_a_library(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_worker, "missing_library", lambda: "keystoneauth1")
    assert process_of(cloud) == "module"


@pytest.mark.parametrize("python", ["auto", "auto_silent", "", sys.executable, "{{ python }}"])
def test_a_task_for_this_python_runs_in_the_worker(cloud: FakeCloud, python: str) -> None:
    assert process_of(cloud, variables={"ansible_python_interpreter": trust_as_template(python)}) == "worker"


def test_another_name_of_this_python_runs_in_the_worker(
    cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python3").symlink_to(os.path.realpath(sys.executable))
    (tmp_path / "python").symlink_to("python3")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    assert process_of(cloud, variables={"ansible_python_interpreter": str(tmp_path / "python")}) == "worker"


@pytest.mark.parametrize("python", ["/usr/libexec/platform-python", "/usr/bin/env python3", "python3"])
def test_a_task_for_another_python_runs_in_a_module_process(cloud: FakeCloud, python: str) -> None:
    assert process_of(cloud, variables={"ansible_python_interpreter": python}) == "module"


def test_another_virtualenv_of_the_same_python(cloud: FakeCloud, tmp_path: Path) -> None:
    link = tmp_path / "python"
    link.symlink_to(os.path.realpath(sys.executable))
    assert process_of(cloud, variables={"ansible_python_interpreter": str(link)}) == "module"


# -- the result


def test_the_invocation_is_there_when_it_is_asked_for_and_hides_secrets(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since ansible-core 2.21 it has to be asked for; before, it is always there."""
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")
    given = run_task(cloud, "os_aggregate_info", process="worker", name="nvme").result["invocation"]["module_args"]
    assert given["name"] == "nvme" and given["auth"]["username"] == "admin" and given["metadata"] is None
    assert given["auth"]["password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


# -- lines of progress


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[bytes]]:
    """What is read of the stderr that the worker writes to."""
    reading, writing = os.pipe()
    monkeypatch.setattr(_worker, "STDERR", writing)
    with open(reading, "rb") as reader, open(writing, "wb"):
        os.set_blocking(reading, False)
        yield reader


def show_progress(cloud: FakeCloud, line: str, **keywords: Any) -> None:
    """Run a task whose work shows a line of progress."""

    def connect(options: Mapping[str, Any], **more: Any) -> Any:
        connected = cloud.connect(options, **more)
        observe = connected.nova.aggregates

        def aggregates() -> Any:
            connected.show_progress(line)
            return observe()

        monkeypatched = mock.Mock(wraps=connected.nova)
        monkeypatched.aggregates = aggregates
        connected.nova = monkeypatched
        return connected

    with mock.patch.object(_worker, "connect", connect):
        assert not action("os_aggregate_info", {"auth": cloud.auth()}, keywords).run(task_vars={}).get("failed")


def test_progress_is_shown_on_stderr_and_logged(cloud: FakeCloud, stderr: IO[bytes]) -> None:
    with mock.patch.object(Display, "display") as display:
        show_progress(cloud, "2 of 3 servers left cmp01")
    assert stderr.read() == b"2 of 3 servers left cmp01\n"
    display.assert_called_once_with("2 of 3 servers left cmp01", log_only=True)


def test_progress_controls_no_terminal_and_shows_no_secret(cloud: FakeCloud, stderr: IO[bytes]) -> None:
    show_progress(cloud, "\x1b]0;owned\x07 web\r\n\u202eadmins-secret Zoë")
    assert stderr.read().decode() == "\\x1b]0;owned\\x07 web\\r\\n\\u202e******** Zoë\n"


def test_progress_of_a_secret_task_is_not_shown(cloud: FakeCloud, stderr: IO[bytes]) -> None:
    with mock.patch.object(Display, "display") as display:
        show_progress(cloud, "2 of 3 servers left cmp01", no_log=True)
    assert not stderr.read() and not display.called


def test_progress_that_is_not_read_is_no_failure(cloud: FakeCloud, stderr: IO[bytes]) -> None:
    stderr.close()
    show_progress(cloud, "2 of 3 servers left cmp01")


def test_what_libraries_print_is_not_shown(cloud: FakeCloud, capsys: pytest.CaptureFixture[str]) -> None:
    """Ansible would blame the task for it."""
    cloud.faults.plant(lambda _request: print("InsecureRequestWarning", file=sys.stderr), "os-aggregates")
    assert not run_task(cloud, "os_aggregate_info", process="worker").failed
    assert capsys.readouterr().err == ""


# -- Ansible killed


def test_an_orphaned_worker_stops_before_its_next_write(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_request: object) -> None:
        monkeypatch.setattr(os, "getppid", os.getpid)

    cloud.faults.plant(die, "action", "POST", at=1, after=True)
    task = run_task(cloud, "os_aggregate", process="worker", name="nvme", hosts=["cmp03"], metadata={"ssd": True})
    assert task.failed and task.changed and len(cloud.writes) == 1
    assert "the same again" in task.result["msg"] and str(os.getpid()) not in task.result["msg"]


def test_an_orphaned_worker_that_changed_nothing_says_so(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.faults.plant(lambda _request: monkeypatch.setattr(os, "getppid", os.getpid), "os-aggregates", "GET")
    task = run_task(cloud, "os_aggregate", process="worker", name="gpu")
    assert task.failed and not task.changed and cloud.writes == []
