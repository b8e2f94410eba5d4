# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""An attempt to migrate a server, and what Nova may say of the server and of its migration record afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._migration.move import LIVE
from ansible_collections.stackops.aggregates.plugins.module_utils._migration.outcome import MigrationAttempt
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import Migration
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.server import Server

ATTEMPT = MigrationAttempt("s", "web", LIVE, "old", "new", after=5, since=100.0)
HERE = Server("s", "web", "old", "ACTIVE", "active", None)
MOVING = replace(HERE, task_state="migrating")
THERE = replace(HERE, host="new")
BROKEN = replace(HERE, vm_state="error")
EARLY = 101.0  # a second after it was asked for


def record(status: str, number: int = 6, kind: str = LIVE, **more: Any) -> Migration:
    return Migration(number, f"m{number}", "s", "old", "new", status, kind, "2026-11-21T10:00:00.000000", **more)
