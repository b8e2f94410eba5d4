# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Rehearse the writes on a copy of the aggregates, by Nova's own rules, before the first of them. Pure.

Source: nova/compute/api.py (AggregateAPI). A change of the zone of an aggregate is refused while a server is on any of
its hosts, also on one that is in the new zone already. A host with servers joins and leaves an aggregate as long as
its own zone stays the same; releases before 2024.1 do not ask for servers there, and are taken for newer ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .._openstack.aggregate import Aggregate
from .._text import listed
from .change import Change, Step


class Rehearsal:
    """What Nova would say to these steps, one after another.

    :ivar to_be_empty: what Nova does not do while a server is on the host, for each such host.
    """

    def __init__(self, aggregates: Sequence[Aggregate], changes: Sequence[Change], steps: Sequence[Step]) -> None:
        self.to_be_empty: dict[str, str] = {}
        self._taken_names: list[str] = []
        self._zones_of: dict[str, set[str]] = {}  # of hosts that would be in several
        changed = {change.before.id for change in changes if change.before}
        # By the index of their change; those that do not change stand below zero.
        self._aggregates = {key: change.before for key, change in enumerate(changes) if change.before}
        unchanged = [aggregate for aggregate in aggregates if aggregate.id not in changed]
        self._aggregates |= {-key: aggregate for key, aggregate in enumerate(unchanged, start=1)}
        for step in steps:
            if step.change is not None and hasattr(self, f"_{step.operation}"):
                getattr(self, f"_{step.operation}")(step, step.change, *step.arguments)

    @property
    def problems(self) -> list[str]:
        """What Nova refuses whatever is on the hosts, a sentence for each."""
        zones = [
            f"The host {host!r} would be in the zones {listed(names)}, and Nova allows one: "
            "remove it from the other aggregate first."
            for host, names in sorted(self._zones_of.items())
        ]
        return self._taken_names + zones

    def _create_aggregate(self, _step: Step, key: int, name: str, zone: str | None) -> None:
        self._aggregates[key] = Aggregate(name, zone=zone)

    def _update_aggregate(self, step: Step, key: int, values: dict[str, str]) -> None:
        if "name" in values:
            self._rename(key, values["name"])
        else:
            self._change_zone(step, key, values["availability_zone"])

    def _rename(self, key: int, name: str) -> None:
        aggregate = self._aggregates[key]
        holder = next((other for at, other in self._aggregates.items() if other.name == name and at != key), None)
        if holder:
            self._taken_names.append(
                f"The aggregate {aggregate.name!r} cannot be renamed to {name!r}, which is the name of the aggregate "
                f"with id {holder.id}: choose another name."
            )
        self._aggregates[key] = replace(aggregate, name=name)

    def _change_zone(self, step: Step, key: int, zone: str) -> None:
        aggregate = self._aggregates[key]
        for host in aggregate.hosts:
            if not self._in_two_zones(key, host, zone) and aggregate.zone != zone:
                self._must_be_empty(step, host)
        self._aggregates[key] = replace(aggregate, zone=zone)

    def _add_host(self, step: Step, key: int, host: str) -> None:
        aggregate = self._aggregates[key]
        zone = aggregate.zone
        if zone and not self._in_two_zones(key, host, zone) and zone not in self._zones(key, host):
            self._must_be_empty(step, host)
        self._aggregates[key] = replace(aggregate, hosts=(*aggregate.hosts, host))

    def _remove_host(self, step: Step, key: int, host: str) -> None:
        aggregate = self._aggregates[key]
        if aggregate.zone and aggregate.zone not in self._zones(key, host):
            self._must_be_empty(step, host)
        hosts = tuple(member for member in aggregate.hosts if member != host)
        self._aggregates[key] = replace(aggregate, hosts=hosts)

    def _zones(self, key: int, host: str) -> set[str]:
        """Return the zones that other aggregates give to a host."""
        others = (other for at, other in self._aggregates.items() if at != key and other.zone)
        return {str(other.zone) for other in others if host in other.hosts}

    def _in_two_zones(self, key: int, host: str, zone: str) -> bool:
        """Note it if another aggregate has the host in another zone."""
        zones = self._zones(key, host) | {zone}
        if len(zones) > 1:
            self._zones_of.setdefault(host, set()).update(zones)
        return len(zones) > 1

    def _must_be_empty(self, step: Step, host: str) -> None:
        self.to_be_empty.setdefault(host, step.description)
