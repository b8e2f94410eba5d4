# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What is told to stop ends all that it began, and begins nothing more: with `make test` a cloud would stay behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.embedded.waiting import wait_for
from tests.tools.layout import ROOT, STOPPED

# A command that is at work until it is told to stop, and then tidies up.
WORKS = """\
import pathlib, signal, sys, time
def tidy_up(*_arguments):
    pathlib.Path(sys.argv[1] + ".tidy").touch()
    sys.exit(1)
signal.signal(signal.SIGTERM, tidy_up)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)  # until it is told to stop
"""
# Checks two parts beside each other, each of two commands of which the first one is at work.
CHECK = """\
import pathlib, sys
from tests.tools import check
folder, works = sys.argv[1:]
def commands(part):
    return [f"{sys.executable} {works} {folder}/{part}{number}" for number in (1, 2)]
check.PARTS = {"tools": ["true"], "unit": commands("unit"), "molecule": commands("molecule")}
check.LOGS = pathlib.Path(folder, "logs")
check.run_tool(lambda: check.main([]))
"""
# A tool that calls such a command.
TOOL = """\
import sys
from tests.tools.layout import call, environment, run_tool
folder, works = sys.argv[1:]
run_tool(lambda: call([sys.executable, works, f"{folder}/tool"], environment()))
"""


class Tool:
    """A program of ours that runs, started as a shell starts one in the background: SIGINT is ignored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._works = folder / "works.py"
        self._works.write_text(WORKS, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, program: str, *until: str) -> None:
        """Start it, and return when those of its commands are at work."""
        shell = 'trap "" INT; exec "$@"'
        command = [sys.executable, "-c", program, str(self.folder), str(self._works)]
        self._process = subprocess.Popen(["sh", "-c", shell, "sh", *command], cwd=ROOT)
        for name in until:
            wait_for(f"{name} is at work", (self.folder / name).exists, 60)

    def stop(self, number: signal.Signals) -> int:
        """Send it a signal, and return its exit status."""
        assert self._process
        self._process.send_signal(number)
        return self._process.wait(60)

    def end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def traces(self) -> set[str]:
        """What its commands left."""
        return {path.name for path in self.folder.iterdir() if path.is_file()} - {self._works.name}


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    made = Tool(tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_check_that_is_stopped_ends_both_its_lanes_and_begins_no_further_command(
    tool: Tool, number: signal.Signals
) -> None:
    tool.start(CHECK, "unit1", "molecule1")
    assert tool.stop(number) == STOPPED
    assert tool.traces() == {"unit1", "unit1.tidy", "molecule1", "molecule1.tidy"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_tool_that_is_stopped_ends_what_it_called(tool: Tool, number: signal.Signals) -> None:
    tool.start(TOOL, "tool")
    assert tool.stop(number) == STOPPED
    assert tool.traces() == {"tool", "tool.tidy"}
