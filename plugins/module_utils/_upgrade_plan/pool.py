# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A pool as it was observed for a plan. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._openstack.model import Group, HostCapacity, Resources, Server
from .._targets.choose import Demand


@dataclass(frozen=True, slots=True)
class PoolMember:
    """A host of the pool.

    :ivar guests: the servers on it; they are only looked at where the host is to be upgraded.
    :ivar idle: why it takes no servers; empty where it does.
    :ivar kept: why it may not be taken out of service, and what would help.
    :ivar other_owner: another owner, who has it in maintenance or is bringing its servers home.
    :ivar unfinished: an earlier run took it out of service, or was bringing its servers home.
    :ivar returning: servers elsewhere that left it in that run and are to come home.
    :ivar old_disks: servers that were resized away from it, which nobody confirmed yet.
    :ivar unconfirmed: hosts at the other end of its own cold moves, which it confirms when it goes on.
    :ivar hypervisor: the uuid of its hypervisor, if it has one.
    """

    host: str
    zone: str | None
    version: int
    capacity: HostCapacity | None
    servers: frozenset[str] = frozenset()
    guests: Sequence[Server] = ()
    up: bool = True
    idle: str = ""
    kept: tuple[str, str] | None = None
    other_owner: str | None = None
    unfinished: bool = False
    returning: Sequence[str] = ()
    old_disks: Sequence[str] = ()
    unconfirmed: frozenset[str] = frozenset()
    hypervisor: str = ""


@dataclass(frozen=True, slots=True)
class ObservedPool:
    """One observation of a pool: its hosts in the order of their names, and what is known of the servers on them."""

    members: Sequence[PoolMember]
    groups: Sequence[Group] = ()
    needs: Mapping[str, Resources] = field(default_factory=dict)
    demands: Mapping[str, Demand] = field(default_factory=dict)
