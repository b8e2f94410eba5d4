# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules promise: the meaning of each attribute, written once; a module adds C(support) and details."""

from __future__ import annotations


class ModuleDocFragment:
    """Extend C(attributes) in every module, and C(attributes.info_module) as well in one that only reads."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict the result without changing the cloud.
  diff_mode:
    description: Returns what changed, or in check mode would change, when run in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second run reports no change.
      - This assumes that nothing else changes the cloud in between.
  action:
    description:
      - Has an action plugin, which does the work on the controller, inside Ansible's worker, when the task is for the
        controller (a local connection, with Ansible's own Python) and has no C(become), C(async) or C(environment).
      - There it shows progress on stderr while it runs, and stops before its next change when Ansible was killed.
      - Any other task runs the module, with the same result.
    support: full
  action_group:
    description: Use C(group/stackops.aggregates.all) in C(module_defaults) to set the cloud options for every module.
    support: full
    membership:
      - stackops.aggregates.all
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module only reads the cloud.
  diff_mode:
    support: N/A
    details:
      - This module only reads the cloud.
  idempotent:
    support: full
    details:
      - This module only reads the cloud.
"""
