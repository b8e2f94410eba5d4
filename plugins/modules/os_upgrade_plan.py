#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_plan
short_description: Plan in which order the hosts of a pool can be upgraded, and where their servers go
description:
  - Observes the pool and works out a turn for every host, from its drain until its servers are back, and a target for
    every server that has to leave it. Nothing is changed.
  - Turns overlap. As soon as one is over, the next host in order begins that can go; one that cannot yet holds up none
    of those behind it. At most O(max_unavailable) members are out of service at any moment.
  - Capacity with its margin, hard server groups (anti-affinity), zones, failure domains, traits and hypervisor versions
    are kept at every moment of the plan. Two members of a hard group never move at the same time. No server moves
    twice for the sake of others where O(bring_back) is set.
  - It is a heuristic, and says how far above lower bounds it is, in moves and in time.
  - Predicted times rest on Nova's records of the newest live migrations out of hosts of the pool, by the memory of
    their servers. Where there are none, and for the upgrade itself, they rest on assumptions (30 seconds a move, 15
    minutes an upgrade); the plan says which. A roll also knows how long hosts of it and of the one before took.
  - What keeps a host from being upgraded is in the plan too, with what would help. It is no failure, and the other
    hosts are planned all the same.
  - A plan holds while nothing else changes. Whoever carries it out plans again before every turn, with O(done).
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
  - stackops.aggregates.attributes.info_module
  - stackops.aggregates.planning
notes:
  - An administrator's credentials are needed.
options:
  hosts:
    description:
      - Members to upgrade. They are planned in this order as far as that costs no moves. Without it all members, the
        oldest hypervisor first.
    type: list
    elements: str
  needing:
    description:
      - Members that turned out to need the upgrade. Only these are planned, in the order of O(hosts) if that is given.
    type: list
    elements: str
  done:
    description:
      - Members that have the upgrade already. They are not planned, and take servers before others do.
    type: list
    elements: str
    default: []
  verified:
    description:
      - Members that have the upgrade already and that an earlier run did not put back. Their return is planned, and no
        server leaves them.
    type: list
    elements: str
    default: []
seealso:
  - module: stackops.aggregates.os_host_maintenance
"""

EXAMPLES = r"""
- name: Plan the upgrade of a pool, a quarter of it at once
  stackops.aggregates.os_upgrade_plan:
    cloud: production
    aggregate: nvme
    max_unavailable: 25%
    capacity_margin: 5
  register: planned

- name: Show it
  ansible.builtin.debug:
    var: planned.summary

- name: Empty the hosts that begin at once as planned
  stackops.aggregates.os_host_maintenance:
    cloud: production
    host: "{{ item.host }}"
    state: started
    aggregate: nvme
    moves: "{{ item.moves }}"
  loop: "{{ planned.plan.turns | selectattr('begin', '==', 0) }}"
  when: planned.plan.possible
