# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""nova-compute on a host: ``python -m tests.hypervisors.compute NAME``, in the services' virtualenv."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.cloud.embedded import processes
from tests.cloud.embedded.inside import nova_services
from tests.cloud.embedded.layout import Layout
from tests.cloud.embedded.waiting import wait_for

LIBVIRT = Path("/run/libvirt/libvirt-sock")

if __name__ == "__main__":
    name = sys.argv[1]
    processes.introduce(name)
    wait_for(f"libvirt of {name} listens", LIBVIRT.exists)
    nova_services.load()
    then = nova_services.play(Layout.recorded(Path(os.environ[processes.MARKER])), "compute", name)
    if then:
        then()
