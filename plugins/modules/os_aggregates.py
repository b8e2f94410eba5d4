#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_aggregates
short_description: Declare all Nova host aggregates in one task
description:
  - Makes the host aggregates of a cloud as declared, with one list request and only the writes that are needed.
  - Everything that Nova would refuse is found before the first write, all of it in one error. Names declared twice,
    a host in two zones, unknown hosts, and a change of the zone of hosts that hold servers are among it.
  - Aggregates that are declared by their ids may take over each other's names. Where they exchange them, one of them is
    called C(renaming-) with its uuid in between; after a run that was interrupted there, the same declarations go on.
  - The order of the writes is safe. Metadata is set before the first host joins a new aggregate, a host joins its new
    aggregate before it leaves the old one where zones allow that, and deletions come last.
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
  aggregates:
    description:
      - The declarations, one for each aggregate.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the aggregate. With O(aggregates[].id) it is the new name of that aggregate.
        type: str
      id:
        description:
          - Integer id or uuid of the aggregate.
        type: str
      availability_zone:
        description:
          - Availability zone that the aggregate makes of its hosts. Without it the zone stays as it is.
        type: str
      hosts:
        description:
          - Compute hosts that shall be members, spelled as the compute services spell them.
        type: list
        elements: str
      metadata:
        description:
          - Metadata that the aggregate shall have. Booleans are stored as V(true) and V(false), numbers as YAML writes
            them. A key with no value is removed.
        type: dict
  purge_hosts:
    description:
      - Whether to remove hosts that a declaration does not name. A declaration without O(aggregates[].hosts) is left
        alone.
    type: bool
    default: false
  purge_metadata:
    description:
      - Whether to remove keys that a declaration does not name. A declaration without O(aggregates[].metadata) is left
        alone.
    type: bool
    default: false
  prune:
    description:
      - Whether to delete every aggregate that is not declared, after its hosts were removed from it.
      - With an empty list of O(aggregates) that would be every aggregate of the cloud, and is refused without
        O(prune_all).
    type: bool
    default: false
  prune_all:
    description:
      - Whether O(prune) may delete every aggregate of the cloud when O(aggregates) is an empty list.
    type: bool
    default: false
  force:
    description:
      - Whether O(purge_hosts) and O(prune) also remove a host that is enabled and holds servers. Its servers then stay
        where they are, without the aggregate's traits.
      - It does not matter whether the host joins another aggregate in the same task.
    type: bool
    default: false
seealso:
  - module: stackops.aggregates.os_aggregate
"""

EXAMPLES = r"""
- name: Declare all aggregates, exactly
  stackops.aggregates.os_aggregates:
    cloud: production
    purge_hosts: true
    purge_metadata: true
    prune: true
    aggregates:
      - name: nvme
        hosts: [cmp01, cmp02]
        metadata:
          ssd: true
      - name: az1
        availability_zone: az1
        hosts: [cmp01, cmp02, cmp03]
"""

RETURN = r"""
aggregates:
  description:
    - The declared aggregates as they are now, or in check mode as they would be, in the order of the declarations.
  returned: success
  type: list
  elements: dict
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
  sample: ["create the aggregate 'nvme'"]
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
from ..module_utils._aggregates.change import Decision
from ..module_utils._aggregates.desired import all_declared
from ..module_utils._ansible.module import run
from ..module_utils._errors import Refused
from ..module_utils._openstack.aggregate import Aggregate
from ..module_utils._openstack.cloud import Cloud

SPEC = {
    "aggregates": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str"},
            "id": {"type": "str"},
            "availability_zone": {"type": "str"},
            "hosts": {"type": "list", "elements": "str"},
            "metadata": {"type": "dict"},
        },
        "required_one_of": [("name", "id")],
    },
    "purge_hosts": {"type": "bool", "default": False},
    "purge_metadata": {"type": "bool", "default": False},
    "prune": {"type": "bool", "default": False},
    "prune_all": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Apply:
    if params["prune"] and not params["aggregates"] and not params["prune_all"]:
        raise Refused(
            "The list 'aggregates' is empty, so 'prune: true' would delete every aggregate of the cloud: "
            "see where the list comes from, or set 'prune_all: true' if that is meant."
        )
    wanted = [
        {
            **declaration,
            "purge_hosts": params["purge_hosts"] and declaration["hosts"] is not None,
            "purge_metadata": params["purge_metadata"] and declaration["metadata"] is not None,
        }
        for declaration in params["aggregates"]
    ]

    def decide(aggregates: Sequence[Aggregate]) -> Decision:
        return all_declared(aggregates, wanted, params["prune"])

    return Apply(cloud, decide, single=False, force=params["force"])


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
