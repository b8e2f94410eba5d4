# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The process that runs a roll."""

from __future__ import annotations

import os
import subprocess

from ansible_collections.stackops.aggregates.plugins.module_utils._roll.process import (
    ansible_process,
    is_running,
    started_by,
)


def test_the_process_is_the_one_that_started_this_one() -> None:
    assert ansible_process()["pid"] == os.getppid()
    assert started_by(ansible_process()) and not started_by({**ansible_process(), "pid": os.getpid()})


def test_a_process_runs_until_it_ends() -> None:
    assert is_running(ansible_process())
    assert not is_running({**ansible_process(), "started": "another"})
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    process.communicate()
    assert not is_running({"pid": process.pid, "started": ""})