"""

RETURN = r"""
plan:
  description: The plan.
  returned: success
  type: dict
  contains:
    pool:
      description: The hosts of the pool, sorted.
      type: list
      elements: str
      sample: [cmp01, cmp02, cmp03]
    possible:
      description: Whether every host that is to be upgraded has a turn, and no other owner keeps a host of the pool.
      type: bool
      sample: true
    turns:
      description: The hosts in the order in which their turns begin.
      type: list
      elements: dict
      contains:
        host:
          description: Name of the host.
          type: str
        version:
          description: Version of its hypervisor.
          type: int
        zone:
          description: Its availability zone.
          type: str
        moves:
          description:
            - Servers that leave it, how (live or cold) and where to, with uuid and version of the hypervisor there, as
              O(stackops.aggregates.os_host_maintenance#module:moves) takes them.
            - Before them those of other hosts that make room, each with the host that it leaves in C(source).
          type: list
          elements: dict
        left:
          description: Servers that stay on it, whether they run, and why.
          type: list
          elements: dict
        returning:
          description: Uuids of servers that left it in an earlier run and that its return brings back.
          type: list
          elements: str
        begin:
          description: When its turn begins, in predicted seconds since the roll began.
          type: int
        end:
          description: When its turn is over.
          type: int
        waits_for:
          description: Why it does not begin sooner; empty for those that begin at once.
          type: str
      sample:
        - host: cmp01
          version: 8002000
          zone: az1
          moves:
            - server: 0d5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5a
              name: web1
              target: cmp03
              hypervisor: 1d2f3a4b-5c6d-4e7f-8a9b-0c1d2e3f4a5b
              version: 8002000
              kind: live
          left: []
          returning: []
          begin: 960
          end: 1920
          waits_for: max_unavailable is 1
    blockers:
      description:
        - What keeps hosts out of the plan, and all of it for a person in C(text). C(server) and C(name) are nothing
          where it is the host itself.
      type: list
      elements: dict
      sample:
        - host: cmp02
          server: 1e5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5b
          name: db1
          reason: no host has enough free capacity for it; cmp03, which lacks least, lacks 2 VCPU
          help: Free that on cmp03, or add a host to the pool.
          text: >-
            cmp02: server db1 (1e5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5b): no host has enough free capacity for it; cmp03,
            which lacks least, lacks 2 VCPU. Free that on cmp03, or add a host to the pool.
    totals:
      description:
        - Counts of hosts that have a turn, of servers that move and of moves; a lower bound of the moves for these
          hosts, and the gap between the two; the predicted seconds until all is over, and a lower bound of these, by
          how many hosts may go at once and by the room that there is for their servers.
      type: dict
      sample: {hosts: 3, servers: 12, moves: 24, lower_bound: 24, gap: 0, seconds: 3060, seconds_bound: 3060}
    basis:
      description: What the predicted times rest on, for a person.
      type: str
      sample: >-
        times: 2 s and 0.5 s for each GiB a move, 2 at once, seen in 38 migrations of the pool; 15 min an upgrade,
        assumed
summary:
  description: The plan as lines for a person. Characters in names that a terminal would not show are question marks.
  returned: success
  type: list
  elements: str
  sample:
    - "0:00:00 cmp01 in az1 (hypervisor 8002000): 1 server to move"
    - "  live web1 -> cmp03"
    - "total: 1 host, 1 server, 2 moves (at least 2 needed), about 16 min (at least 16 min)"
    - "times: 30 s a move, 2 at once, assumed; 15 min an upgrade, assumed"
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._aggregates.lookup import pool_aggregates
from ..module_utils._ansible.execute import Info
from ..module_utils._ansible.module import run
from ..module_utils._maintenance.options import default_owner
from ..module_utils._maintenance.ownership import Keeper
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._upgrade_plan.observe import observe_and_plan
from ..module_utils._upgrade_plan.observe_pace import observe_pace
from ..module_utils._upgrade_plan.options import PLAN_OPTIONS, read_plan_options
from ..module_utils._upgrade_plan.pace import Pace
from ..module_utils._upgrade_plan.plan import UpgradePlan
from ..module_utils._upgrade_plan.planner import plan_upgrade
from ..module_utils._upgrade_plan.pool import ObservedPool

SPEC = {
    **PLAN_OPTIONS,
    "needing": {"type": "list", "elements": "str"},
    "done": {"type": "list", "elements": "str", "default": []},
    "verified": {"type": "list", "elements": "str", "default": []},
}
CONSTRAINTS = {
    "mutually_exclusive": [("aggregate", "aggregate_metadata")],
    "required_one_of": [("aggregate", "aggregate_metadata")],
}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Info:
    pool = pool_aggregates(cloud.nova.aggregates(), params["aggregate"], params["aggregate_metadata"])
    options = read_plan_options(params, {host for aggregate in pool for host in aggregate.hosts})
    keeper = Keeper(params["owner"] or default_owner(cloud), None, params["takeover"])

    def planned(observed_pool: ObservedPool) -> UpgradePlan:
        pace = observe_pace(cloud, observed_pool, Pace(moves_at_once=options.max_concurrent))
        return plan_upgrade(observed_pool, options, pace)

    _observed_pool, plan = observe_and_plan(cloud, pool, options, keeper, planned)
    return Info({"plan": plan.to_result(), "summary": plan.lines()})


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
