# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A pool as it was observed for a plan. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._openstack.capacity import HostCapacity, Resources
from .._openstack.group import Group
from .._openstack.server import Server
from .._targets.request import Demand


@dataclass(frozen=True, slots=True)
class PoolMember:
    """A host of the pool.

    :ivar version: of its hypervisor.
    :ivar capacity: None where Placement does not offer the host.
    :ivar servers: the uuids of the servers on it.
    :ivar guests: the servers on it; known only where the host is to be upgraded, or where all were observed.
    :ivar up: whether its compute service is up.
    :ivar unusable: why it takes no servers; empty if it does.
    :ivar obstacle: why it may not be taken out of service, and what would help.
    :ivar other_roll: another roll that has it in maintenance or is bringing its servers back, as the end of a sentence.
    :ivar unfinished: whether an earlier run took it out of service, or was bringing its servers back.
    :ivar to_bring_back: uuids of servers elsewhere that left it in that run and are to be brought back.
    :ivar old_disks: uuids of servers that were resized away from it, which nobody confirmed yet.
    :ivar unconfirmed: hosts at the other end of its own cold moves, which it confirms when it goes on.
    :ivar hypervisor: the uuid of its hypervisor; empty if it has none.
    """

    host: str
    zone: str | None
    version: int
    capacity: HostCapacity | None
    servers: frozenset[str] = frozenset()
    guests: Sequence[Server] = ()
    up: bool = True
    unusable: str = ""
    obstacle: tuple[str, str] | None = None
    other_roll: str | None = None
    unfinished: bool = False
    to_bring_back: Sequence[str] = ()
    old_disks: Sequence[str] = ()
    unconfirmed: frozenset[str] = frozenset()
    hypervisor: str = ""


@dataclass(frozen=True, slots=True)
class ObservedPool:
    """One observation of a pool.

    :ivar members: its hosts in the order of their names.
    :ivar groups: the server groups with members on these hosts.
    :ivar needs: what each server holds on its host, by uuid.
    :ivar demands: what each server asks of a host beside capacity, by uuid.
    :ivar unmirrored: members that Placement's aggregates lack, so that it offers nothing there.
    """

    members: Sequence[PoolMember]
    groups: Sequence[Group] = ()
    needs: Mapping[str, Resources] = field(default_factory=dict)
    demands: Mapping[str, Demand] = field(default_factory=dict)
    unmirrored: Sequence[str] = ()
