# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..modules import os_upgrade_canary
from ..plugin_utils._worker import WorkerAction


class ActionModule(WorkerAction):
    implementation = os_upgrade_canary
