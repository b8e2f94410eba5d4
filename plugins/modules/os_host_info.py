#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_host_info
short_description: List compute hosts with service, hypervisor, aggregates, capacity and maintenance
description:
  - Lists the hosts of Nova's services with all that a decision about their maintenance needs.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
  - stackops.aggregates.attributes.info_module
options:
  host:
    description:
      - Only this host.
    type: str
  aggregate:
    description:
      - Only the members of this aggregate, given by name, uuid or integer id. A name goes before an id.
    type: str
  binary:
    description:
      - Which services to list. V(all) lists every service of every host, as C(nova host-list) did.
    type: str
    choices: [nova-compute, all]
    default: nova-compute
  servers:
    description:
      - Whether to list the servers on each host too. With O(host), also those that are on their way to it.
    type: bool
    default: false
  network_agents:
    description:
      - Whether to list Neutron's agents on each host too.
    type: bool
    default: false
seealso:
  - module: stackops.aggregates.os_host_maintenance
"""

EXAMPLES = r"""
- name: Look at the members of an aggregate
  stackops.aggregates.os_host_info:
    cloud: production
    aggregate: nvme
    servers: true
  register: members

- name: List every service of the cloud
  stackops.aggregates.os_host_info:
    cloud: production
    binary: all
"""

RETURN = r"""
hosts:
  description: One entry for each service, sorted by host and binary.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the host, as its service spells it.
      type: str
      sample: cmp01
    availability_zone:
      description: Zone of the host.
      type: str
      sample: az1
    service:
      description: The service. C(updated_at) is its last heartbeat, on the cloud's clock.
      type: dict
      sample:
        id: 3c3e1f6a-6d6f-4f3e-8a9c-1f2f3a4b5c6d
        binary: nova-compute
        status: enabled
        state: up
        disabled_reason:
        forced_down: false
        updated_at: "2026-11-21T10:15:00.000000"
    aggregates:
      description: Names of the aggregates that the host is in, sorted.
      type: list
      elements: str
      sample: [nvme]
    maintenance:
      description:
        - The owner who has the host in maintenance, since when (the cloud's clock, UTC), and why; nothing without one.
        - The phase is V(maintenance) while the host is out of service and V(return) while its servers are brought back.
      type: dict
      sample: {phase: maintenance, owner: ops@bastion, since: 20261121T101500Z, mode: migrate, reason: new kernel}
    hypervisor:
      description:
        - The hypervisor; nothing for a service other than nova-compute.
        - C(host_ip) is the address that the host itself names to Nova.
      type: dict
      sample:
        id: 7e0c1e0e-2c9b-4f0e-9a44-9d0f2a3b4c5d
        name: cmp01
        type: QEMU
        version: 8002000
        host_ip: 192.0.2.11
        servers_count: 12
    capacity:
      description:
        - Total (allocation ratio and reserve counted in) and used amount by resource class, from Placement.
        - Nothing for a host that Placement does not offer, because it is full or disabled.
      type: dict
      sample: {VCPU: {total: 64, used: 12}, MEMORY_MB: {total: 257536, used: 24576}}
    servers:
      description: The servers on the host. Only with O(servers=true).
      type: list
      elements: dict
      sample:
        - id: 0d5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5a
          name: web1
          status: ACTIVE
          addresses: [{network: public, address: 192.0.2.17, type: floating}]
    network_agents:
      description:
        - Neutron's agents on the host, whether each reported lately (C(alive)), and whether no administrator took it
          out (C(up)). Only with O(network_agents=true).
      type: list
      elements: dict
      sample:
        - {binary: neutron-openvswitch-agent, alive: true, up: true}
    arriving:
      description:
        - Servers that hold an allocation on the host in Placement and are not there yet, and how they come. A host
          without servers is empty only when this is empty too. Only with O(servers=true) and O(host).
      type: list
      elements: dict
      sample:
        - id: 2f3e4d5c-6b7a-4899-8b9c-1c2d3e4f5a6b
          name: web7
          status: BUILD
          how: it is being built or restored there (spawning)
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._aggregates.lookup import existing_aggregate
from ..module_utils._ansible.execute import Info
from ..module_utils._ansible.module import run
from ..module_utils._errors import Refused
from ..module_utils._host_info import host_info_result, wanted_hosts
from ..module_utils._maintenance.mark import TRAIT_PREFIX, read_trait
from ..module_utils._maintenance.observe import observe_occupancy
from ..module_utils._openstack.cloud import Cloud

SPEC = {
    "host": {"type": "str"},
    "aggregate": {"type": "str"},
    "binary": {"type": "str", "choices": ["nova-compute", "all"], "default": "nova-compute"},
    "servers": {"type": "bool", "default": False},
    "network_agents": {"type": "bool", "default": False},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Info:
    aggregates = cloud.nova.aggregates()
    members = existing_aggregate(aggregates, params["aggregate"]).hosts if params["aggregate"] is not None else None
    services = cloud.nova.services(None if params["binary"] == "all" else params["binary"])
    wanted = wanted_hosts(services, params["host"], members)
    if params["host"] is not None and not wanted:
        where = "" if params["aggregate"] is None else f" in the aggregate {params['aggregate']!r}"
        raise Refused(f"There is no host {params['host']!r}{where}: check its spelling with this module and no filter.")
    hypervisors = {hypervisor.host: hypervisor for hypervisor in cloud.nova.hypervisors()}
    capacities = cloud.placement.capacities()
    returns = dict(filter(None, map(read_trait, sorted(cloud.placement.traits(TRAIT_PREFIX)))))
    servers = cloud.nova.servers(params["host"]) if params["servers"] else None
    occupancy = None
    if servers is not None and params["host"] in hypervisors:
        occupancy = observe_occupancy(cloud, params["host"], hypervisors[params["host"]].id, servers)
        servers = [*servers, *occupancy.unlisted]
    agents = cloud.neutron.agents(params["host"]) if params["network_agents"] else None
    hosts = []
    for service in wanted:
        hypervisor = hypervisors.get(service.host) if service.binary == "nova-compute" else None
        key = hypervisor.id if hypervisor else ""
        arriving = occupancy.arriving if occupancy and hypervisor else None
        capacity, returning = capacities.get(key), returns.get(key)
        hosts.append(host_info_result(service, aggregates, hypervisor, capacity, returning, servers, arriving, agents))
    return Info({"hosts": hosts})


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
