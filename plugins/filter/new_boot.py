# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The filter stackops.aggregates.new_boot; ``module_utils/_host_packages.py`` decides."""

from __future__ import annotations

DOCUMENTATION = r"""
name: new_boot
short_description: Say by its id whether the boot of a host is a new one
author: stackops.aggregates contributors
description:
  - Compares what C(/proc/sys/kernel/random/boot_id) held before and after a reboot.
positional: before
options:
  _input:
    description: The id after the reboot.
    type: str
    required: true
  before:
    description: The id before it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a boot that is not new
  ansible.builtin.assert:
    that: after.stdout is defined and after.stdout | stackops.aggregates.new_boot(before.stdout)
"""

RETURN = r"""
_value:
  description: Whether these are the ids of two boots.
  type: bool
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import UnreadableOutput
from ..module_utils._host_packages import is_new_boot


def new_boot(after: str, before: str) -> bool:
    """Return whether the boot after the reboot is another than that before."""
    try:
        return is_new_boot(before, after)
    except UnreadableOutput as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filters of this file; Ansible imports this class by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"new_boot": new_boot}
