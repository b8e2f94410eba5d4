#!/usr/bin/python
# Copyright: (c) 2026, stackops.aggregates contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_upgrade_canary
short_description: Try a host that is to return with a throw-away server
description:
  - Tries a host of a rolling upgrade with a throw-away server in the project of the credentials. It is built on a host
    that is not upgraded yet, live-migrates to this one, is built anew there, and goes on to one that is upgraded where
    there is one. It is deleted in the end.
  - The host stays out of service meanwhile, so nobody else's server comes to it. Nova lets the throw-away server move
    to such a host because the scheduler is not asked, as it may be up to microversion 2.67 of its API.
  - What a run that was killed left is deleted first. A throw-away server is known by its tag C(stackops:canary:) with
    the id of the roll, and only one of this project counts. A drain waits for it, a plan leaves it out.
  - The role P(stackops.aggregates.rolling_upgrade#role) uses it. It runs on the controller, where the record lies.
author:
  - The stackops.aggregates contributors (@stackops)
extends_documentation_fragment:
  - stackops.aggregates.cloud
  - stackops.aggregates.attributes
attributes:
  check_mode:
    support: full
    details:
      - Tries nothing.
  diff_mode:
    support: none
    details:
      - What it makes it deletes.
  idempotent:
    support: none
    details:
      - Each task tries the host anew.
options:
  folder:
    description:
      - The folder of the roll, as M(stackops.aggregates.os_upgrade_roll) returned it.
    type: path
    required: true
  session:
    description:
      - The session, as M(stackops.aggregates.os_upgrade_roll) returned it.
    type: str
    required: true
  host:
    description:
      - The host, as Nova names it.
    type: str
    required: true
  canary:
    description:
      - What the throw-away server is built of.
    type: dict
    required: true
    suboptions:
      image:
        description:
          - An image by name or id.
        type: str
        required: true
      flavor:
        description:
          - A flavor by name or id.
        type: str
        required: true
      network:
        description:
          - A network by name or id; V(none) for none, V(auto) for what Nova chooses.
        type: str
        required: true
      timeout:
        description:
          - Seconds for each host on its way, until it is there and answers the probe.
        type: int
        default: 300
  probed:
    description:
      - Whether a probe of guests runs. It then has to answer at each host.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Try the host before its servers are back
  stackops.aggregates.os_upgrade_canary:
    cloud: production
    folder: "{{ opened.roll.folder }}"
    session: "{{ opened.roll.session }}"
    host: cmp01
    canary: {image: cirros, flavor: tiny, network: canaries}
"""

RETURN = r"""
stops:
  description:
    - The hosts that the throw-away server reached, in order, and how (C(built), C(live-migrated), C(rebuilt)). Times
      are seconds since 1970. C(answered) is when the probe had an answer there, C(silent) for how many seconds it had
      none around that.
  returned: success, and failure in the middle
  type: list
  elements: dict
  sample:
    - server: 0d5e6f7a-1b2c-4d3e-8f9a-0b1c2d3e4f5a
      host: cmp02
      how: built
      begin: 1763719200.0
      end: 1763719204.2
      answered: 1763719206.1
      silent: 0.0
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils._ansible.execute import Work
from ..module_utils._ansible.module import run
from ..module_utils._canary.template import SPEC as CANARY_SPEC
from ..module_utils._openstack.cloud import Cloud
from ..module_utils._roll.store import RecordStore
from ..module_utils._roll.try_host import CanaryOptions, TryHost

SPEC = {
    "folder": {"type": "path", "required": True},
    "session": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "canary": {**CANARY_SPEC, "required": True},
    "probed": {"type": "bool", "default": False},
}
CONSTRAINTS: dict[str, Any] = {}


def make(cloud: Cloud, params: Mapping[str, Any]) -> Work:
    options = CanaryOptions(params["host"], params["canary"], params["probed"])
    return TryHost(cloud, RecordStore(Path(params["folder"])), params["session"], options)


def main() -> None:
    run(make, SPEC, CONSTRAINTS)


if __name__ == "__main__":
    main()
