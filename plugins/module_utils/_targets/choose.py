# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide which member of the pool takes a server. Pure.

What Nova refuses for sure is not asked for: an older hypervisor, another zone, a missing trait, a host without free
capacity, a broken anti-affinity. NUMA, PCI and CPU flags stay Nova's word: its refusal means the next candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .._openstack.capacity import HostCapacity, Resources
from .._openstack.group import Group
from .._text import grouped
from .request import Demand, MoveRequest

# Why a host takes no server if Placement says nothing of it.
NO_CAPACITY = "Placement offers no capacity there"


@dataclass(slots=True)
class Target:
    """A host that may take servers.

    :ivar capacity: None where Placement does not offer the host at all.
    :ivar servers: uuids of the servers that are on the host or on their way to it.
    :ivar last: whether it takes servers only when no other host does.
    """

    host: str
    version: int
    capacity: HostCapacity | None
    servers: set[str] = field(default_factory=set)
    zone: str | None = None
    last: bool = False


def choose(request: MoveRequest, targets: Iterable[Target], margin: float = 0) -> tuple[Target | None, dict[str, str]]:
    """Return the target that takes the server, and why each of the others cannot.

    A target that is planned or expected goes before all others, then one that has the traits of the server's image,
    then one that the soft policies of its groups like, then the emptiest.

    :param margin: percent of each resource class that stay free on a target; a planned one may use them.
    """
    fitting: list[tuple[bool, bool, bool, bool, float, str, Target]] = []
    reasons: dict[str, str] = {}
    for target in targets:
        planned = target.host == request.planned
        reason = (
            request.refusals.get(target.host)
            or _lacking(request, target, 0 if planned else margin)
            or _unwanted(request.demand, target)
            or _anti_affinity(request, target)
        )
        if planned and not reason:
            return target, {}
        if reason:
            reasons[target.host] = reason
        elif target.capacity:
            load = target.capacity.holding(request.needs).load()
            expected = target.host == request.expected
            unlike_image = not has_preferred(request.demand, target)
            fitting.append(
                (target.last, not expected, unlike_image, disliked(request, target), load, target.host, target)
            )
    return (min(fitting, key=lambda candidate: candidate[:6])[6] if fitting else None), reasons


def _lacking(request: MoveRequest, target: Target, margin: float) -> str | None:
    if target.version < request.version:
        return f"its hypervisor is older ({target.version} < {request.version})"
    if target.capacity is None:
        return NO_CAPACITY
    lacking = target.capacity.lacks(request.needs, margin)
    if lacking:
        return f"it lacks {amounts(lacking)}" + (f" with {margin:g} % kept free" if margin else "")
    return None


def _unwanted(demand: Demand, target: Target) -> str | None:
    if demand.zone and target.zone and demand.zone != target.zone:
        return f"the server is pinned to the zone {demand.zone}, and it is in {target.zone}"
    if target.capacity is None:
        return None
    missing = demand.traits.required - target.capacity.traits - target.capacity.nested_traits
    if missing:
        return f"it lacks the trait {', '.join(sorted(missing))}"
    forbidden = demand.traits.forbidden & target.capacity.traits
    if forbidden:
        return f"it has the forbidden trait {', '.join(sorted(forbidden))}"
    return None


def wanted(request: MoveRequest, target: Target) -> bool:
    """Whether a target that has the capacity is one that the server can go to: by the rules of ``choose``."""
    most = target.capacity.most if target.capacity else {}
    if most and any(amount > most.get(name, amount) for name, amount in request.needs.items()):
        return False
    return _unwanted(request.demand, target) is None


def has_preferred(demand: Demand, target: Target) -> bool:
    """Whether a target has all traits that the server's image asks for."""
    capacity = target.capacity
    return not demand.preferred or (
        capacity is not None and demand.preferred <= capacity.traits | capacity.nested_traits
    )


def _anti_affinity(request: MoveRequest, target: Target) -> str | None:
    for group in request.groups:
        if group.policy == "anti-affinity" and _members_there(request, group, target) >= group.max_server_per_host:
            return f"it holds a member of the anti-affinity group {group.name!r}"
    return None


def disliked(request: MoveRequest, target: Target) -> bool:
    """Whether a soft policy would rather have another host."""
    for group in request.groups:
        together = _members_there(request, group, target) > 0
        if (group.policy, together) in (("soft-anti-affinity", True), ("soft-affinity", False)):
            return True
    return False


def _members_there(request: MoveRequest, group: Group, target: Target) -> int:
    """How many other members of the group are on the target."""
    return len(target.servers & group.members - {request.server})


def amounts(resources: Resources) -> str:
    """Write resources for a person."""
    return ", ".join(f"{amount} {name}" for name, amount in sorted(resources.items()))


def explain_reasons(reasons: Mapping[str, str]) -> str:
    """Say why no target is left."""
    return "; ".join(grouped(sorted(reasons.items()))) or "the pool has no other host"
