# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is in the way of a roll, found before anything is touched. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .._maintenance.ownership import OtherKeeper, Ownership
from .._text import listed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a roll is asked for.

    :ivar hosts: members in the order that the operator gave; None for all.
    :ivar exclude: members to leave out.
    :ivar inventory: the variable ``nova_host`` of each host of the inventory, empty where it has none.
    :ivar can_add: whether members that are not in the inventory are added to it.
    """

    hosts: Sequence[str] | None
    exclude: Collection[str]
    inventory: Mapping[str, str]
    can_add: bool

    def selected(self, members: Sequence[str]) -> list[str]:
        """Return the members to upgrade."""
        chosen = members if self.hosts is None else [host for host in dict.fromkeys(self.hosts) if host in members]
        return [host for host in chosen if host not in self.exclude]

    def places(self) -> dict[str, str]:
        """Return the inventory's name of each host: that of the one whose ``nova_host`` it is, else its own name."""
        named = {nova_host: name for name, nova_host in self.inventory.items() if nova_host}
        return {name: name for name, nova_host in self.inventory.items() if not nova_host} | named


@dataclass(frozen=True, slots=True)
class Member:
    """A host of the pool.

    :ivar ownership: None where it has no compute service.
    :ivar other: somebody else who keeps it.
    """

    host: str
    ownership: Ownership | None
    has_hypervisor: bool
    other: OtherKeeper | None = None

    @property
    def unfinished(self) -> bool:
        """Whether an earlier run of the roll took it out of service, or was bringing its servers back."""
        return not self.other and self.ownership is not None and bool(self.ownership.mark or self.ownership.returning)


def problems(members: Sequence[Member], wanted: Wanted) -> list[str]:
    """Return what is wrong with the pool and the inventory, a sentence each, with all hosts that it is wrong with."""
    by_host = {member.host: member for member in members}
    selected = wanted.selected(list(by_host))
    texts = [*_of_names(by_host, wanted), *_of_inventory(selected, wanted)]
    if not selected:
        texts.append("There is no host to upgrade: name a pool with members, or some of them.")
    return [*texts, *_of_services([by_host[host] for host in selected]), *_of_keepers(members, selected)]


def _of_names(members: Collection[str], wanted: Wanted) -> Iterator[str]:
    for option, hosts in (("rolling_upgrade_hosts", wanted.hosts or ()), ("rolling_upgrade_exclude", wanted.exclude)):
        if unknown := set(hosts) - set(members):
            yield (
                f"In {option}, and no members of the pool: {listed(unknown)}; take them out, or add them to the "
                "aggregate."
            )


def _of_services(selected: Sequence[Member]) -> Iterator[str]:
    leave_out = "leave them out with rolling_upgrade_exclude"
    without = [member.host for member in selected if member.ownership is None or not member.has_hypervisor]
    if without:
        yield f"Without a compute service or a hypervisor: {listed(without)}; start nova-compute there or {leave_out}."
    down = [
        member.host
        for member in selected
        if member.ownership and not member.ownership.service.up and not member.unfinished and member.has_hypervisor
    ]
    if down:
        yield f"The compute service is down: {listed(down)}; start it or {leave_out}."
    foreign = [
        f"{member.host} ({member.ownership.service.reason or 'no reason given'})"
        for member in selected
        if member.ownership and member.ownership.foreign
    ]
    if foreign:
        yield f"Disabled by somebody else: {listed(foreign)}; enable them or {leave_out}."


def _of_keepers(members: Sequence[Member], selected: Collection[str]) -> Iterator[str]:
    """Another roll is in the way on any host of the pool: the two would count on the same room."""
    kept = [
        f"{member.host} is {member.other.text}"
        for member in members
        if member.other and (member.other.mark.roll or member.host in selected)
    ]
    if kept:
        yield f"Kept by others: {listed(kept)}; wait for them, or set rolling_upgrade_takeover."


def _of_inventory(selected: Sequence[str], wanted: Wanted) -> Iterator[str]:
    places = wanted.places()
    unknown = [host for host in selected if host not in places]
    if unknown and not wanted.can_add:
        yield (
            f"Not in the inventory, neither by nova_host nor by name: {listed(unknown)}; add them, or let the "
            "playbook do that with rolling_upgrade_connection."
        )
    counts = Counter(nova_host for nova_host in wanted.inventory.values() if nova_host)
    if several := [host for host in selected if counts[host] > 1]:
        yield f"More than one host of the inventory has this nova_host: {listed(several)}; give it to one."
