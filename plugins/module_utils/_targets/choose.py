# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide which member of the pool takes a server. Pure.

What Nova refuses for sure is not asked for: an older hypervisor, another zone, a missing trait, a host without room,
a broken anti-affinity. NUMA, PCI and CPU flags stay Nova's word: its refusal means the next candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .._openstack.model import Group, HostCapacity, Resources, Traits

# Why a host takes nobody of which Placement says nothing.
NO_CAPACITY = "Placement offers no room there"


@dataclass(slots=True)
class Target:
    """A host that may take servers. ``room`` is None where Placement does not offer the host at all."""

    host: str
    version: int
    capacity: HostCapacity | None
    servers: set[str] = field(default_factory=set)  # uuids of what stands there or is on its way
    zone: str | None = None
    last: bool = False  # whether it takes servers only when no other host does


@dataclass(frozen=True, slots=True)
class Demand:
    """What a server asks of a host beside room: a zone that it is pinned to, and traits."""

    zone: str | None = None
    traits: Traits = Traits()


def choose(
    server: str,
    need: Resources,
    version: int,
    targets: Iterable[Target],
    groups: Iterable[Group],
    refused: Mapping[str, str],
    *,
    demand: Demand | None = None,
    margin: float = 0,
    planned: str | None = None,
    expected: str | None = None,
) -> tuple[Target | None, dict[str, str]]:
    """The host that can take the server and is expected to, else the emptiest, and why each of the others cannot.

    :param need: what the server holds, by resource class.
    :param version: the source's hypervisor version; Nova refuses to go to an older one (DestinationHypervisorTooOld).
    :param refused: hosts that Nova has refused already, and its reason.
    :param margin: percent of each resource class that stay empty on a target.
    :param planned: the host that a plan chose for the server; it is followed until Nova refuses it or is sure to.
    :param expected: the host that was chosen for it before.
    """
    demand = demand or Demand()
    mine = [group for group in groups if server in group.members]
    fitting: list[tuple[bool, bool, bool, float, str, Target]] = []
    reasons: dict[str, str] = {}
    for target in targets:
        chosen = target.host == planned
        reason = (
            refused.get(target.host)
            or _unfit(need, version, target, 0 if chosen else margin)
            or _unwanted(demand, target)
            or _apart(server, mine, target)
        )
        if chosen and not reason:
            return target, {}
        if reason:
            reasons[target.host] = reason
        elif target.capacity:
            load = target.capacity.holding(need).load()
            fitting.append(
                (target.last, target.host != expected, _together(server, mine, target), load, target.host, target)
            )
    return (min(fitting, key=lambda row: row[:5])[5] if fitting else None), reasons


def _unfit(need: Resources, version: int, target: Target, margin: float) -> str | None:
    if target.version < version:
        return f"its hypervisor is older ({target.version} < {version})"
    if target.capacity is None:
        return NO_CAPACITY
    lacking = target.capacity.lacks(need, margin)
    if lacking:
        kept = f" with {margin:g} % kept free" if margin else ""
        return "it lacks " + ", ".join(f"{amount} {name}" for name, amount in sorted(lacking.items())) + kept
    return None


def _unwanted(demand: Demand, target: Target) -> str | None:
    if demand.zone and target.zone and demand.zone != target.zone:
        return f"the server is pinned to the zone {demand.zone}, and it is in {target.zone}"
    if target.capacity is None:
        return None
    missing = demand.traits.required - target.capacity.traits
    if missing:
        return f"it lacks the trait {', '.join(sorted(missing))}"
    forbidden = demand.traits.forbidden & target.capacity.traits
    if forbidden:
        return f"it has the forbidden trait {', '.join(sorted(forbidden))}"
    return None


def _apart(server: str, groups: Iterable[Group], target: Target) -> str | None:
    for group in groups:
        aboard = len(target.servers & group.members - {server})
        if group.policy == "anti-affinity" and aboard >= group.max_server_per_host:
            return f"it holds a member of the anti-affinity group {group.name!r}"
    return None


def _together(server: str, groups: Iterable[Group], target: Target) -> bool:
    """Whether a soft policy would rather have another host; False sorts first."""
    for group in groups:
        aboard = bool(target.servers & group.members - {server})
        if (group.policy, aboard) in (("soft-anti-affinity", True), ("soft-affinity", False)):
            return True
    return False


def explain_reasons(reasons: Mapping[str, str]) -> str:
    """Why no target is left, host by host."""
    return "; ".join(f"{host}: {why}" for host, why in sorted(reasons.items())) or "the pool has no other host"
