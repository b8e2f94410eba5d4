# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail

from ..modules import os_upgrade_turn
from ..plugin_utils._worker import WorkerAction


class ActionModule(WorkerAction):
    implementation = os_upgrade_turn

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """:raises AnsibleActionFail: if hosts of the play wait for each other, which only this plugin can see."""
        play = self._task.get_play()
        if play.strategy.rpartition(".")[2] != "host_pinned" or play.serial:
            raise AnsibleActionFail(
                "The host was not touched, for turns need a play with the strategy ansible.builtin.host_pinned and without "
                f"serial; this one has the strategy {play.strategy}. Import the playbook "
                "stackops.aggregates.rolling_upgrade."
            )
        return super().run(tmp, task_vars)
