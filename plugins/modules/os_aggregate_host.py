#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_aggregate_host
short_description: Add hosts to a Nova host aggregate, or remove them
description:
  - Adds the named compute hosts to an aggregate or removes them from it, and leaves all its other hosts alone, so that
    several plays can each bring their own.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  aggregate:
    description:
      - Name, uuid or integer id of the aggregate, which must exist. A name goes before an id.
    type: str
    required: true
  hosts:
    description:
      - Compute hosts, spelled as the compute services spell them.
    type: list
    elements: str
    required: true
    aliases: [host]
  state:
    description:
      - Whether the hosts shall be members.
    type: str
    choices: [present, absent]
    default: present
  enable:
    description:
      - With O(state=present), whether to enable the compute service of a host after it joined.
      - Only a service that Nova itself registered as disabled (C(enable_new_services=false)) is enabled. One that
        a person disabled stays disabled.
    type: bool
    default: false
  force:
    description:
      - With O(state=absent), whether to remove also a host that is enabled and holds servers. Its servers then stay
        where they are, without the aggregate's traits.
    type: bool
    default: false
seealso:
  - module: stackops.aggregates.os_aggregate
"""

EXAMPLES = r"""
- name: Let a new host join its aggregate and begin to work
  stackops.aggregates.os_aggregate_host:
    cloud: production
    aggregate: nvme
    host: cmp05
    enable: true

- name: Take two hosts out of an aggregate
  stackops.aggregates.os_aggregate_host:
    cloud: production
    aggregate: nvme
    hosts: [cmp01, cmp02]
    state: absent
"""

RETURN = r"""
aggregate:
  description: The aggregate as it is now, or in check mode as it would be.
  returned: success
  type: dict
  contains:
    id:
      description: Integer id.
      type: int
      sample: 7
    uuid:
      description: Unique id, the same as that of the aggregate in Placement.
      type: str
      sample: 5d2b5f5a-9c1e-4c0a-9a4e-0e8d2f6b7c3d
    name:
      description: Name.
      type: str
      sample: nvme
    availability_zone:
      description: Zone, if it has one.
      type: str
      sample: az1
    hosts:
      description: Names of the compute hosts, sorted.
      type: list
      elements: str
      sample: [cmp01, cmp02]
    metadata:
      description: Metadata without the zone.
      type: dict
      sample: {ssd: "true"}
done:
  description: Steps that were done before one failed.
  returned: failure in the middle
  type: list
  elements: str
  sample: ["set metadata ssd of 'nvme'"]
left:
  description: Steps that were not done, the failed one first.
  returned: failure in the middle
  type: list
  elements: str
  sample: ["add host cmp01 to 'nvme'"]
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._aggregates.apply import Apply
from ..module_utils._aggregates.change import Decision, Step
from ..module_utils._aggregates.desired import REGISTERED_DISABLED, with_hosts
from ..module_utils._aggregates.lookup import existing_aggregate
from ..module_utils._ansible.module import run
from ..module_utils._openstack.aggregate import Aggregate
from ..module_utils._openstack.cloud import Cloud

SPEC = {
    "aggregate": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True, "aliases": ["host"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "enable": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Apply:
    present = params["state"] == "present"
    more = _enabling(cloud, params["hosts"]) if params["enable"] and present else []

    def decide(aggregates: Sequence[Aggregate]) -> Decision:
        aggregate = existing_aggregate(aggregates, params["aggregate"])
        return Decision([with_hosts(aggregate, params["hosts"], present)], more)

    return Apply(cloud, decide, force=params["force"])


def _enabling(cloud: Cloud, hosts: list[str]) -> list[Step]:
    """Return the steps that enable those of the hosts that Nova itself registered as disabled."""
    return [
        Step("enable_service", None, (service,), f"enable the compute service of {service.host}")
        for service in cloud.nova.services()
        if service.host in hosts and not service.enabled and service.reason == REGISTERED_DISABLED
    ]


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
