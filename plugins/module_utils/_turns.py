# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a plan of an upgrade starts from: the pool as observed, what is asked for, and what each host has ahead. Pure.

What becomes of each server is decided as a drain decides it (``_drain.sort_out``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._drain import (
    STOPPED_BY_WISH,
    Move,
    largest_first,
    sort_out,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Group, Resources, Room, Server
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused, listed
from ansible_collections.stackops.aggregates.plugins.module_utils._planned import Blocker, PlannedHost
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import count_of
from ansible_collections.stackops.aggregates.plugins.module_utils._targets import Demand
from ansible_collections.stackops.aggregates.plugins.module_utils._wishes import WISHES


@dataclass(frozen=True, slots=True)
class Member:
    """A host of the pool.

    :ivar guests: the servers on it; they are only looked at where the host is to be upgraded.
    :ivar idle: why it takes no servers; empty where it does.
    :ivar kept: why it may not be taken out of service, and what would help.
    :ivar keeper: another owner, who has it in maintenance or is bringing its servers home.
    :ivar unfinished: an earlier run took it out of service, or was bringing its servers home.
    :ivar returning: servers elsewhere that left it in that run and are to come home.
    :ivar old_disks: servers that were resized away from it, which nobody confirmed yet.
    :ivar unconfirmed: hosts at the other end of its own cold moves, which it confirms when it goes on.
    :ivar hypervisor: the uuid of its hypervisor, if it has one.
    """

    host: str
    zone: str | None
    version: int
    room: Room | None
    servers: frozenset[str] = frozenset()
    guests: Sequence[Server] = ()
    up: bool = True
    idle: str = ""
    kept: tuple[str, str] | None = None
    keeper: str | None = None
    unfinished: bool = False
    returning: Sequence[str] = ()
    old_disks: Sequence[str] = ()
    unconfirmed: frozenset[str] = frozenset()
    hypervisor: str = ""


@dataclass(frozen=True, slots=True)
class Fleet:
    """One observation of a pool: its hosts in the order of their names, and what is known of the servers on them."""

    members: Sequence[Member]
    groups: Sequence[Group] = ()
    needs: Mapping[str, Resources] = field(default_factory=dict)
    demands: Mapping[str, Demand] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for.

    :ivar hosts: members to upgrade, in the order of a wish; None for all of them.
    :ivar done: members that have the upgrade already.
    :ivar verified: members that have it too, and that an earlier run did not put back: nobody has to leave them.
    :ivar max_unavailable: how many members may be out of service at once, counting those that are so already.
    :ivar capacity_margin: percent of each resource class that stay free on every target.
    """

    hosts: Sequence[str] | None = None
    done: frozenset[str] = frozenset()
    verified: frozenset[str] = frozenset()
    max_unavailable: int = 1
    capacity_margin: float = 0
    bring_back: bool = True
    mixed_zones: bool = False
    leave_stopped: bool = False
    leave_unmovable: bool = False
    wishes: Sequence[str] = ()

    @property
    def upgraded(self) -> frozenset[str]:
        return self.done | self.verified


# The options of the modules that plan, beside which hosts are to be upgraded and which are done.
TERMS = {
    "aggregate": {"type": "str"},
    "aggregate_metadata": {"type": "dict"},
    "max_unavailable": {"type": "str", "default": "1"},
    "capacity_margin": {"type": "float", "default": 0},
    "bring_back": {"type": "bool", "default": True},
    "mixed_zones": {"type": "bool", "default": False},
    "stopped_servers": {"type": "str", "choices": ["migrate", "leave"], "default": "migrate"},
    "unmovable_servers": {"type": "str", "choices": ["fail", "leave"], "default": "fail"},
    "server_wishes": {"type": "list", "elements": "str", "choices": list(WISHES), "default": []},
    "owner": {"type": "str"},
    "takeover": {"type": "bool", "default": False},
}


def read_terms(params: Mapping[str, Any], pool: Collection[str]) -> Terms:
    """From the options of os_upgrade_plan.

    :raises Refused: they name hosts that are not in the pool, or do not fit it otherwise.
    """
    problems = [] if pool else ["The pool has no hosts: choose another aggregate, or add hosts to it."]
    for option in ("hosts", "done", "verified"):
        strangers = set(params[option] or ()) - set(pool)
        if strangers:
            problems.append(f"Not in the pool, but in {option!r}: {listed(strangers)}; it has {listed(pool)}.")
    if not 0 <= params["capacity_margin"] < 100:
        problems.append(f"capacity_margin is {params['capacity_margin']:g}: give percent from 0 to less than 100.")
    if problems:
        raise Refused(problems)
    return Terms(
        hosts=None if params["hosts"] is None else tuple(params["hosts"]),
        done=frozenset(params["done"]),
        verified=frozenset(params["verified"]),
        max_unavailable=max(1, count_of(params["max_unavailable"], len(pool), "max_unavailable")),
        capacity_margin=params["capacity_margin"],
        bring_back=params["bring_back"],
        mixed_zones=params["mixed_zones"],
        leave_stopped=params["stopped_servers"] == "leave",
        leave_unmovable=params["unmovable_servers"] == "leave",
        wishes=tuple(params["server_wishes"]),
    )


@dataclass(slots=True)
class Turn:
    """A host that is to be upgraded, as it stands at one moment of a plan."""

    member: Member
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


def turns(fleet: Fleet, terms: Terms) -> list[Turn]:
    """The turn of each host that is to be upgraded; one that is upgraded and not put back only waits for its return."""
    members = {one.host: one for one in fleet.members}
    wanted = [members[host] for host in dict.fromkeys(members if terms.hosts is None else terms.hosts)]
    affine = [group for group in fleet.groups if group.policy == "affinity"]  # all that sorting out asks of groups
    return [_turn(one, fleet.needs, affine, terms) for one in wanted if one.unfinished or one.host not in terms.done]


def _turn(member: Member, needs: Mapping[str, Resources], affine: Sequence[Group], terms: Terms) -> Turn:
    guests = () if member.host in terms.upgraded else member.guests
    groups = [group for group in affine if group.members & member.servers]
    found = sort_out(guests, groups, terms.leave_stopped, terms.leave_unmovable, terms.wishes)
    left = [(one, found.left[one.id]) for one in guests if one.id in found.left]
    left += [(replace(one, vm_state="stopped", status="SHUTOFF"), STOPPED_BY_WISH) for one in found.to_stop]
    # One that is migrating has a target already, and a drain waits for it.
    movable = largest_first((one for one in found.movable if one.task_state != "migrating"), needs)
    turn = Turn(member, movable, left, [])
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
    if not terms.leave_unmovable and member.host not in terms.upgraded:
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
