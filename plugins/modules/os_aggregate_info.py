#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_aggregate_info
short_description: List Nova host aggregates
description:
  - Lists the host aggregates with their zones, hosts and metadata. Filters can be combined; each one narrows the list.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
  - stackops.aggregates.attributes.info_module
options:
  name:
    description:
      - Only the aggregate with this name.
    type: str
  id:
    description:
      - Only the aggregate with this integer id or uuid.
    type: str
  availability_zone:
    description:
      - Only aggregates of this zone.
    type: str
  host:
    description:
      - Only aggregates that this compute host is a member of.
    type: str
  metadata:
    description:
      - Only aggregates that have all these keys with these values, written as in M(stackops.aggregates.os_aggregate).
    type: dict
  placement:
    description:
      - Whether to compare the hosts of these aggregates with Placement, which keeps a mirror of them, by which the
        scheduler finds the hosts of a zone. RV(placement_drift) tells what differs, and a warning how to mend it.
      - This costs a request for the hypervisors, and to Placement about as many as a host has aggregates, and one for
        each fifty aggregates at least.
    type: bool
    default: false
seealso:
  - module: stackops.aggregates.os_aggregate
"""

EXAMPLES = r"""
- name: List every aggregate
  stackops.aggregates.os_aggregate_info:
    cloud: production
  register: all_aggregates

- name: List the aggregates of a host
  stackops.aggregates.os_aggregate_info:
    cloud: production
    host: cmp01

- name: Find hosts that Placement does not have in the aggregates that Nova has them in
  stackops.aggregates.os_aggregate_info:
    cloud: production
    placement: true
  register: compared
  failed_when: compared.placement_drift | length > 0
"""

RETURN = r"""
aggregates:
  description: The aggregates that pass the filters, sorted by name.
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
placement_drift:
  description: The hosts of which Placement knows other aggregates than Nova, sorted by name.
  returned: success, with O(placement=true)
  type: list
  elements: dict
  contains:
    host:
      description: Name of the compute host.
      type: str
      sample: cmp01
    missing:
      description:
        - Names of the aggregates that have it as a member in Nova and not in Placement. Nova only logs it when it could
          not write that. C(nova-manage placement sync_aggregates) adds it.
      type: list
      elements: str
      sample: [nvme]
    extra_in:
      description:
        - Names of aggregates of which at least one has it in Placement and not in Nova. To find out which, name one of
          them in O(name).
        - C(nova-manage placement sync_aggregates) leaves it there. C(openstack resource provider aggregate set) can
          take it out.
      type: list
      elements: str
      sample: []
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._aggregates.metadata import metadata_text
from ..module_utils._aggregates.mirror import Drift, disjoint, drift, warnings
from ..module_utils._ansible.execute import Info
from ..module_utils._ansible.module import run
from ..module_utils._openstack.aggregate import Aggregate
from ..module_utils._openstack.cloud import Cloud

SPEC = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "availability_zone": {"type": "str"},
    "host": {"type": "str"},
    "metadata": {"type": "dict"},
    "placement": {"type": "bool", "default": False},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Info:
    metadata = metadata_text(params["metadata"] or {}).items()
    aggregates = [
        aggregate
        for aggregate in cloud.nova.aggregates()
        if _passes(aggregate, params) and metadata <= aggregate.metadata.items()
    ]
    ordered = sorted(aggregates, key=lambda aggregate: aggregate.name)
    result = {"aggregates": [aggregate.to_result() for aggregate in ordered]}
    if not params["placement"]:
        return Info(result)
    drifts = _drift(cloud, ordered)
    return Info({**result, "placement_drift": [each.to_result() for each in drifts]}, warnings(drifts))


def _drift(cloud: Cloud, aggregates: Sequence[Aggregate]) -> list[Drift]:
    """Compare with Placement, where a provider that is no compute host's, such as shared storage, does not count."""
    groups = disjoint(aggregates)
    with cloud.side_by_side() as ask:
        hypervisors = ask(cloud.nova.hypervisors, servers=False)
        providers = [ask(cloud.placement.providers, [str(aggregate.uuid) for aggregate in group]) for group in groups]
    hosts = {hypervisor.id: hypervisor.host for hypervisor in hypervisors.result()}
    mirrored = [{hosts[provider] for provider in answer.result() if provider in hosts} for answer in providers]
    return drift(groups, mirrored)


def _passes(aggregate: Aggregate, params: Mapping[str, Any]) -> bool:
    """Return whether an aggregate meets the filters, but for that on its metadata."""
    return (
        params["name"] in (None, aggregate.name)
        and params["id"] in (None, aggregate.uuid, str(aggregate.id))
        and params["availability_zone"] in (None, aggregate.zone)
        and (params["host"] is None or params["host"] in aggregate.hosts)
    )


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
