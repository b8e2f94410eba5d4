# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The options of a maintenance."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from .._openstack.model import Hypervisor


@dataclass(frozen=True, slots=True)
class Options:
    """The options of os_host_maintenance; times in seconds."""

    host: str
    owner: str
    mode: str = "migrate"
    reason: str = ""
    aggregate: str | None = None
    aggregate_metadata: Mapping[str, str | None] | None = None
    targets: tuple[str, ...] | None = None
    takeover: bool = False
    foreign: str = "refuse"
    bring_back: bool = True
    bring_back_required: bool = False
    leave_stopped: bool = False
    leave_unmovable: bool = False
    granted_tags: tuple[str, ...] = ()
    moves: Mapping[str, str] = field(default_factory=dict)  # server -> target, as a plan has it
    hypervisors: Mapping[str, Hypervisor] = field(default_factory=dict)  # by host, of these targets
    capacity_margin: float = 0  # percent
    max_concurrent: int = 2
    timeout: float = 3600.0
    migration_timeout: float = 600.0
    on_stuck: str = "abort"
    retries: int = 1


def default_owner() -> str:
    """The user and this machine, in characters that a mark may hold."""
    return re.sub(r"[:\s]", "_", f"{getpass.getuser()}@{socket.gethostname()}")
