#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_aggregate_metadata
short_description: Set or remove metadata of a Nova host aggregate
description:
  - Merges keys into the metadata of an aggregate, removes keys, or makes the metadata exactly what is given.
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
  metadata:
    description:
      - Keys with their values. Booleans are stored as V(true) and V(false), which is what the scheduler's filters
        compare with, numbers as YAML writes them. A key with no value is removed.
      - With O(state=absent) only the keys count.
      - The zone has its own option in M(stackops.aggregates.os_aggregate) and is refused here.
    type: dict
    required: true
  state:
    description:
      - V(present) merges these keys into the metadata.
      - V(absent) removes these keys.
      - V(exact) also removes every other key, but never the zone.
    type: str
    choices: [present, absent, exact]
    default: present
seealso:
  - module: stackops.aggregates.os_aggregate
"""

EXAMPLES = r"""
- name: Say that the hosts of an aggregate have fast disks
  stackops.aggregates.os_aggregate_metadata:
    cloud: production
    aggregate: nvme
    metadata:
      ssd: true

- name: Remove a key
  stackops.aggregates.os_aggregate_metadata:
    cloud: production
    aggregate: nvme
    metadata:
      ssd:
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
from dataclasses import replace
from typing import Any

from ..module_utils._aggregates.apply import Apply
from ..module_utils._aggregates.change import Change, Decision
from ..module_utils._aggregates.desired import merged
from ..module_utils._aggregates.lookup import existing_aggregate
from ..module_utils._aggregates.metadata import metadata_text
from ..module_utils._ansible.module import run
from ..module_utils._openstack.aggregate import Aggregate
from ..module_utils._openstack.cloud import Cloud

SPEC = {
    "aggregate": {"type": "str", "required": True},
    "metadata": {"type": "dict", "required": True},
    "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Apply:
    wanted = metadata_text(dict.fromkeys(params["metadata"]) if params["state"] == "absent" else params["metadata"])

    def decide(aggregates: Sequence[Aggregate]) -> Decision:
        before = existing_aggregate(aggregates, params["aggregate"])
        after = replace(before, metadata=merged(before.metadata, wanted, params["state"] == "exact"))
        return Decision([Change(before, after)])

    return Apply(cloud, decide)


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
