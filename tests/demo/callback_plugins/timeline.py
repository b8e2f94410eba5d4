# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Ansible's output as a person reads it: a line for each thing that was done, with the time it was done at."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ansible import constants as C
from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult

DOCUMENTATION = r"""
name: timeline
type: stdout
short_description: A line for each thing that was done
description:
  - Shows what changed, what failed, and the messages of M(ansible.builtin.debug), with the seconds since the start.
author: stackops.aggregates contributors
"""


class CallbackModule(CallbackBase):
    """Show what changed and what failed, and be silent about tasks that only read."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "timeline"

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        if result.task.action == "ansible.builtin.debug":
            for line in result.result["msg"]:
                self._display.display(f"{'':9} {line}")
        elif result.result.get("changed"):
            self._line(result, "", C.COLOR_CHANGED)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        detail = result.result.get("stderr") or result.result.get("msg", "no message")
        self._line(result, f" FAILED: {detail}", C.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        self._line(result, f" UNREACHABLE: {result.result.get('msg', 'no message')}", C.COLOR_UNREACHABLE)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        counts = {"changed": stats.changed, "failed": stats.failures, "unreachable": stats.dark}
        text = " ".join(f"{name}={sum(hosts.values())}" for name, hosts in counts.items())
        self._display.display(f"{self._seconds()} all hosts: {text}")

    def _line(self, result: CallbackTaskResult, end: str, color: str) -> None:
        self._display.display(f"{self._seconds()} {result.host.get_name()}: {result.task.name}{end}", color=color)

    def _seconds(self) -> str:
        return f"{time.monotonic() - self._began:7.1f} s"
