#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_turn
short_description: Wait until it is the turn of a host of a rolling upgrade
description:
  - Waits until the host may begin beside the hosts that are under way, as M(stackops.aggregates.os_upgrade_plan) says
    of the cloud as it is then. What its servers need on their targets is reserved until its turn is over.
  - Whenever the record changes, one of the tasks that wait looks at the cloud, and begins all hosts that may go, in the
    order of the plan. A host that cannot go yet does not hold up those behind it.
  - No further host begins when too many failed, outside the windows, or when none can, such as when none would be over
    before the window shuts; the record then says why.
  - A task waits for a limited time, then returns V(wait) and is asked again.
  - The role P(stackops.aggregates.rolling_upgrade#role) uses it. It runs on the controller, where the record lies.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns V(wait) at once.
  diff_mode:
    support: none
    details:
      - There is nothing of the cloud to show.
  idempotent:
    support: none
    details:
      - Each task may begin hosts.
options:
  folder:
    description:
      - The folder of the roll, as M(stackops.aggregates.os_upgrade_roll) returned it.
    type: path
    required: true
  session:
    description:
      - The session, as M(stackops.aggregates.os_upgrade_roll) returned it.
    type: str
    required: true
  host:
    description:
      - The host, as Nova names it.
    type: str
    required: true
  playing:
    description:
      - Names in the inventory of the hosts that Ansible has not lost, in the order in which it works on them. A host
        that is under way and none of them has failed.
    type: list
    elements: str
    required: true
  forks:
    description:
      - On how many of them Ansible works at once. No others are begun, for they could not do anything.
    type: int
    required: true
  asked:
    description:
      - What the last task of this host returned.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Wait for the turn of the host
  stackops.aggregates.os_upgrade_turn:
    cloud: production
    folder: "{{ opened.roll.folder }}"
    session: "{{ opened.roll.session }}"
    host: cmp01
    playing: "{{ ansible_play_hosts }}"
    forks: "{{ ansible_forks }}"
  register: turn
"""

RETURN = r"""
turn:
  description:
    - V(begin) when the turn of the host has come, V(over) when it comes no more in this run, or V(wait) when it is to
      be asked again.
  returned: success
  type: str
  sample: begin
moves:
  description: The moves of its drain, for M(stackops.aggregates.os_host_maintenance).
  returned: success
  type: list
  elements: dict
  sample:
    - server: 0d5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5a
      name: web1
      target: cmp01
      hypervisor: 1d2f3a4b-5c6d-4e7f-8a9b-0c1d2e3f4a5b
      version: 8002000
      kind: live
steps:
  description: The phases that it has ahead.
  returned: success
  type: list
  elements: str
  sample: [drain, upgrade, verify, return]
reason:
  description: Why it waits, or why no further host begins.
  returned: success
  type: str
  sample: max_unavailable is 2
gate:
  description: Whether the gate is to be asked now, by this host alone, for a step of the ramp soaks.
  returned: success
  type: bool
  sample: false
notice:
  description: What others are to be told now, an C(event), V(paused) or V(blocked), and a C(text); nothing if nothing.
  returned: success
  type: dict
  sample: {event: paused, text: "the next host needs an approval, by stackops.aggregates.approve_roll"}
asked:
  description: How many tasks of this host have waited.
  returned: success
  type: int
  sample: 1
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..module_utils._ansible.execute import Work
from ..module_utils._ansible.module import run
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._roll.look import look
from ..module_utils._roll.store import RecordStore
from ..module_utils._roll.turn import TakeTurn

SPEC = {
    "folder": {"type": "path", "required": True},
    "session": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "playing": {"type": "list", "elements": "str", "required": True},
    "forks": {"type": "int", "required": True},
    "asked": {"type": "int", "default": 0},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Work:
    return TakeTurn(
        cloud,
        RecordStore(Path(params["folder"])),
        params["session"],
        params["host"],
        partial(look, cloud),
        params["playing"],
        params["forks"],
        params["asked"],
    )


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
