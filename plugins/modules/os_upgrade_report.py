#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_report
short_description: Report a rolling upgrade as JSON and as one HTML page
description:
  - Writes C(report.json), for machines, and C(report.html), for people, into the folder of a rolling upgrade.
  - The page shows a lane for each host with its drain, upgrade, verification and return, each move of a server, and the
    guests that did not answer. It is one file that needs no network and runs no script.
  - It is made from the record of the roll, from Nova's migration records and from the samples of the probe. It can be
    made at any time, also while the roll runs and after it was killed.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
requirements:
  - jinja2
attributes:
  check_mode:
    support: full
    details:
      - Returns the report and writes no file.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - The report of a roll that is under way is another one each time.
options:
  folder:
    description:
      - Folder of the roll, which holds C(record.jsonl).
    type: path
    required: true
seealso:
  - module: stackops.aggregates.os_host_maintenance
"""

EXAMPLES = r"""
- name: Report a roll
  stackops.aggregates.os_upgrade_report:
    cloud: production
    folder: ~/.ansible/rolling_upgrades/nvme/20261121T100007Z
  register: reported

- name: Say where it is
  ansible.builtin.debug:
    msg: "{{ reported.report.roll.outcome }}, see {{ reported.html }}"
"""

RETURN = r"""
html:
  description: The page.
  returned: success
  type: str
  sample: /srv/rolls/nvme/20261121T100007Z/report.html
json:
  description:
    - The whole report as JSON. Beside what RV(report) has it holds C(turns); C(hosts) with their phases, failure, the
      versions before and after, that of the C(hypervisor) and the one that their tasks told (C(version)), the servers
      that stayed on the host (C(left)) and those that were not brought back (C(away)); C(moves), each with
      server, source, target, begin, end, outcome, and whether it was planned or brought the server back (C(home)); and
      the C(guests) of the probe with their gaps.
    - Times are seconds since 1970 on the controller's clock.
  returned: success
  type: str
  sample: /srv/rolls/nvme/20261121T100007Z/report.json
summary:
  description: What became of hosts and servers, and where the page is, as lines for a person.
  returned: success
  type: list
  elements: str
  sample: ["3 of 3 hosts done, 0 failed; servers moved: 6", "report: /srv/rolls/nvme/20261121T100007Z/report.html"]
report:
  description: The report in short.
  returned: success
  type: dict
  contains:
    roll:
      description:
        - The roll. Its C(outcome) is V(done), V(stopped) (with the C(reason)), V(waiting) when nothing failed and it
          goes on when the window opens (C(next_window)), V(interrupted) when its process is gone and never said why, or
          V(under way). C(until) is how far the report goes, its C(end) if it is over.
        - C(expected_end) is when a roll under way will be over. C(forecast) is how many C(seconds) its last run was
          taken to last when it began, and how many percent longer (C(error)) it took, and C(basis) what that rested on.
        - C(versions) says of hosts that are done what they ran before and run now, where that C(changed), and which of
          them have C(not_changed) then. That of the hypervisor is as Nova has it when the report is made.
      type: dict
      sample:
        id: 20261121T100007Z
        pool: nvme
        owner: ops@bastion
        upgrade: upgrade.yml
        bring_back: true
        outcome: done
        reason:
        begin: 1795255207.0
        end: 1795257307.0
        until: 1795257307.0
        seconds: 2100.0
        resumed: []
        kept_back: ["cmp04, cmp05: 1 package kept back: linux-image-amd64."]
        versions: {changed: ["cmp01, cmp02, cmp03 and 8 more: hypervisor 8002001, now 9001002"], not_changed: []}
        next_window:
        expected_end:
        forecast: {seconds: 2040.0, error: 2.9}
        basis: "times: 2 s a move, 2 at once, seen in 38 migrations of the pool; 5 min an upgrade, seen on 12 hosts"
    totals:
      description:
        - Hosts by outcome, the number of servers that moved, their moves, and what took longest. C(forecast_error) is
          by how many percent the forecasts of the hosts that are done were wrong, in the median.
        - Of the C(moves), C(planned) is how many were planned, C(as_planned) how many of those were done,
          C(home) how many servers were brought back, and C(unplanned) how many moves were done beside.
      type: dict
      sample:
        hosts: {all: 12, done: 12, failed: 0, interrupted: 0, under_way: 0, left_out: 0, not_begun: 0}
        servers: 48
        moves: {planned: 48, as_planned: 48, home: 48, unplanned: 0, done: 96, failed: 0, aborted: 0, under_way: 0}
        left: 0
        away: 0
        longest_migration:
          server: 0d5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5a
          name: web1
          source: cmp01
          target: cmp02
          seconds: 31.0
        forecast_error: 4.1
        longest_host: {host: cmp07, seconds: 352.0}
    probe:
      description:
        - What the operator's own check of the guests saw; nothing when there was none. A gap lasts from the last good
          answer of a guest to its next good one.
      type: dict
      sample: {rounds: 420, longest_between_rounds: 5.2, samples: 20160, failures: 3, longest_gap: 10.1}
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils._ansible.module import run
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._report.build import (
    build_report,
    migrations_of_roll,
    opened_on_nova_clock,
    planned_server_names,
)
from ..module_utils._report.files import ReportFiles, samples
from ..module_utils._roll.process import is_running
from ..module_utils._roll.store import RecordStore

SPEC = {"folder": {"type": "path", "required": True}}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> ReportFiles:
    folder = Path(params["folder"])
    store = RecordStore(folder)
    running = is_running(store.roll().process)
    roll = store.roll()  # only now: a process that has ended has written its last event
    migrations = cloud.nova.migrations(changes_since=opened_on_nova_clock(roll))
    names = planned_server_names(roll)
    hypervisors = {one.host: one.version for one in cloud.nova.hypervisors(servers=False)}
    if any(migration.server not in names for migration in migrations_of_roll(roll, migrations, running)):
        names = {server.id: server.name for server in cloud.nova.servers()}
    report = build_report(roll, migrations, names, hypervisors, samples(folder), running, time.time())
    return ReportFiles(folder, report)


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
