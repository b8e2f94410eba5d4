# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Run commands as on a host of the embedded cloud; found through ANSIBLE_CONNECTION_PLUGINS."""

from __future__ import annotations

import shlex
from pathlib import Path

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = r"""
name: embedded_host
short_description: Run commands as on a host of the embedded cloud
description:
  - Runs commands on the controller, in the root folder of a host of the embedded cloud and with its environment.
  - The host's own commands, such as C(hostctl), come first in the search path. The controller does not have them.
author: stackops.aggregates contributors
options:
  root:
    description: The host's root folder.
    type: path
    required: true
    vars:
      - name: ansible_embedded_host_root
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
    """The local connection, in another folder and with another environment."""

    transport = "embedded_host"
    _remote_is_local = True  # or `~` would become the user's home instead of the host's

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        root = Path(self.get_option("root"))
        entered = (
            f"cd {shlex.quote(str(root))} && "
            f"export HOME={shlex.quote(str(root))} EMBEDDED_HOST={shlex.quote(root.name)} "
            f"PATH={shlex.quote(str(root / 'bin'))}:$PATH && {cmd}"
        )
        return super().exec_command(entered, in_data=in_data, sudoable=sudoable)
