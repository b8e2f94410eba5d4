#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_roll
short_description: Open and close the record of a rolling upgrade on the controller
description:
  - Keeps what a rolling upgrade has done, so that the same command goes on after a failure, a kill or a lost terminal.
  - V(opened) goes on with the roll of the pool that was not finished, or begins one; without a host to upgrade it
    begins none. V(closed) ends the record once every host is done, and otherwise leaves it for the next run.
  - The role P(stackops.aggregates.rolling_upgrade#role) uses it, with M(stackops.aggregates.os_upgrade_batch) and
    M(stackops.aggregates.os_upgrade_note). It runs on the controller, where the record lies.
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
  aggregate:
    description:
      - The pool, an aggregate by name, uuid or integer id.
    type: str
  aggregate_metadata:
    description:
      - The pool as all members of the aggregates that have this metadata.
    type: dict
  owner:
    description:
      - Who rolls. The unfinished roll of another owner is refused. By default user@controller.
    type: str
  hosts:
    description:
      - Hosts that are to be upgraded, beside those that the record has already.
    type: list
    elements: str
    default: []
  spared:
    description:
      - Hosts that were found to need no upgrade; of an unfinished roll they are struck off unless they were begun.
    type: list
    elements: str
    default: []
  bring_back:
    description:
      - Whether the servers are brought back, for the report.
    type: bool
    default: true
  upgrade:
    description:
      - What the upgrade is, such as its file of tasks. An unfinished roll with another one is refused.
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
"""

EXAMPLES = r"""
- name: See whether a roll was left unfinished
  stackops.aggregates.os_upgrade_roll:
    cloud: production
    aggregate: nvme
    state: opened
  check_mode: true
  register: unfinished
"""

RETURN = r"""
roll:
  description:
    - The roll. Without one its folder is empty and so are its lists.
  returned: success
  type: dict
  contains:
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
    closed:
      description: Whether everything is done.
      type: bool
      sample: false
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils._aggregates.lookup import pool_aggregates
from ..module_utils._ansible.execute import Work
from ..module_utils._ansible.module import run
from ..module_utils._maintenance.options import default_owner
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._roll.close import Close
from ..module_utils._roll.open import Open, RollOptions
from ..module_utils._roll.store import RecordStore

SPEC = {
    "state": {"type": "str", "choices": ["opened", "closed"], "required": True},
    "directory": {"type": "path", "default": "~/.ansible/rolling_upgrades"},
    "aggregate": {"type": "str"},
    "aggregate_metadata": {"type": "dict"},
    "owner": {"type": "str"},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "spared": {"type": "list", "elements": "str", "default": []},
    "bring_back": {"type": "bool", "default": True},
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
    options = RollOptions(
        directory=Path(params["directory"]),
        owner=params["owner"] or default_owner(cloud),
        hosts=tuple(params["hosts"]),
        spared=tuple(params["spared"]),
        bring_back=params["bring_back"],
        upgrade=params["upgrade"],
        discard=params["discard"],
    )
    pool = pool_aggregates(cloud.nova.aggregates(), params["aggregate"], params["aggregate_metadata"])
    return Open(cloud, pool, options)


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
