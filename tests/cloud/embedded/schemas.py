# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Empty databases: every service's migrations run once for a virtualenv, then they are copied.

The copies lie inside the virtualenv, so they are there exactly as long as the releases they belong to.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.cloud.embedded import cells
from tests.cloud.embedded.errors import CloudError
from tests.cloud.embedded.installation import locked
from tests.cloud.embedded.layout import Layout
from tests.cloud.embedded.processes import environment


def provide(layout: Layout, say: Callable[[str], None]) -> None:
    """Fill `<state>/db` with empty databases of the right schema."""
    ready = layout.venv / "schemas"
    with locked(layout.venv / "schemas.lock"):
        if not ready.exists():
            say("creating the database schemas (once, about 15 s)")
            migrate(layout)
            with tempfile.TemporaryDirectory(dir=layout.venv) as work:
                copy = Path(work, "schemas")
                shutil.copytree(layout.state / "db", copy)
                shutil.copy(copy / "nova.sqlite", copy / "nova_cell0.sqlite")
                copy.rename(ready)
    databases = layout.state / "db"
    shutil.copytree(ready, databases, dirs_exist_ok=True)
    shutil.copy(databases / "nova.sqlite", databases / f"{cells.DATABASES['cell2']}.sqlite")


def migrate(layout: Layout) -> None:
    nova = ["--config-file", "nova.conf", "--config-file", "nova-databases.conf"]
    commands = {
        "keystone": ["keystone-manage", "--config-file", "keystone.conf", "db_sync"],
        "placement": ["placement-manage", "--config-file", "placement.conf", "db", "sync"],
        "glance": ["glance-manage", "--config-file", "glance-api.conf", "db_sync"],
        "nova-api": ["nova-manage", *nova, "api_db", "sync"],
        "nova": ["nova-manage", *nova, "db", "sync", "--local_cell"],
    }
    started = []
    for name, (program, *arguments) in commands.items():
        log = layout.logs / f"schema-{name}.log"
        with log.open("wb") as output:
            command = [str(layout.venv / "bin" / program), *arguments]
            running = subprocess.Popen(  # pylint: disable=consider-using-with
                command, cwd=layout.etc, env=environment(layout), stdout=output, stderr=output
            )
        started.append((running, name, log))
    failed = [f"{name} (see {log})" for running, name, log in started if running.wait()]
    if failed:
        raise CloudError(f"Creating the database schema failed for {', '.join(failed)}.")
