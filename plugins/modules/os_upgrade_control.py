#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_control
short_description: Pause, resume, stop or approve a rolling upgrade from another terminal
description:
  - Adds what a person asks of a roll to its record, where the run that goes on with it sees it within a second, and the
    next run too if none does. Who asked for it and when is in the record and in the report.
  - The cloud is not asked, so this works while it does not answer.
  - The playbooks C(stackops.aggregates.pause_roll), C(stackops.aggregates.resume_roll),
    C(stackops.aggregates.stop_roll) and C(stackops.aggregates.approve_roll) use it. It runs where the record lies.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - There is nothing of the cloud to show.
  idempotent:
    support: partial
    details:
      - An approval is refused where the roll waits for none.
options:
  action:
    description:
      - What is asked of the roll. Hosts whose turns have begun go on in any case.
      - V(pause) lets no further host begin, in this run and those that follow, until V(resume).
      - V(stop) lets no further host begin in this run, which ends when the hosts under way are done. The same command
        as before goes on with the roll.
      - V(approve) gives the approval that the roll waits for.
    type: str
    choices: [pause, resume, stop, approve]
    required: true
  aggregate:
    description:
      - The pool, as the lines of progress name it, or as it was given to the roll. Not needed where one roll alone is
        unfinished.
    type: str
  directory:
    description:
      - Folder on the controller in which the records of all rolls lie, or the folder of one of them.
    type: path
    default: ~/.ansible/rolling_upgrades
  who:
    description:
      - Who asks for it. By default the user of the controller.
    type: str
  reason:
    description:
      - Why, for those who see it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Let no further host begin while the storage is repaired
  stackops.aggregates.os_upgrade_control:
    cloud: production
    action: pause
    aggregate: nvme
    reason: ceph is rebalancing
"""

RETURN = r"""
roll:
  description: The roll, as RV(stackops.aggregates.os_upgrade_roll#module:roll).
  returned: success
  type: dict
  sample: {id: 20261121T101500Z-6f1c2a90, done: [cmp01], remaining: [cmp02], stopped: null}
summary:
  description: What becomes of it, for a person.
  returned: success
  type: str
  sample: "nvme roll: no further host begins before it is resumed, hosts under way go on (under way: cmp02)"
"""

import getpass
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils._ansible.execute import mask_of
from ..module_utils._ansible.module import run
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._roll.control import ControlRoll, find_roll
from ..module_utils._roll.roll import ACTIONS

SPEC = {
    "action": {"type": "str", "choices": list(ACTIONS), "required": True},
    "aggregate": {"type": "str"},
    "directory": {"type": "path", "default": "~/.ansible/rolling_upgrades"},
    "who": {"type": "str"},
    "reason": {"type": "str", "default": ""},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> ControlRoll:
    store = find_roll(Path(params["directory"]).absolute(), params["aggregate"])
    # Whoever gave these, they are in the record and the report.
    who, reason = map(mask_of(cloud, params).sentence, (params["who"] or _user(), params["reason"]))
    return ControlRoll(cloud, store, params["action"], who, reason)


def _user() -> str:
    """Return the user of this machine, by number where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
