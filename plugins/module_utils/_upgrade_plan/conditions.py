# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What keeps a host from its turn beside hosts whose turns are not over: one function for each condition. Pure.

Each returns why the host has to wait, or None. Whether its servers find room on the others is ``host_assignment``'s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .._text import listed

# The policies of server groups that Nova enforces.
HARD = ("anti-affinity", "affinity")


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a pool that hosts which are out together are in.

    :ivar zone: its availability zone; None where hosts of several zones may be out together, or where it has none.
    :ivar domain: its failure domain; None where no domains are given.
    """

    zone: str | None = None
    domain: str | None = None

    @property
    def name(self) -> tuple[str, str]:
        """For an order."""
        return self.zone or "", self.domain or ""


@dataclass(frozen=True, slots=True)
class HostUnderWay:
    """A host whose turn has begun and is not over.

    :ivar section: where it is; None if that is not known.
    :ivar groups: the hard server groups of the servers that move for it, name by id.
    :ivar holders: the hosts that its servers go to, are on meanwhile, or come from.
    """

    name: str
    section: Section | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    holders: frozenset[str] = frozenset()


def window_full(host: str, under_way: Collection[str], out_of_service: Collection[str], most: int) -> str | None:
    """Why a host may not be taken out of service too. One that is so already may go on, if its turn is not one too
    many.

    :param out_of_service: members that are out of service, whoever took them.
    :param most: how many may be (``max_unavailable``).
    """
    if len(under_way) >= most:
        return f"max_unavailable is {most}"
    others = {*out_of_service} - {host} - {*under_way}
    if host in out_of_service or len(others) + len(under_way) < most:
        return None
    return f"max_unavailable is {most}, and {listed(others)} out of service already"


def other_section(section: Section, under_way: Collection[HostUnderWay]) -> str | None:
    """Why a host may not go beside hosts in another zone, or in another failure domain.

    A failure domain is what may fail as a whole, such as a rack or what feeds it: tenants keep their replicas in
    several, so hosts of one may be out together and hosts of two may not. It is the rule of zones, on a smaller scale.
    """
    for other in under_way:
        if other.section is None:
            continue
        if other.section.zone != section.zone:
            return f"{other.name} is in another zone ({other.section.zone} and not {section.zone})"
        if other.section.domain != section.domain:
            return f"{other.name} is in another failure domain ({other.section.domain} and not {section.domain})"
    return None


def groups_on_the_move(groups: Mapping[str, str], under_way: Collection[HostUnderWay]) -> str | None:
    """Why servers of a host may not move beside other members of their hard server groups.

    Nova judges a move by where the members are, not by where they are going, so two that move at once may break the
    policy, or be refused. A soft policy is a preference: two such moves cost nothing but the preference.

    :param groups: the hard groups of the servers that move for the host, name by id.
    """
    for other in under_way:
        if shared := groups.keys() & other.groups.keys():
            return f"servers of the group {groups[min(shared)]!r} leave {other.name}"
    return None


def servers_of_others(host: str, holders: Collection[str], under_way: Collection[HostUnderWay]) -> str | None:
    """Why a host may not go while it holds, or gets, servers of hosts under way: they would move twice.

    :param holders: the hosts that its own servers come from, which may not be under way either.
    """
    for other in under_way:
        if host in other.holders:
            return f"it holds servers of {other.name} until these are back"
        if other.name in holders:
            return f"servers of its own are on {other.name}"
    return None
