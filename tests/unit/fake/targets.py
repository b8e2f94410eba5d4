# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Targets, groups and requests for moves, put together by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.capacity import HostCapacity
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.group import Group
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.choose import Target
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.request import MoveRequest

NEEDS = {"VCPU": 2, "MEMORY_MB": 2048}
VERSION = 5


def target(host: str, used: int = 0, version: int = VERSION, servers: Iterable[str] = (), total: int = 8) -> Target:
    """A host of so many vCPUs, each with one GiB of memory."""
    capacity = HostCapacity({"VCPU": total, "MEMORY_MB": total * 1024}, {"VCPU": used, "MEMORY_MB": used * 1024})
    return Target(host, version, capacity, set(servers))


def group(policy: str, *members: str, most: int = 1) -> Group:
    return Group("g", "pair", policy, frozenset(members), most)


def request(server: str, **more: Any) -> MoveRequest:
    """:param more: as in MoveRequest."""
    return MoveRequest(**{"server": server, "needs": NEEDS, "version": VERSION, **more})
