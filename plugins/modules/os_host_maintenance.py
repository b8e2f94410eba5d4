#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_host_maintenance
short_description: Start and stop the maintenance of a compute host
description:
  - V(started) takes a host out of scheduling, moves its servers to other members of its aggregate, and waits until
    no server is on it and none is on its way there. Running servers only ever move by live migration; servers that are
    shut off are moved cold, and the move is confirmed.
  - A host is called empty only when everything that holds an allocation on it in Placement is explained, at that
    moment. What is being built there, moved or resized to it is waited for, also on a host that was drained before.
  - V(stopped) waits for the compute service, puts the host back into scheduling and brings back exactly those servers
    that left it.
  - Everything in the way that Nova and Placement tell of is looked for first, and named in one error with nothing
    touched.
  - While O(timeout) lasts, a cloud that does not answer, or answers that it is busy, ends nothing.
  - The cloud is the journal. Who keeps the host, since when and why stands in the C(disabled_reason) of its compute
    service, so a run that was killed goes on when it is run again, and another owner is refused.
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
notes:
  - While servers are brought back, a trait C(CUSTOM_STACKOPS_RETURN_...) on the resource provider of the host says so.
  - An administrator's credentials are needed.
options:
  host:
    description:
      - The compute host, spelled as its compute service spells it.
    type: str
    required: true
  state:
    description:
      - Whether the maintenance shall be started or stopped.
    type: str
    choices: [started, stopped]
    required: true
  reason:
    description:
      - Why; it stands in the compute service's disabled reason after the mark. What does not fit into Nova's 255
        characters is refused.
    type: str
  mode:
    description:
      - V(migrate) empties the host.
      - V(disable) takes it out of scheduling and moves nothing.
      - V(hypervisor) does the same and sets the maintenance mode of its hypervisor (C(nova host-update --maintenance)).
        Only some virtualization drivers know it, and libvirt does not.
    type: str
    choices: [migrate, disable, hypervisor]
    default: migrate
  aggregate:
    description:
      - Aggregate whose members may take the servers, by name, uuid or integer id. A name goes before an id.
      - Without it, O(aggregate_metadata) and O(targets), it is the one aggregate that the host is in.
    type: str
  aggregate_metadata:
    description:
      - Chooses the aggregates that have all this metadata instead; their members together may take the servers.
    type: dict
  targets:
    description:
      - Hosts that may take the servers. Together with an aggregate, only its members among them.
    type: list
    elements: str
  owner:
    description:
      - Who keeps the host. A maintenance that another owner started is neither gone on with nor stopped.
      - By default the user that the module runs as and the user of the cloud, as V(alice@admin). Where the former has
        no name, as in some containers, it has to be set.
    type: str
  roll:
    description:
      - The id of the roll that the maintenance belongs to, for the role P(stackops.aggregates.rolling_upgrade#role).
        What a roll began is refused to all others, also to the same owner, and so is to a roll what a person began.
    type: str
    default: ""
  takeover:
    description:
      - Whether to take over a maintenance that another owner started.
    type: bool
    default: false
  standing:
    description:
      - Whether to go on only with a maintenance that stands. A host that somebody enabled since its maintenance began,
        or disabled for another reason, is refused and left as it is, instead of being drained anew with
        O(state=started), or of counting as stopped with O(state=stopped).
      - With O(state=started) no server may run on the host either, also none that options leave there, for it is
        about to be upgraded or rebooted.
    type: bool
    default: false
  foreign:
    description:
      - What to do with a host that somebody else disabled. V(refuse) it, or V(drain) it and leave its status and
        reason as they are; O(state=stopped) then leaves it disabled and brings nothing back.
    type: str
    choices: [refuse, drain]
    default: refuse
  stopped_servers:
    description:
      - What to do with servers that are shut off. V(migrate) moves them cold, V(leave) leaves them on the host.
    type: str
    choices: [migrate, leave]
    default: migrate
  unmovable_servers:
    description:
      - What to do when a server cannot be moved, because of its state or because it is in an affinity group. V(fail),
        or V(leave) it on the host, with a warning.
    type: str
    choices: [fail, leave]
    default: fail
  server_wishes:
    description:
      - Which server tags of tenants to grant. Without this they are ignored, and each that counts is a warning.
      - V(leave) (tag C(maintenance:leave)) leaves the server where it is, running.
      - V(cold) (tag C(maintenance:cold)) moves a running server cold, so it is down meanwhile.
      - V(stop) (tag C(maintenance:stop)) shuts a running server down and leaves it. O(state=stopped) starts it again.
    type: list
    elements: str
    choices: [leave, cold, stop]
    default: []
  moves:
    description:
      - Targets that a plan has for servers. They are followed, and another target is only looked for when Nova refuses
        one, or when it is not in the pool or not in service.
    type: list
    elements: dict
    default: []
    suboptions:
      server:
        description:
          - Uuid of the server.
        type: str
        required: true
      target:
        description:
          - The host.
        type: str
        required: true
      hypervisor:
        description:
          - Uuid of the hypervisor there. A drain that has it and O(moves[].version) for each move only asks for all
            hypervisors of the cloud when it cannot follow the plan.
        type: str
      version:
        description:
          - Version of that hypervisor, as Nova has it.
        type: int
      name:
        description:
          - Name of the server, as a plan has it for those who read it. O(moves[].server) alone counts.
        type: str
      kind:
        description:
          - How it was to move when the plan was made. Its state at the moment of its move alone counts.
        type: str
      source:
        description:
          - Another host, which the server leaves to make room there for servers of this one. It is moved before these,
            live and to no other target, and stays there. If that fails no server of this host is moved.
        type: str
  capacity_margin:
    description:
      - Percent of each resource (VCPU, memory, disk and others) that stay free on every target.
    type: float
    default: 0
  bring_back:
    description:
      - With O(state=stopped), whether to bring back the servers that left.
    type: bool
    default: true
  bring_back_required:
    description:
      - Whether a server that cannot be brought back is a failure. Otherwise it is a warning.
    type: bool
    default: false
  max_concurrent:
    description:
      - How many servers may be on the move at once. Nova itself runs one live migration out of a host at a time
        (C(max_concurrent_live_migrations)) and queues the others.
    type: int
    default: 2
  max_concurrent_per_target:
    description:
      - How many servers may be on the move into one host at once; V(0) for any number. With O(roll_folder) those of all
        turns of the roll count.
    type: int
    default: 0
  max_concurrent_in_pool:
    description:
      - How many servers may be on the move at once in all turns of a roll together; V(0) for any number. Those that
        find no room wait, and O(timeout) goes on meanwhile.
    type: int
    default: 0
  roll_folder:
    description:
      - The folder of the roll, as M(stackops.aggregates.os_upgrade_roll) returned it. There its turns, each in a
        process of its own on this machine, count their moves.
    type: path
  retries:
    description:
      - How many more times to go through the targets after each of them refused a server.
    type: int
    default: 1
  migration_timeout:
    description:
      - Seconds without any progress after which a live migration counts as stuck. This is for servers of up to 2 GiB of
        memory, and of disks where these are copied; a larger one has proportionally longer. Waiting in Nova's queue
        does not count.
    type: int
    default: 600
  on_stuck:
    description:
      - What to do with a stuck live migration. V(abort) it and try another target, V(force_complete) it, which pauses
        the guest for the rest of the copying unless the hypervisor may use post-copy, or V(fail) and leave it alone.
    type: str
    choices: [abort, force_complete, fail]
    default: abort
  max_pause:
    description:
      - With O(on_stuck=force_complete), the longest pause of a guest in seconds that is accepted, as what is left to
        copy and the pace so far foretell it. A migration that would cost more, or of which nobody can tell, is aborted.
        Without it any pause is.
    type: int
  timeout:
    description:
      - Seconds for the whole drain, or for the wait for the service and then for bringing servers back. What is not
        done by then is a failure that names what is left.
    type: int
    default: 3600
seealso:
  - module: stackops.aggregates.os_host_info
"""

EXAMPLES = r"""
- name: Empty a host into the other members of its aggregate
  stackops.aggregates.os_host_maintenance:
    cloud: production
    host: cmp01
    state: started
    aggregate: nvme
    reason: new kernel

- name: Put it back and bring its servers back
  stackops.aggregates.os_host_maintenance:
    cloud: production
    host: cmp01
    state: stopped

- name: Only take a host out of scheduling
  stackops.aggregates.os_host_maintenance:
    cloud: production
    host: cmp02
    state: started
    mode: disable
"""

RETURN = r"""
host:
  description: The host as it is now, or in check mode as it would be.
  returned: success, and failure in the middle
  type: dict
  contains:
    name:
      description: Name.
      type: str
      sample: cmp01
    status:
      description: Status of its compute service, V(enabled) or V(disabled).
      type: str
      sample: disabled
    state:
      description: State of its compute service, V(up) or V(down).
      type: str
      sample: up
    disabled_reason:
      description: The reason, with the mark of this collection.
      type: str
      sample: stackops:alice@admin:20261121T101500Z-4711:migrate new kernel
    maintenance:
      description: The mark, taken apart; nothing when the host is in service and all its servers are back.
      type: dict
      sample: {phase: maintenance, owner: alice@admin, since: 20261121T101500Z, mode: migrate, reason: new kernel}
    arriving:
      description: Servers that are on their way to the host and hold an allocation there, and how they come.
      type: list
      elements: dict
      sample:
        - id: 2f3e4d5c-6b7a-4899-8b9c-1c2d3e4f5a6b
          name: web7
          status: BUILD
          how: it is being built or restored there (spawning)
moved:
  description: Servers that left the host in this run, and before them those that left another one to make room.
  returned: success, and failure in the middle
  type: list
  elements: dict
  sample: [{id: 0d5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5a, name: web1, kind: live-migration, source: cmp01, target: cmp02}]
left:
  description:
    - Servers that are still on the host after O(state=started), or are not back after O(state=stopped), each with the
      reason; after a failure also those that broke on their way. C(running) says whether its guest runs, or may run for
      all that Nova says.
  returned: success, and failure in the middle
  type: list
  elements: dict
  sample: [{id: 1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b, name: db1, status: ERROR, running: true, reason: it is in ERROR}]
brought_back:
  description: Servers that were brought back in this run, in the form of RV(moved).
  returned: success, and failure in the middle
  type: list
  elements: dict
  sample: []
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils._ansible.execute import Work
from ..module_utils._ansible.module import run
from ..module_utils._maintenance.begin import begin
from ..module_utils._maintenance.mark import MODES
from ..module_utils._maintenance.options import Options, default_owner
from ..module_utils._maintenance.ownership import Keeper
from ..module_utils._migration.tags import SERVER_TAGS
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._openstack.hypervisor import Hypervisor
from ..module_utils._targets.options import RoomMove

SPEC = {
    "host": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["started", "stopped"], "required": True},
    "reason": {"type": "str"},
    "mode": {"type": "str", "choices": list(MODES), "default": "migrate"},
    "aggregate": {"type": "str"},
    "aggregate_metadata": {"type": "dict"},
    "targets": {"type": "list", "elements": "str"},
    "owner": {"type": "str"},
    "roll": {"type": "str", "default": ""},
    "takeover": {"type": "bool", "default": False},
    "standing": {"type": "bool", "default": False},
    "foreign": {"type": "str", "choices": ["refuse", "drain"], "default": "refuse"},
    "stopped_servers": {"type": "str", "choices": ["migrate", "leave"], "default": "migrate"},
    "unmovable_servers": {"type": "str", "choices": ["fail", "leave"], "default": "fail"},
    "server_wishes": {"type": "list", "elements": "str", "choices": list(SERVER_TAGS), "default": []},
    "moves": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "server": {"type": "str", "required": True},
            "target": {"type": "str", "required": True},
            "hypervisor": {"type": "str"},
            "version": {"type": "int"},
            "name": {"type": "str"},
            "kind": {"type": "str"},
            "source": {"type": "str"},
        },
        "required_together": [("hypervisor", "version")],
    },
    "capacity_margin": {"type": "float", "default": 0},
    "bring_back": {"type": "bool", "default": True},
    "bring_back_required": {"type": "bool", "default": False},
    "max_concurrent": {"type": "int", "default": 2},
    "max_concurrent_per_target": {"type": "int", "default": 0},
    "max_concurrent_in_pool": {"type": "int", "default": 0},
    "roll_folder": {"type": "path"},
    "retries": {"type": "int", "default": 1},
    "migration_timeout": {"type": "int", "default": 600},
    "on_stuck": {"type": "str", "choices": ["abort", "force_complete", "fail"], "default": "abort"},
    "max_pause": {"type": "int"},
    "timeout": {"type": "int", "default": 3600},
}
CONSTRAINTS = {"mutually_exclusive": [("aggregate", "aggregate_metadata")]}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Work:
    options = Options(
        host=params["host"],
        keeper=Keeper(params["owner"] or default_owner(cloud), params["roll"], params["takeover"]),
        mode=params["mode"],
        reason=" ".join((params["reason"] or "").split()),
        aggregate=params["aggregate"],
        aggregate_metadata=params["aggregate_metadata"],
        targets=None if params["targets"] is None else tuple(params["targets"]),
        foreign=params["foreign"],
        standing=params["standing"],
        bring_back=params["bring_back"],
        bring_back_required=params["bring_back_required"],
        leave_stopped=params["stopped_servers"] == "leave",
        leave_unmovable=params["unmovable_servers"] == "leave",
        max_concurrent=max(1, params["max_concurrent"]),
        max_per_target=max(0, params["max_concurrent_per_target"]),
        max_in_pool=max(0, params["max_concurrent_in_pool"]),
        folder=params["roll_folder"],
        granted_tags=tuple(params["server_wishes"]),
        moves={move["server"]: move["target"] for move in params["moves"] if not move["source"]},
        room=tuple(
            RoomMove(move["server"], move["source"], move["target"]) for move in params["moves"] if move["source"]
        ),
        hypervisors={move["target"]: _hypervisor(move) for move in params["moves"] if move["hypervisor"]},
        capacity_margin=params["capacity_margin"],
        migration_timeout=params["migration_timeout"],
        on_stuck=params["on_stuck"],
        max_pause=params["max_pause"],
        retries=max(0, params["retries"]),
        timeout=params["timeout"],
    )
    return begin(cloud, params["state"], options)


def _hypervisor(move: Mapping[str, Any]) -> Hypervisor:
    return Hypervisor(move["hypervisor"], name=move["target"], host=move["target"], type=None, version=move["version"])


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
