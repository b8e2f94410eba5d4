# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The filter stackops.aggregates.host_needs; ``module_utils/_host_packages.py`` decides."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_needs
short_description: Find out from the outputs of its tools what a host needs to be up to date
author: stackops.aggregates contributors
description:
  - Reads what the package manager and the kernel of a host print, and says which packages are to be upgraded and
    whether the host needs a reboot.
  - The role P(stackops.aggregates.rolling_upgrade#role) asks it for its built-in upgrade.
positional: family, patterns
options:
  _input:
    description:
      - Registered results, with C(stdout) and C(rc), of commands that ran with C(LC_ALL=C).
      - They are called C(pending), C(installed), C(kernel) and C(restart).
      - >-
        On Debian the outputs of C(apt-get --simulate dist-upgrade), of C(dpkg-query --show) with abbreviated status,
        name and version between tabs, of C(uname -r -v), and the text of C(/run/reboot-required) and
        C(/run/reboot-required.pkgs).
      - >-
        On Red Hat those of C(dnf -q check-update), of C(rpm -qa) with name and version-release.architecture, of
        C(uname -r -v), and of C(dnf needs-restarting -r); and, as C(unlocked), of C(dnf -q check-update) as if nothing
        were excluded or locked to its version.
    type: dict
    required: true
  family:
    description: The family of the host's distribution, as the fact C(os_family) has it.
    type: str
    choices: [Debian, RedHat]
    required: true
  patterns:
    description:
      - Names of packages to upgrade, which may hold C(*), C(?) and C([...]). Others count only as a reason to reboot.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Say what waits
  ansible.builtin.debug:
    msg: "{{ outputs | stackops.aggregates.host_needs('Debian', ['qemu-*', 'libvirt*']) }}"
"""

RETURN = r"""
_value:
  description: What the host needs.
  type: dict
  contains:
    packages:
      description: Packages that match and can be upgraded.
      type: list
      elements: str
    unfinished:
      description: Packages on which an interrupted upgrade left work to do.
      type: list
      elements: str
    reboot:
      description: Why a reboot is required; none is where this is empty.
      type: list
      elements: str
    problems:
      description: Why an upgrade must not begin.
      type: list
      elements: str
    kept_back:
      description: Packages that match and that wait and are not upgraded, such as those on hold or locked to a version.
      type: list
      elements: str
    kernel:
      description: The release of the kernel that runs, on Debian with the version of its build.
      type: str
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import UnreadableOutput
from ..module_utils._host_packages import host_needs


def needs(outputs: Mapping[str, Any], family: str, patterns: Sequence[str]) -> dict[str, list[str]]:
    """Return what the host needs, as a dictionary."""
    try:
        return asdict(host_needs(family, outputs, patterns))
    except UnreadableOutput as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filters of this file; Ansible imports this class by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_needs": needs}
