#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_note
short_description: Record what a host of a rolling upgrade went through
description:
  - Adds one event of one host to the record that M(stackops.aggregates.os_upgrade_roll) opened, and says how far the
    roll is. It is on the disk before the task ends.
  - The role P(stackops.aggregates.rolling_upgrade#role) uses it. It runs on the controller, where the record lies.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
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
      - Each task adds its event.
options:
  folder:
    description:
      - The folder of the roll, as M(stackops.aggregates.os_upgrade_roll) returned it.
    type: path
    required: true
  session:
    description:
      - The session, as M(stackops.aggregates.os_upgrade_roll) returned it. When another run has gone on with the roll
        since, the event is refused.
    type: str
    required: true
  host:
    description:
      - The host.
    type: str
    required: true
  event:
    description:
      - What happened to it. V(drained) is refused when one of the servers in O(left) runs.
      - V(verified) says that the upgrade is not to be done again. It ends the upgrade too where V(upgraded) did not.
      - With V(failed) what Nova says of the host is kept in a file in O(folder), where secrets of the cloud are hidden.
      - V(handed_back) says that a host that failed is in service again.
      - V(not_told) says that others could not be told of something, and is a warning.
      - V(gate_waits) says that its gate does not hold, waits until it is to be asked again, and stops the roll when
        that was so for O(timeout). V(gate_holds) ends that.
    type: str
    choices: [drained, upgraded, verified, returned, failed, handed_back, gate_waits, gate_holds, not_told]
    required: true
  before:
    description:
      - What the gate stands before, the V(drain) or the V(return) of the host; or V(soak), another step of the ramp.
    type: str
    choices: [soak, drain, return]
    default: drain
  timeout:
    description:
      - Seconds for which the gate may not hold.
    type: int
    default: 600
  left:
    description:
      - Servers that stayed on the host after the drain, or were not brought back to it, as
        M(stackops.aggregates.os_host_maintenance) returned them.
    type: list
    elements: dict
    default: []
  brought_back:
    description:
      - Servers that were brought back to it, as M(stackops.aggregates.os_host_maintenance) returned them. V(returned)
        is refused when servers were to come back and none did.
    type: list
    elements: raw
    default: []
  version:
    description:
      - What it runs since its upgrade, for the report. For V(upgraded) and V(verified).
    type: str
    default: ""
  reason:
    description:
      - Why it failed, why the gate does not hold, or what others could not be told.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Record that the host is upgraded
  stackops.aggregates.os_upgrade_note:
    cloud: production
    folder: "{{ opened.roll.folder }}"
    session: "{{ opened.roll.session }}"
    host: cmp01
    event: upgraded
"""

RETURN = r"""
far:
  description: How far the roll is, for people.
  returned: for events of a phase and a failure
  type: str
  sample: 3 of 8 hosts done, 14 servers moved; will be over at about 14:32, in 12 min
reason:
  description: Why it failed, as it is recorded; fit to be shown, and without the secrets of the cloud.
  returned: success
  type: str
  sample: The task 'Upgrade' failed; no space left on device.
phase:
  description: The phase in which it failed.
  returned: for failures
  type: str
  sample: upgrade
evidence:
  description: The file in which it is kept what Nova says of the host.
  returned: for failures
  type: str
  sample: /var/lib/rolls/nvme-1a2b3c4d/20261121T101500Z/failure-cmp01-1.json
gate:
  description:
    - Whether the gate V(holds), V(waits) to be asked again, or is V(over) and the host has no turn in this run.
  returned: for events of a gate
  type: str
  sample: waits
notice:
  description: What others are to be told, or an empty text.
  returned: for events of a gate
  type: str
  sample: "the gate before the drain of cmp03 does not hold: The task 'Alerts' failed: NodeDown fires."
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils._ansible.execute import Work, mask_of
from ..module_utils._ansible.module import run
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._roll.gate import EVENTS as GATE_EVENTS
from ..module_utils._roll.gate import RecordGate
from ..module_utils._roll.notice import EVENT as NOT_TOLD
from ..module_utils._roll.notice import RecordNotice
from ..module_utils._roll.record_event import EVENTS, RecordEvent
from ..module_utils._roll.record_failure import RecordFailure
from ..module_utils._roll.roll import GATE_PLACES
from ..module_utils._roll.store import RecordStore

SPEC = {
    "folder": {"type": "path", "required": True},
    "session": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "event": {"type": "str", "choices": [*EVENTS, *GATE_EVENTS, NOT_TOLD], "required": True},
    "before": {"type": "str", "choices": list(GATE_PLACES), "default": "drain"},
    "timeout": {"type": "int", "default": 600},
    "left": {"type": "list", "elements": "dict", "default": []},
    "brought_back": {"type": "list", "elements": "raw", "default": []},
    "version": {"type": "str", "default": ""},
    "reason": {"type": "str", "default": ""},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Work:
    other = {**dict.fromkeys(GATE_EVENTS, RecordGate), NOT_TOLD: RecordNotice, "failed": RecordFailure}
    work = other.get(params["event"], RecordEvent)
    # Both may quote whatever a task of the operator's own says, and are in the record and the report.
    mask = mask_of(cloud, params)
    told = {name: mask.sentence(params[name]) for name in ("reason", "version")}
    event = {**params, **told, "mask": mask}
    return work(cloud, RecordStore(Path(params["folder"])), params["session"], event)


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
