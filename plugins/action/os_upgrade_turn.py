# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ..modules import os_upgrade_turn
from ..plugin_utils._worker import WorkerAction

WAITS = (
    "The host was not touched, for its turn needs a play with the strategy ansible.builtin.host_pinned and without "
    "serial, else hosts wait for each other for ever. Import the playbook stackops.aggregates.rolling_upgrade instead."
)


class ActionModule(WorkerAction):
    implementation = os_upgrade_turn

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        play = self._task.get_play()  # which no module sees, nor any variable tells
        if play.strategy.rpartition(".")[2] != "host_pinned" or play.serial:
            return {"failed": True, "msg": WAITS}
        result = super().run(tmp, task_vars)
        result.pop("invocation", None)  # the names of all hosts, which Ansible would keep for each of them
        return result
