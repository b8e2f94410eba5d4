#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_roll
short_description: Plan a rolling upgrade, and open and close its record on the controller
description:
  - Keeps what a rolling upgrade has done, so that the same command goes on after a failure, a kill or a lost terminal.
  - V(opened) plans what is left to do, as M(stackops.aggregates.os_upgrade_plan) does, and fails with all that makes
    the plan impossible. Then it goes on with the roll of the pool that was not finished, or begins one; without a host
    to upgrade it begins none. In check mode the plan is all that happens.
  - V(closed) ends a run. Hosts whose turns are not over by then have failed. The record is closed once every host is
    done, and otherwise left for the next run.
  - The role P(stackops.aggregates.rolling_upgrade#role) uses it, with M(stackops.aggregates.os_upgrade_turn) and
    M(stackops.aggregates.os_upgrade_note). It runs on the controller, where the record lies.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
  - stackops.aggregates.planning
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - There is nothing of the cloud to show.
  idempotent:
    support: none
    details:
      - Each run that goes on with a roll adds to its record.
options:
  state:
    description:
      - What is to become of the record.
    type: str
    choices: [opened, closed]
    required: true
  directory:
    description:
      - Folder on the controller in which the records of all rolls lie, each in a folder of its own.
    type: path
    default: ~/.ansible/rolling_upgrades
  hosts:
    description:
      - Members in the order in which the operator wishes them to be upgraded, as in
        O(stackops.aggregates.os_upgrade_plan#module:hosts).
    type: list
    elements: str
  asked:
    description:
      - The members to upgrade, as M(stackops.aggregates.os_upgrade_preflight) returned them. For V(opened).
    type: list
    elements: dict
    default: []
  answers:
    description:
      - For each of them that answered, whether it needs the upgrade (C(needed)), which packages it keeps back all the
        same (C(kept_back)), what it runs (C(version)), and which machine it is (C(machine)),
        in lines of its name, the id of its boot, and its addresses. One that did not answer is refused.
    type: dict
    default: {}
  check_machines:
    description:
      - Whether to refuse machines that are not the hosts which Nova means.
    type: bool
    default: true
  max_failures:
    description:
      - How many hosts may have failed, a count or a share of the roll's hosts such as V(10%). With more, none begins.
    type: str
    default: "0"
  max_silence:
    description:
      - Seconds for which a guest that answered the probe may be silent.
    type: int
    default: 30
  max_lost_guests:
    description:
      - How many guests may be silent for longer before no further host begins.
    type: int
    default: 0
  windows:
    description:
      - When hosts may begin, such as V(22:00-05:00) or V(Mon-Fri 22:00-05:00). Without one always.
    type: list
    elements: str
    default: []
  blocked:
    description:
      - What to do with hosts that cannot be upgraded as things are. V(refuse) fails and names them. V(skip) plans the
        others, tries these at their turns, which come last, and leaves out those that still cannot; then the record is
        not closed. When no host can be upgraded, V(skip) fails as well.
    type: str
    choices: [refuse, skip]
    default: refuse
  approve:
    description:
      - Whether the roll waits for an approval when its V(first) host is done, or after V(each).
    type: str
    choices: [first, each]
  time_zone:
    description:
      - The time zone of O(windows), a name of the IANA database such as V(Europe/Berlin). By default that of the
        controller.
    type: str
  windows_strict:
    description:
      - Whether a host begins only if it is likely to be over before the window shuts.
    type: bool
    default: false
  upgrade:
    description:
      - What the upgrade is, such as its file of tasks, for the report.
    type: str
    default: ""
  discard:
    description:
      - Whether to set the record of an unfinished roll aside and begin anew.
    type: bool
    default: false
  folder:
    description:
      - The folder of the roll, as V(opened) returned it. For V(closed).
    type: path
  session:
    description:
      - The session, as V(opened) returned it. For V(closed).
    type: str
seealso:
  - module: stackops.aggregates.os_upgrade_plan
  - module: stackops.aggregates.os_upgrade_control
"""

EXAMPLES = r"""
- name: Plan a roll, and open its record
  stackops.aggregates.os_upgrade_roll:
    cloud: production
    aggregate: nvme
    state: opened
    asked: "{{ preflight.hosts }}"
    answers:
      cmp01: {needed: true, version: 6.12.6-amd64, machine: "cmp01\n8c3d6a44-6f0e-4a0c-a3cb-5d2c5a1f0b7e\n192.0.2.11"}
  register: opened
"""

RETURN = r"""
roll:
  description:
    - The roll. Without one its folder is empty and so are its lists.
  returned: success
  type: dict
  contains:
    id:
      description: What marks in the cloud name it by.
      type: str
      sample: 20261121T101500Z-6f1c2a90
    pool:
      description: The name of its pool.
      type: str
      sample: nvme
    folder:
      description: Where its record lies.
      type: str
      sample: ~/.ansible/rolling_upgrades/nvme-6f1c2a90/20261121T101500Z
    owner:
      description: Who rolls.
      type: str
      sample: ops@bastion
    session:
      description: What later tasks of this run name themselves by.
      type: str
      sample: 0f3c5d7e9b1a4c6d8e0f2a4b6c8d0e1f
    hosts:
      description: All hosts of the roll.
      type: list
      elements: str
      sample: [cmp01, cmp02, cmp03]
    remaining:
      description: Those of them that this run has ahead, in the order of the plan.
      type: list
      elements: str
      sample: [cmp02, cmp03]
    done:
      description: Hosts that are upgraded and back in service.
      type: list
      elements: str
      sample: [cmp01]
    unfinished:
      description: Hosts that were begun and are not done.
      type: list
      elements: str
      sample: [cmp02]
    verified:
      description: Those of them that are upgraded and have only to be put back into service.
      type: list
      elements: str
      sample: []
    failed:
      description: Why each host failed that did in this run.
      type: dict
      sample: {cmp02: The task 'Boot into it' failed}
    stopped:
      description: Why this run began no further host; nothing while it does.
      type: str
      sample: cmp02 failed, and max_failures is 0
    why:
      description: Why not everything is done; nothing when it is.
      type: str
      sample: cmp02 failed
    closed:
      description: Whether everything is done.
      type: bool
      sample: false
    outcome:
      description:
        - How the run ends if it ends now, V(done), V(waiting) if nothing failed and the same command goes on in the
          next window, or V(failed) otherwise.
      type: str
      sample: failed
    until:
      description: When that window opens, in seconds since 1970; nothing if none is waited for.
      type: float
      sample:
plan:
  description: The plan, as RV(stackops.aggregates.os_upgrade_plan#module:plan).
  returned: when O(state=opened)
  type: dict
  sample: {possible: true, turns: [], blockers: []}
summary:
  description: The plan as lines for a person.
  returned: when O(state=opened)
  type: list
  elements: str
  sample: [No host needs the upgrade.]
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils._aggregates.lookup import pool_aggregates
from ..module_utils._ansible.execute import Work, mask_of
from ..module_utils._ansible.module import run
from ..module_utils._maintenance.options import default_owner
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._roll.close import Close
from ..module_utils._roll.open import Open
from ..module_utils._roll.pool_record import find_record
from ..module_utils._roll.prepare import hosts_to_do, plan_roll, refuse_other_machines
from ..module_utils._roll.store import RecordStore
from ..module_utils._upgrade_plan.options import PLAN_OPTIONS

SPEC = {
    **PLAN_OPTIONS,
    "state": {"type": "str", "choices": ["opened", "closed"], "required": True},
    "directory": {"type": "path", "default": "~/.ansible/rolling_upgrades"},
    "asked": {"type": "list", "elements": "dict", "default": []},
    "answers": {"type": "dict", "default": {}},
    "check_machines": {"type": "bool", "default": True},
    "max_failures": {"type": "str", "default": "0"},
    "max_silence": {"type": "int", "default": 30},
    "max_lost_guests": {"type": "int", "default": 0},
    "windows": {"type": "list", "elements": "str", "default": []},
    "blocked": {"type": "str", "choices": ["refuse", "skip"], "default": "refuse"},
    "approve": {"type": "str", "choices": ["first", "each"]},
    "windows_strict": {"type": "bool", "default": False},
    "time_zone": {"type": "str"},
    "upgrade": {"type": "str", "default": ""},
    "discard": {"type": "bool", "default": False},
    "folder": {"type": "path"},
    "session": {"type": "str"},
}
CONSTRAINTS = {
    "required_if": [
        ("state", "opened", ("aggregate", "aggregate_metadata"), True),
        ("state", "closed", ("folder", "session")),
    ],
    "mutually_exclusive": [("aggregate", "aggregate_metadata")],
}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Work:
    if params["state"] == "closed":
        return Close(cloud, RecordStore(Path(params["folder"])), params["session"])
    owner = params["owner"] or default_owner(cloud)
    pool = pool_aggregates(cloud.nova.aggregates(), params["aggregate"], params["aggregate_metadata"])
    record = find_record(Path(params["directory"]).absolute(), pool, owner, params["discard"])
    to_do = hosts_to_do(params["asked"], params["answers"], mask_of(cloud, params).sentence)
    if params["check_machines"]:
        refuse_other_machines(params["answers"], to_do, cloud.nova.hypervisors())
    plan, options = plan_roll(cloud, pool, record, to_do, {**params, "owner": owner})
    return Open(cloud, record, options, plan)


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
