# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run commands as on a stand-in host, whose search path holds nothing of the machine that it really is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = r"""
name: stand_in_host
short_description: Run commands as on a stand-in host
description:
  - Runs commands on the controller, in the root folder of a stand-in host and with only its own commands in the search
    path.
author: stackops.aggregates contributors
options:
  root:
    description: The host's root folder.
    type: path
    required: true
    vars:
      - name: ansible_stand_in_root
  become_success_timeout:
    description: Number of seconds to wait for privilege escalation to succeed.
    type: int
    default: 10
  become_strip_preamble:
    description: Strip what privilege escalation prints before the command runs.
    type: bool
    default: true
extends_documentation_fragment:
  - connection_pipelining
"""


class Connection(LocalConnection):
    """The local connection, in another folder and with another search path."""

    transport = "stand_in_host"
    _remote_is_local = True  # or `~` would become the user's home instead of the host's

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default_user = "operator"  # not root, who would not have to become root

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        root = Path(self.get_option("root"))
        entered = (
            f"cd {shlex.quote(str(root))} && export HOME={shlex.quote(str(root))} PATH={shlex.quote(str(root / 'bin'))}"
            f" && {cmd}"
        )
        return super().exec_command(entered, in_data=in_data, sudoable=sudoable)
