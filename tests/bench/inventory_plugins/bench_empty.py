# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory plugin that adds nothing: what any inventory costs."""

from __future__ import annotations

from ansible.plugins.inventory import BaseInventoryPlugin

DOCUMENTATION = """
name: bench_empty
short_description: Nothing
description: [An inventory without hosts.]
options:
  plugin: {description: [The name of this plugin.], required: true, choices: [bench_empty]}
"""


class InventoryModule(BaseInventoryPlugin):
    NAME = "bench_empty"

    def verify_file(self, path: str) -> bool:
        return True
