#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_aggregate
short_description: Declare a Nova host aggregate
description:
  - Creates, changes or deletes a host aggregate, with its availability zone, metadata and hosts.
  - One list request finds out what is there; an aggregate that is as wanted costs no other request.
  - What Nova would refuse is found before anything is written, all of it in one error. Unknown hosts, a host in two
    zones, and a change of the zone of hosts that hold servers are among it.
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
  name:
    description:
      - Name of the aggregate. With O(id) it is the new name of that aggregate; with O(state=absent) it is the name that
        the aggregate with that id must have.
      - A name is never taken for an id, also when it is a number.
    type: str
  id:
    description:
      - Integer id or uuid of the aggregate.
    type: str
  state:
    description:
      - Whether the aggregate shall exist.
    type: str
    choices: [present, absent]
    default: present
  availability_zone:
    description:
      - Availability zone that the aggregate makes of its hosts. Without it the zone stays as it is.
      - Nova sets or changes the zone of an aggregate only while no server is on any of its hosts, also if they are in
        that zone already by another aggregate. It can never be removed; Nova has no way to.
    type: str
  hosts:
    description:
      - Compute hosts that shall be members, spelled as the compute services spell them.
    type: list
    elements: str
  purge_hosts:
    description:
      - Whether to remove the hosts that O(hosts) does not name. V(true) needs O(hosts), which may be an empty list.
    type: bool
    default: false
  metadata:
    description:
      - Metadata that the aggregate shall have. Booleans are stored as V(true) and V(false), which is what the
        scheduler's filters compare with, numbers as YAML writes them. A key with no value is removed.
      - The zone has its own option and is refused here.
    type: dict
  purge_metadata:
    description:
      - Whether to remove the keys that O(metadata) does not name. V(true) needs O(metadata).
    type: bool
    default: false
  force:
    description:
      - With O(state=absent), whether to remove the hosts of the aggregate before it is deleted. Without it an aggregate
        that has hosts is not deleted.
      - With O(purge_hosts), whether to remove also a host that is enabled and holds servers. Its servers then stay
        where they are, without the aggregate's traits.
    type: bool
    default: false
seealso:
  - module: stackops.aggregates.os_aggregate_host
  - module: stackops.aggregates.os_aggregate_metadata
  - module: stackops.aggregates.os_aggregate_info
"""

EXAMPLES = r"""
- name: Declare an aggregate with two hosts
  stackops.aggregates.os_aggregate:
    cloud: production
    name: nvme
    hosts: [cmp01, cmp02]
    metadata:
      ssd: true
      gpus: 4

- name: Make these hosts, and no others, the zone az1
  stackops.aggregates.os_aggregate:
    cloud: production
    name: az1
    availability_zone: az1
    hosts: [cmp03, cmp04]
    purge_hosts: true

- name: Rename an aggregate
  stackops.aggregates.os_aggregate:
    cloud: production
    id: 7
    name: nvme-old

- name: Delete an aggregate and let its hosts go
  stackops.aggregates.os_aggregate:
    cloud: production
    name: nvme-old
    state: absent
    force: true
"""

RETURN = r"""
aggregate:
  description:
    - The aggregate as it is now, or as it would be; nothing when it is absent.
    - In check mode an aggregate that would be created has no id and no uuid.
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
from ..module_utils._aggregates.change import Change, Decision
from ..module_utils._aggregates.desired import declared
from ..module_utils._aggregates.lookup import aggregate_to_delete
from ..module_utils._ansible.module import run
from ..module_utils._errors import Refused
from ..module_utils._openstack.aggregate import Aggregate
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._text import listed

SPEC = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "availability_zone": {"type": "str"},
    "hosts": {"type": "list", "elements": "str"},
    "purge_hosts": {"type": "bool", "default": False},
    "metadata": {"type": "dict"},
    "purge_metadata": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
}
CONSTRAINTS = {
    "required_one_of": [("name", "id")],
    "required_if": [("purge_hosts", True, ("hosts",)), ("purge_metadata", True, ("metadata",))],
}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Apply:
    def decide(aggregates: Sequence[Aggregate]) -> Decision:
        present = params["state"] == "present"
        return Decision([declared(aggregates, params) if present else _deleted(aggregates, params)])

    return Apply(cloud, decide, force=params["force"])


def _deleted(aggregates: Sequence[Aggregate], params: Mapping[str, Any]) -> Change:
    before = aggregate_to_delete(aggregates, params["name"], params["id"])
    if before and before.hosts and not params["force"]:
        raise Refused(
            f"The aggregate {before.name!r} has the hosts {listed(before.hosts)}: remove them first, "
            "or set 'force: true' to let them go with it."
        )
    return Change(before, None)


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
