# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which process runs a roll, and whether it still runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def ansible_process() -> dict[str, Any]:
    """Ansible's own process, which started this one; its start tells it from a later one with the same number."""
    pid = os.getppid()
    return {"pid": pid, "started": _started(pid)}


def started_by(process: Mapping[str, Any]) -> bool:
    """Whether that process started this one."""
    return process == ansible_process()


def is_running(process: Mapping[str, Any]) -> bool:
    """Whether that very process still runs on this machine."""
    return bool(process["started"]) and _started(process["pid"]) == process["started"]


def _started(pid: int) -> str:
    """When a process started, as text that only it has; empty when there is none, and where there is no /proc."""
    try:
        # Field 22 of proc(5), ticks since the boot; the name before it, in brackets, may hold anything.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""
