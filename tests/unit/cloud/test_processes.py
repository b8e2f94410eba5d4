# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Processes are found and ended by the marker in their environment."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cloud.embedded import cloud, processes
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.layout import Layout, listener_port
from tests.cloud.embedded.processes import Process, Starting

Sleeper = Callable[[Path | None], "subprocess.Popen[bytes]"]


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    """Start a process that says when it runs and then waits, as one of a state's cloud, or of no cloud."""
    started = []

    def start(state: Path | None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **({processes.MARKER: str(state)} if state else {})}
        command = [sys.executable, "-c", "print('up', flush=True); input()"]
        child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def test_only_the_state_s_own_processes_are_found_and_ended(sleeper: Sleeper, tmp_path: Path) -> None:
    first, second = sleeper(tmp_path / "state"), sleeper(tmp_path / "state")
    others = [sleeper(tmp_path / "state-2"), sleeper(None)]
    assert {process.pid for process in processes.find(tmp_path / "state")} == {first.pid, second.pid}
    assert processes.end_all(tmp_path / "state") == 2
    assert (first.wait(), second.wait()) == (-9, -9)
    assert [other.poll() for other in others] == [None, None]
    assert processes.find(tmp_path / "state") == []


def test_a_recycled_pid_is_not_hit(sleeper: Sleeper, tmp_path: Path) -> None:
    other = sleeper(None)
    processes.end(tmp_path, Process(other.pid, "cmp01"))
    assert other.poll() is None


def test_a_process_that_is_gone_is_all_right(sleeper: Sleeper, tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    child.kill()
    child.wait()
    processes.end(tmp_path, Process(child.pid, "cmp01"))
    assert not processes.end_named(tmp_path, "cmp01")


def test_a_process_that_ends_before_it_serves_is_told_with_its_log(layout: Layout) -> None:
    layout.logs.mkdir()
    (layout.logs / "scheduler.log").write_text("the reason\n", encoding="utf-8")
    ready, theirs = os.pipe()
    os.close(theirs)
    with pytest.raises(CloudError, match="scheduler ended before it served.*\n.*the reason"):
        processes.wait_ready(layout, Starting("scheduler", ready))


def test_ready_processes_are_waited_for(layout: Layout) -> None:
    ready, theirs = os.pipe()
    processes.report_ready(theirs)
    processes.wait_ready(layout, Starting("bus", ready))


def free_port(offset: int) -> int:
    """Return a port that is free, as are all others of the cloud of which it is that many above the first."""
    for _attempt in range(100):
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            number: int = asked.getsockname()[1]
        with contextlib.suppress(CloudError):  # another program of this machine has one of them
            cloud.check_ports(number - offset)
            return number
    raise AssertionError("No range of ports is free.")


def test_a_port_in_use_is_named() -> None:
    number = free_port(listener_port(0, "placement"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", number))
        taken.listen()
        with pytest.raises(CloudError, match=f"Port {number}, which placement needs, is in use"):
            cloud.check_ports(number - listener_port(0, "placement"))


def test_a_folder_that_holds_no_cloud_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(CloudError, match="holds no embedded cloud"):
        cloud.down(tmp_path, print)
    assert (tmp_path / "thesis.tex").exists()


def test_up_and_down_of_one_state_exclude_each_other(tmp_path: Path) -> None:
    with (
        cloud.exclusive(tmp_path / "state"),
        pytest.raises(CloudError, match="is at work"),
        cloud.exclusive(tmp_path / "state"),
    ):
        pass


def test_a_second_up_wants_to_be_told_to_use_the_first(layout: Layout) -> None:
    settings = layout.settings
    with pytest.raises(CloudError, match="up --reuse"):
        cloud.check_reuse(layout, settings, reuse=False)
    cloud.check_reuse(layout, settings, reuse=True)
    bigger = settings.draw(
        layout.venv,
        20000,
        ("cmp01",),
        vcpus=8,
        memory_mb=4096,
        migration_seconds=1.5,
        max_live_migrations=2,
        new_services_disabled=True,
    )
    with pytest.raises(CloudError, match="is another one .*vcpus is 16, not 8"):
        cloud.check_reuse(layout, bigger, reuse=True)
