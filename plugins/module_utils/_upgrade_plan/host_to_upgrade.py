# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A host that is to be upgraded, and what becomes of its servers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._migration.move import Move
from .._migration.sorting import STOPPED_BY_TAG, as_shut_off, sort_servers
from .._openstack.model import Group, Resources, Server
from .._targets.assign import largest_first
from .options import PlanOptions
from .plan import Blocker, PlannedHost
from .pool import ObservedPool, PoolMember


@dataclass(slots=True)
class HostToUpgrade:
    """A host that is to be upgraded, as it stands at one moment of a plan."""

    member: PoolMember
    movable: list[Server]
    left: list[tuple[Server, str]]
    blockers: list[Blocker]
    groups: dict[str, str] = field(default_factory=dict)  # those of which servers move, name by id
    moves: list[Move] = field(default_factory=list)
    home: list[str] = field(default_factory=list)  # of ``returning``, those that come

    @property
    def host(self) -> str:
        return self.member.host

    def blocked(self, server: Server | None, reason: str, help_: str) -> Blocker:
        key, name = (server.id, server.name) if server else (None, None)
        return Blocker(self.host, key, name, reason, help_)

    def planned(self) -> PlannedHost:
        member = self.member
        return PlannedHost(self.host, member.version, member.zone, tuple(self.moves), self.left, tuple(self.home))


def hosts_to_upgrade(observed_pool: ObservedPool, options: PlanOptions) -> list[HostToUpgrade]:
    """The turn of each host that is to be upgraded; one that is upgraded and not put back only waits for its return."""
    members = {one.host: one for one in observed_pool.members}
    wanted = [members[host] for host in dict.fromkeys(members if options.hosts is None else options.hosts)]
    affine = [
        group for group in observed_pool.groups if group.policy == "affinity"
    ]  # all that sorting out asks of groups
    return [
        _host_to_upgrade(one, observed_pool.needs, affine, options)
        for one in wanted
        if one.unfinished or one.host not in options.done
    ]


def _host_to_upgrade(
    member: PoolMember, needs: Mapping[str, Resources], affine: Sequence[Group], options: PlanOptions
) -> HostToUpgrade:
    guests = () if member.host in options.upgraded else member.guests
    groups = [group for group in affine if group.members & member.servers]
    found = sort_servers(guests, groups, options.leave_stopped, options.leave_unmovable, options.granted_tags)
    left = [(one, found.left[one.id]) for one in guests if one.id in found.left]
    left += [(as_shut_off(one), STOPPED_BY_TAG) for one in found.to_stop]
    # One that is migrating has a target already, and a drain waits for it.
    movable = largest_first((one for one in found.movable if one.task_state != "migrating"), needs)
    turn = HostToUpgrade(member, movable, left, [])
    if member.kept:
        turn.blockers.append(turn.blocked(None, *member.kept))
    names = {one.id: one for one in guests}
    turn.blockers += [
        turn.blocked(
            names[key], why, "Do that, or set unmovable_servers to leave it where it is, or leave the host out."
        )
        for key, why in found.blocking.items()
    ]
    if found.movable and not member.up:
        turn.blockers.append(
            turn.blocked(None, "its compute service is down, so no server can leave it", "Start nova-compute there.")
        )
    if not options.leave_unmovable and member.host not in options.upgraded:
        turn.blockers += [
            Blocker(
                member.host,
                server,
                None,
                "it was resized or migrated away, and its old disk stays on this host",
                "Let its owner confirm or revert that, or do it for them.",
            )
            for server in member.old_disks
        ]
    return turn
