#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_batch
short_description: Begin the next batch of a rolling upgrade
description:
  - Plans what is left of a roll as the cloud is now, as M(stackops.aggregates.os_upgrade_plan) does, writes the first
    batch into the record, and returns its hosts with the moves that their drains are to make.
  - Begins none when nothing is left to do, when too many hosts failed, outside the windows, or when no host can be
    upgraded; the record then says why.
  - The role P(stackops.aggregates.rolling_upgrade#role) uses it. It runs on the controller, where the record lies.
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
      - Each task begins a batch.
options:
  hosts:
    description:
      - Members in the order in which the operator wishes them to be upgraded, as in
        O(stackops.aggregates.os_upgrade_plan#module:hosts). Which hosts are to be upgraded is in the record.
    type: list
    elements: str
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
  lost:
    description:
      - Hosts that Ansible works on no more. Those of them that were begun and are not done have failed.
    type: list
    elements: str
    default: []
  upgraded:
    description:
      - Hosts that an earlier run began and that need the upgrade no more. Each of them is a batch of its own, for its
        steps are others.
    type: list
    elements: str
    default: []
  max_failures:
    description:
      - How many hosts may have failed, a count or a share of the roll's hosts such as V(10%). With more, none begins.
    type: str
    default: "0"
  planned:
    description:
      - The first batch of RV(stackops.aggregates.os_upgrade_plan#module:plan.batches) that was made a moment ago. It
        begins as it is, if the record has all of its hosts as still to be done, all hosts of the pool are in service,
        and no servers are being brought back. Otherwise, and without it, the batch is planned as the cloud is now.
    type: dict
  windows:
    description:
      - When hosts may begin, such as V(22:00-05:00) or V(Mon-Fri 22:00-05:00), on the controller's clock. Without one
        always.
    type: list
    elements: str
    default: []
  forks:
    description:
      - How many hosts Ansible works on at once. It would split a larger batch silently, so that one is refused.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Begin the next batch
  stackops.aggregates.os_upgrade_batch:
    cloud: production
    aggregate: nvme
    folder: "{{ opened.roll.folder }}"
    session: "{{ opened.roll.session }}"
    max_unavailable: "10%"
    forks: "{{ ansible_forks }}"
  register: next
"""

RETURN = r"""
over:
  description: Whether this run begins no further batch.
  returned: success
  type: bool
  sample: false
batch:
  description: The hosts of the batch, each with the moves for M(stackops.aggregates.os_host_maintenance).
  returned: success
  type: dict
  sample:
    cmp02:
      - server: 0d5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5a
        name: web1
        target: cmp01
        hypervisor: 1d2f3a4b-5c6d-4e7f-8a9b-0c1d2e3f4a5b
        version: 8002000
        kind: live
    cmp05: []
last:
  description: Whether no host is left to begin after this batch.
  returned: success
  type: bool
  sample: false
number:
  description: The number of the batch.
  returned: success
  type: int
  sample: 2
reason:
  description: Why no batch began; nothing when one did, or when everything is done.
  returned: success
  type: str
  sample: cmp02 failed, and max_failures is 0
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ..module_utils._aggregates.lookup import pool_aggregates
from ..module_utils._ansible.execute import Work
from ..module_utils._ansible.module import run
from ..module_utils._errors import Refused
from ..module_utils._maintenance.mark import TRAIT_PREFIX
from ..module_utils._maintenance.options import default_owner
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._roll.limits import Limits
from ..module_utils._roll.next_batch import AnsibleHosts, NextBatch
from ..module_utils._roll.store import RecordStore
from ..module_utils._text import listed
from ..module_utils._upgrade_plan.observe import observe_pool
from ..module_utils._upgrade_plan.options import PLAN_OPTIONS, read_plan_options
from ..module_utils._upgrade_plan.planner import plan_upgrade

SPEC = {
    **PLAN_OPTIONS,
    "folder": {"type": "path", "required": True},
    "session": {"type": "str", "required": True},
    "lost": {"type": "list", "elements": "str", "default": []},
    "upgraded": {"type": "list", "elements": "str", "default": []},
    "max_failures": {"type": "str", "default": "0"},
    "planned": {"type": "dict"},
    "windows": {"type": "list", "elements": "str", "default": []},
    "forks": {"type": "int", "required": True},
}
CONSTRAINTS = {
    "mutually_exclusive": [("aggregate", "aggregate_metadata")],
    "required_one_of": [("aggregate", "aggregate_metadata")],
}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Work:
    def planning(hosts: Sequence[str], done: Sequence[str], verified: Sequence[str]) -> Mapping[str, Any]:
        return _plan(cloud, params, {"needing": hosts, "done": done, "verified": verified})

    limits = Limits(params["max_failures"], tuple(params["windows"]), params["forks"], datetime.now())
    ansible = AnsibleHosts(params["lost"], params["upgraded"])
    return NextBatch(cloud, RecordStore(Path(params["folder"])), params["session"], ansible, limits, planning)


def _plan(cloud: Cloud, params: Mapping[str, Any], recorded: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    """Plan what is left of the roll, or return the batch that was planned a moment ago if it can still begin.

    :param recorded: which hosts the record has as needing the upgrade, done and verified, by option.
    :raises Refused: if another owner has a host of the pool.
    """
    pool = pool_aggregates(cloud.nova.aggregates(), params["aggregate"], params["aggregate_metadata"])
    members = {host for aggregate in pool for host in aggregate.hosts}
    planned = params["planned"]
    if planned and {host["host"] for host in planned["hosts"]} <= {*recorded["needing"]} and _idle(cloud, members):
        return {"batches": [planned], "blockers": []}
    done = [host for host in recorded["done"] if host in members]
    options = read_plan_options({**params, **recorded, "done": done}, members)
    observed_pool = observe_pool(cloud, pool, options, params["owner"] or default_owner(cloud), params["takeover"])
    others = [f"{member.host} by {member.other_owner}" for member in observed_pool.members if member.other_owner]
    if others:
        raise Refused(f"Another owner began in the meantime and keeps {listed(others)}: wait for that one.")
    return plan_upgrade(observed_pool, options).to_result()


def _idle(cloud: Cloud, members: Collection[str]) -> bool:
    """Whether all hosts of the pool are in service, and no servers are being brought back to any host."""
    with cloud.side_by_side() as ask:
        services, returns = ask(cloud.nova.services), ask(cloud.placement.providers_by_trait, TRAIT_PREFIX)
    enabled = all(service.enabled for service in services.result() if service.host in members)
    return enabled and not any(returns.result().values())


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
