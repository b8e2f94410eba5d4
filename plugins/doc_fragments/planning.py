# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the modules that plan the upgrade of a pool."""

    DOCUMENTATION = r"""
options:
  aggregate:
    description:
      - The pool, an aggregate by name, uuid or integer id. A name goes before an id.
    type: str
  aggregate_metadata:
    description:
      - The pool as all members of the aggregates that have this metadata.
    type: dict
  exclude:
    description:
      - Members that are not to be upgraded. They take servers of the others, as far as they are in service.
    type: list
    elements: str
    default: []
  failure_domains:
    description:
      - What may fail as a whole with each member, such as its rack or its power feed, as a dictionary from member to
        name. Members of one failure domain may be out of service together, and members of two never are. One that is
        not named here is a domain of its own.
      - It is the rule of availability zones on a smaller scale, for tenants who keep their replicas in several racks.
    type: dict
    default: {}
  max_unavailable:
    description:
      - How many members of the pool may be out of service at once, as a number or as a share such as V(25%), which is
        rounded down. At least one.
      - Members that are disabled, down or in maintenance count too, also if they are not upgraded, but not those in
        O(exclude).
    type: str
    default: "1"
  ramp:
    description:
      - How many members go in each step before as many go at once as may, such as V([1, 2, 4]). A step is over when so
        many more of them are done. No step may have more than O(max_unavailable) allows.
    type: list
    elements: int
    default: []
  soak:
    description:
      - Seconds after each step of the O(ramp) in which no member begins.
    type: int
    default: 0
  max_concurrent:
    description:
      - How many servers of a host will be on the move at once, as
        O(stackops.aggregates.os_host_maintenance#module:max_concurrent). The predicted times rest on it.
    type: int
    default: 2
  capacity_margin:
    description:
      - Percent of each resource (VCPU, memory, disk and others) that stay free on every target.
    type: float
    default: 0
  bring_back:
    description:
      - Whether to bring the servers back after the upgrade of their host. Otherwise they stay where they were moved.
    type: bool
    default: true
  make_room:
    description:
      - Whether servers of other members may be moved for a member whose own servers find no room otherwise. Up to four
        are, as few as it takes, live, each directly to a third member, where they stay. Servers of members in
        O(exclude) are not, nor those that a drain would not move live.
    type: bool
    default: true
  spare_hosts:
    description:
      - How many further members may be lost at any moment, whichever they are, so that all their servers still find
        room on what is left of the pool. A member whose turn would take that room waits, or is a blocker.
      - Servers of members whose turns are not over count on the members that they were moved to. Only members of the
        pool take evacuated servers, and O(capacity_margin) stays free there too.
      - The loss of each member is thought of at each turn, and with V(2) that of each pair. So a plan for a hundred
        members takes seconds longer, and one for a thousand minutes.
    type: int
    default: 0
  mixed_zones:
    description:
      - Whether hosts of several availability zones may be out of service for the upgrade at the same time.
    type: bool
    default: false
  stopped_servers:
    description:
      - What to do with servers that are shut off. V(migrate) moves them cold, V(leave) leaves them on their host.
    type: str
    choices: [migrate, leave]
    default: migrate
  unmovable_servers:
    description:
      - What a server that cannot be moved is. V(fail), a blocker of its host, or V(leave), left on it.
    type: str
    choices: [fail, leave]
    default: fail
  server_wishes:
    description:
      - Which server tags of tenants to follow, as in M(stackops.aggregates.os_host_maintenance).
    type: list
    elements: str
    choices: [leave, cold, stop]
    default: []
  owner:
    description:
      - For whom the plan is. A member that this owner has in maintenance, or whose servers are still to be brought
        back, is unfinished and comes first; one that another owner has is a blocker.
      - By default the user and the name of the machine that the module runs on, as V(user@machine).
    type: str
  takeover:
    description:
      - Whether to treat hosts of other owners as unfinished too.
    type: bool
    default: false
"""
