# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: guest_samples
type: notification
short_description: Note which guests answered while their hosts are upgraded
description:
  - Appends one line of JSON for each guest that the playbook C(stackops.aggregates.probe_guests) checked. The guest
    answered when none of its tasks failed, as Ansible counts failures.
  - A rolling upgrade turns it on for its own probe. It does nothing else in any other play.
author:
  - The stackops.aggregates contributors (@stackops)
options:
  file:
    description:
      - File to append to.
    type: path
    required: true
    env:
      - name: STACKOPS_AGGREGATES_SAMPLES
"""

import json
import os
import time
from dataclasses import dataclass
from typing import Any

from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback import CallbackBase

from ..module_utils._text import printable

MESSAGE_LIMIT = 500  # characters of a failure that are kept


@dataclass
class _Check:
    """The check of one guest on a host. ``message`` is that of its last failed task, also where a rescue mended that.

    ``canary`` is true of a throw-away server of a roll.
    """

    name: str
    host: str
    canary: bool
    begin: float
    end: float
    message: str = ""


class CallbackModule(CallbackBase):
    """Collect the checks of a play, and append a sample of each to the file at its end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "stackops.aggregates.guest_samples"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._began = time.time()
        self._checks: dict[str, _Check] = {}

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Begin a check with its first task; the inclusion of its file is none: if that fails nothing was checked."""
        guest = host.vars.get("rolling_upgrade_guest")
        if guest is not None and not isinstance(task, TaskInclude):
            now = time.time()
            self._checks.setdefault(
                host.name, _Check(str(guest["name"]), str(guest["host"]), guest["canary"], now, now)
            )

    def v2_runner_on_ok(self, result: Any) -> None:
        self._ended(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._ended(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._ended(result, failed=not ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._ended(result, failed=True)

    def _ended(self, result: Any, failed: bool = False) -> None:
        check = self._checks.get(result.host.name)
        if check:
            check.end = time.time()
            if failed:
                # Ansible gives only the key "censored" of the result of a task that says no_log.
                hidden = "failed, and says no_log" if "censored" in result.result else "failed"
                message = result.result.get("msg") or result.result.get("stderr") or hidden
                check.message = printable(" ".join(f"{result.task.get_name()}: {message}".split())[:MESSAGE_LIMIT])

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Append the samples. Only now it is known which failures were rescued.

        Where there was no guest to check the file is written to as well, which tells a round that worked.
        """
        lines = []
        for host, check in self._checks.items():
            ok = not stats.failures.get(host) and not stats.dark.get(host)
            sample = {"at": check.end, "pass": self._began, "server": host, "name": check.name, "host": check.host}
            sample |= {
                "canary": check.canary,
                "ok": ok,
                "seconds": check.end - check.begin,
                "message": None if ok else check.message,
            }
            lines.append(json.dumps(sample, sort_keys=True))
        if lines:
            self._append("\n".join(lines))
        elif not stats.failures and not stats.dark:
            self._touch()

    def _touch(self) -> None:
        path = self.get_option("file")
        with open(path, "ab", opener=_private):
            os.utime(path)

    def _append(self, text: str) -> None:
        with open(self.get_option("file"), "ab+", opener=_private) as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                if file.read() != b"\n":  # a kill cut the last line short
                    text = f"\n{text}"
            file.write(f"{text}\n".encode())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
