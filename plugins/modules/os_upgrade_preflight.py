#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_preflight
short_description: Find all that is in the way of a rolling upgrade
description:
  - Looks at the members of a pool, at their names in the inventory, at the record of a roll that was not finished, and
    at the options of a roll. Fails with all that is wrong in one error; it changes nothing.
  - The role P(stackops.aggregates.rolling_upgrade#role) uses it. It runs on the controller, where the records lie.
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
      - It changes nothing.
  idempotent:
    support: full
options:
  aggregate:
    description:
      - The pool, an aggregate by name, uuid or integer id. Either this or O(aggregate_metadata) is needed.
    type: str
  aggregate_metadata:
    description:
      - The pool as all members of the aggregates that have this metadata.
    type: dict
  hosts:
    description:
      - Members to upgrade. Without it all.
    type: list
    elements: str
  exclude:
    description:
      - Members to leave out.
    type: list
    elements: str
    default: []
  inventory:
    description:
      - For each host of the inventory its variable C(nova_host), or an empty text.
    type: dict
    default: {}
  can_add:
    description:
      - Whether members that are not in the inventory will be added to it.
    type: bool
    default: false
  owner:
    description:
      - Who rolls. By default the user of the controller and that of the cloud, as C(user@account).
    type: str
  takeover:
    description:
      - Whether hosts that another owner keeps in maintenance may be taken over.
    type: bool
    default: false
  reason:
    description:
      - The reason of each maintenance. One that does not fit is refused.
    type: str
    default: ""
  directory:
    description:
      - Folder on the controller in which the records of all rolls lie.
    type: path
    default: ~/.ansible/rolling_upgrades
  discard:
    description:
      - Whether the record of an unfinished roll is to be set aside.
    type: bool
    default: false
  max_failures:
    description:
      - How many hosts may fail, a count or a share such as V(10%).
    type: str
    default: "0"
  max_unavailable:
    description:
      - How many members may be out of service, a count or a share such as V(10%).
    type: str
    default: "1"
  ramp:
    description:
      - How many hosts go in each step before as many go at once as may.
    type: list
    elements: int
    default: []
  soak:
    description:
      - Seconds after each step of the O(ramp) in which no host begins.
    type: int
    default: 0
  windows:
    description:
      - When hosts may begin, such as V(Mon-Fri 22:00-05:00).
    type: list
    elements: str
    default: []
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
  files:
    description:
      - Files of tasks that the roll includes beside the turns of hosts.
    type: list
    elements: path
    default: []
  turn_files:
    description:
      - Files of tasks that the turn of a host includes. They are read, with what they include by name, for tasks that
        would end the turns of all hosts, or leave a host in the middle of its own.
    type: list
    elements: path
    default: []
  roles_path:
    description:
      - Folders in which Ansible finds the roles that these files include. They are read as well.
    type: list
    elements: path
    default: []
  on_failure:
    description:
      - What becomes of a host that failed. V(hand_back) needs O(verifies).
    type: str
    choices: [keep, hand_back]
    default: keep
  verifies:
    description:
      - Whether tasks verify each host.
    type: bool
    default: false
  canary:
    description:
      - What a canary is built of. Each is looked up, and one that is missing is refused.
    type: dict
    suboptions:
      image:
        description:
          - An image by name or id.
        type: str
        required: true
      flavor:
        description:
          - A flavor by name or id.
        type: str
        required: true
      network:
        description:
          - A network by name or id; V(none) for none, V(auto) for what Nova chooses.
        type: str
        required: true
      timeout:
        description:
          - Seconds for each host on its way, until it is there and answers the probe.
        type: int
        default: 300
seealso:
  - module: stackops.aggregates.os_upgrade_plan
"""

EXAMPLES = r"""
- name: See what is in the way of a roll
  stackops.aggregates.os_upgrade_preflight:
    cloud: production
    aggregate: nvme
    inventory: {compute-1.example: cmp01, cmp02: ''}
"""

RETURN = r"""
owner:
  description: Who rolls.
  returned: success
  type: str
  sample: ops@admin
hosts:
  description:
    - The members to upgrade, each with its name in the inventory in C(place) (its own where it is to be added),
      whether it is C(known) there, whether the record has it as C(done), and whether an earlier run has begun it
      (C(begun)).
  returned: success
  type: list
  elements: dict
  sample:
    - {host: cmp01, place: compute-1.example, known: true, done: false, begun: false}
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..module_utils._aggregates.lookup import pool_aggregates
from ..module_utils._ansible.execute import Info
from ..module_utils._ansible.module import run
from ..module_utils._canary.look_up import look_up
from ..module_utils._canary.template import SPEC as CANARY_SPEC
from ..module_utils._errors import MarkError, Refused
from ..module_utils._maintenance.mark import Mark
from ..module_utils._maintenance.observe import observe_hosts
from ..module_utils._maintenance.options import default_owner
from ..module_utils._maintenance.ownership import Keeper, ownership_of
from ..module_utils._openstack.aggregate import Aggregate
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._roll.hook_files import problems_of_files
from ..module_utils._roll.limits import problems_of_limits
from ..module_utils._roll.pool_record import find_record
from ..module_utils._roll.preflight import Member, Wanted, problems
from ..module_utils._roll.prepare import NOTHING_TOUCHED
from ..module_utils._roll.roll import Roll
from ..module_utils._upgrade_plan.options import count_of
from ..module_utils._upgrade_plan.ramp import problems_of_ramp

SPEC = {
    "aggregate": {"type": "str"},
    "aggregate_metadata": {"type": "dict"},
    "hosts": {"type": "list", "elements": "str"},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "inventory": {"type": "dict", "default": {}},
    "can_add": {"type": "bool", "default": False},
    "owner": {"type": "str"},
    "takeover": {"type": "bool", "default": False},
    "reason": {"type": "str", "default": ""},
    "directory": {"type": "path", "default": "~/.ansible/rolling_upgrades"},
    "discard": {"type": "bool", "default": False},
    "max_failures": {"type": "str", "default": "0"},
    "max_unavailable": {"type": "str", "default": "1"},
    "ramp": {"type": "list", "elements": "int", "default": []},
    "soak": {"type": "int", "default": 0},
    "windows": {"type": "list", "elements": "str", "default": []},
    "windows_strict": {"type": "bool", "default": False},
    "time_zone": {"type": "str"},
    "files": {"type": "list", "elements": "path", "default": []},
    "turn_files": {"type": "list", "elements": "path", "default": []},
    "roles_path": {"type": "list", "elements": "path", "default": []},
    "on_failure": {"type": "str", "choices": ["keep", "hand_back"], "default": "keep"},
    "verifies": {"type": "bool", "default": False},
    "canary": CANARY_SPEC,
}
CONSTRAINTS = {
    "mutually_exclusive": [("aggregate", "aggregate_metadata")],
    "required_one_of": [("aggregate", "aggregate_metadata")],
}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Info:
    owner = params["owner"] or default_owner(cloud)
    wanted = Wanted(
        hosts=params["hosts"],
        exclude=params["exclude"],
        inventory={name: str(nova_host or "") for name, nova_host in params["inventory"].items()},
        can_add=params["can_add"],
    )
    pool = pool_aggregates(cloud.nova.aggregates(), params["aggregate"], params["aggregate_metadata"])
    texts, keeper, roll = [], Keeper(owner, takeover=params["takeover"]), None
    try:
        record = find_record(Path(params["directory"]), pool, owner, params["discard"])
        keeper, roll = record.keeper(owner, params["takeover"]), record.roll
    except Refused as error:
        texts.append(str(error))
    members = _members(cloud, pool, keeper)
    texts += [*_problems_of_options(params, owner, len(members)), *problems(members, wanted)]
    if params["canary"]:
        try:
            look_up(cloud, params["canary"])
        except Refused as error:
            texts += error.problems
    if texts:
        raise Refused([NOTHING_TOUCHED, *texts])
    return Info({"owner": owner, "hosts": _hosts(members, wanted, roll)})


def _hosts(members: Sequence[Member], wanted: Wanted, roll: Roll | None) -> list[dict[str, Any]]:
    places, by_host = wanted.places(), {member.host: member for member in members}
    done, unfinished = (roll.done, roll.unfinished) if roll else ([], [])
    return [
        {
            "host": host,
            "place": places.get(host, host),
            "known": host in places,
            "done": host in done,
            "begun": host not in done and (host in unfinished or by_host[host].unfinished),
        }
        for host in wanted.selected(list(by_host))
    ]


def _members(cloud: Cloud, pool: Sequence[Aggregate], keeper: Keeper) -> list[Member]:
    """Return the hosts of a pool in the order of their names."""
    observation = observe_hosts(cloud, cloud.nova.dated_services())
    ownerships = {
        service.host: ownership_of(service, observation.returns.get(service.host)) for service in observation.services
    }
    return [
        Member(
            host,
            ownership := ownerships.get(host),
            host in observation.hypervisors,
            ownership.other(keeper) if ownership else None,
        )
        for host in sorted({host for aggregate in pool for host in aggregate.hosts})
    ]


def _problems_of_options(params: Mapping[str, Any], owner: str, members: int) -> list[str]:
    texts = problems_of_limits(params["max_failures"], params["windows"], params["time_zone"], params["windows_strict"])
    now = "20260101T000000Z"
    try:
        most = max(1, count_of(params["max_unavailable"], members, "max_unavailable"))
        texts += problems_of_ramp(params["ramp"], params["soak"], most)
        # The mark of a host will also hold the roll, and the number of a record.
        Mark(owner, now, "migrate", " ".join(params["reason"].split()), roll=f"{now}-00000000", after=10**9)
    except (Refused, MarkError) as error:
        texts.append(str(error))
    if params["on_failure"] == "hand_back" and not params["verifies"]:
        texts.append(
            "rolling_upgrade_on_failure is hand_back, and nothing tells whether a host is healthy: give "
            "rolling_upgrade_verify_tasks."
        )
    files = [*params["files"], *params["turn_files"]]
    if missing := [path for path in files if not os.path.isfile(path)]:
        texts.append(f"There is no such file of tasks: {', '.join(missing)}; correct the path.")
    texts += problems_of_files((path for path in params["turn_files"] if path not in missing), params["roles_path"])
    directory = Path(params["directory"])
    there = next((folder for folder in (directory, *directory.absolute().parents) if folder.exists()), directory)
    if not there.is_dir() or not os.access(there, os.W_OK):
        texts.append(
            f"The folder {directory} for the records cannot be written to: give another rolling_upgrade_directory."
        )
    return texts


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
