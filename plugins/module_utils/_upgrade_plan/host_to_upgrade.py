# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A host that is to be upgraded, and what becomes of its servers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from .._migration.move import Move
from .._migration.sorting import STOPPED_BY_TAG, as_shut_off, sort_servers
from .._openstack.capacity import Resources
from .._openstack.group import Group
from .._openstack.server import Server
from .._targets.assign import largest_first
from .._targets.pieces import Count
from .conditions import Section
from .options import PlanOptions
from .pace import TurnLoad
from .plan import Blocker, PlannedHost, Turn
from .pool import ObservedPool, PoolMember


@dataclass(slots=True, eq=False)
class HostToUpgrade:
    """A host that is to be upgraded, at one moment of a plan.

    :ivar movable: the servers that leave it.
    :ivar left: the servers that stay on it, each with the reason.
    :ivar blockers: why it cannot be upgraded.
    :ivar section: the zone and failure domain that it is in, as far as they count.
    :ivar groups: the hard server groups of its servers that move, name by id.
    :ivar spread: how many members the largest of these groups has in the pool.
    :ivar holders: hosts that hold servers which come back to it, or that its unconfirmed moves lead to.
    :ivar moves: the moves of its drain, once it has them.
    :ivar room: the moves of servers of other hosts that go before, to make room; each of them has the host it leaves.
    :ivar brought_back: of ``member.to_bring_back`` those that can be.
    :ivar stuck: the server that had no target when the host was to have its moves the last time.
    :ivar needed: what its servers that leave it need, in pieces.
    :ivar no_way: how often the pool had changed when no room could be made for it.
    :ivar refused: the moment of the plan at which it last could not begin, and why.
    :ivar waited_for: why it did not begin sooner, once it has begun; empty if it began at once.
    :ivar number: its place in the order of hosts.
    """

    member: PoolMember
    movable: list[Server]
    left: list[tuple[Server, str]]
    blockers: list[Blocker]
    section: Section = Section()
    groups: dict[str, str] = field(default_factory=dict)
    spread: int = 0
    holders: frozenset[str] = frozenset()
    moves: list[Move] = field(default_factory=list)
    room: list[Move] = field(default_factory=list)
    brought_back: list[str] = field(default_factory=list)
    stuck: Server | None = None
    needed: Count = ()
    no_way: int = -1
    refused: tuple[int, str] = (-1, "")
    waited_for: str = ""
    number: int = 0

    @property
    def name(self) -> str:
        return self.member.host

    def blocker(self, server: Server | None, reason: str, help_: str) -> Blocker:
        """:param server: the server that is in the way; None if it is the host itself."""
        key, name = (server.id, server.name) if server else (None, None)
        return Blocker(self.name, key, name, reason, help_)

    def planned(self) -> PlannedHost:
        member = self.member
        return PlannedHost(
            self.name,
            member.version,
            member.zone,
            tuple(self.moves),
            self.left,
            tuple(self.brought_back),
            tuple(self.room),
        )

    def turn(self, begin: float, end: float, load: TurnLoad, after: int, soak: float) -> Turn:
        """Return its turn; the parameters are those of ``Turn``."""
        host = self.planned()
        return Turn(
            **{field.name: getattr(host, field.name) for field in fields(host)},
            begin=begin,
            end=end,
            waits_for=self.waited_for,
            load=load,
            after=after,
            soak=soak,
        )


def hosts_to_upgrade(observed_pool: ObservedPool, options: PlanOptions) -> list[HostToUpgrade]:
    """Return the hosts that are to be upgraded, in the order of their names.

    A host that is upgraded is among them only if it is unfinished: then it has to be put back.
    """
    # Sorting servers asks nothing else of groups.
    groups = [group for group in observed_pool.groups if group.policy == "affinity"]
    return [
        _host_to_upgrade(member, observed_pool.needs, groups, options)
        for member in observed_pool.members
        if (options.hosts is None or member.host in options.hosts)
        and (member.unfinished or member.host not in options.done)
    ]


def _host_to_upgrade(
    member: PoolMember, needs: Mapping[str, Resources], affinity_groups: Sequence[Group], options: PlanOptions
) -> HostToUpgrade:
    guests = () if member.host in options.upgraded else member.guests
    groups = [group for group in affinity_groups if group.members & member.servers]
    servers = sort_servers(guests, groups, options.leave_stopped, options.leave_unmovable, options.granted_tags)
    left = [(server, servers.left[server.id]) for server in guests if server.id in servers.left]
    left += [(as_shut_off(server), STOPPED_BY_TAG) for server in servers.to_stop]
    # A server that is migrating has a target already, and a drain waits for it.
    movable = largest_first((server for server in servers.movable if server.task_state != "migrating"), needs)
    host = HostToUpgrade(member, movable, left, [])
    if member.obstacle:
        host.blockers.append(host.blocker(None, *member.obstacle))
    host.blockers += _unmovable(host, servers.blocking, {server.id: server for server in guests})
    if servers.movable and not member.up:
        host.blockers.append(
            host.blocker(None, "its compute service is down, so no server can leave it", "Start nova-compute there.")
        )
    if not options.leave_unmovable and member.host not in options.upgraded:
        host.blockers += _old_disks(member)
    return host


def _unmovable(host: HostToUpgrade, reasons: Mapping[str, str], guests: Mapping[str, Server]) -> Iterator[Blocker]:
    for server, reason in reasons.items():
        yield host.blocker(
            guests[server],
            reason,
            "Do that, or set unmovable_servers to leave it where it is, or leave the host out.",
        )


def _old_disks(member: PoolMember) -> Iterator[Blocker]:
    for server in member.old_disks:
        yield Blocker(
            member.host,
            server,
            None,
            "it was resized or migrated away, and its old disk stays on this host",
            "Let its owner confirm or revert that, or do it for them.",
        )
