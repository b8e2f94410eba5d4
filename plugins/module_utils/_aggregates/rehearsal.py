# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Rehearse the writes on a copy of the aggregates, by Nova's own rules, before the first of them. Pure.

Source: nova/compute/api.py (AggregateAPI). A change of the zone of an aggregate is refused while a server is on any of
its hosts, also on one that is in the new zone already. A host with servers joins and leaves an aggregate as long as
its own zone stays the same; releases before 2024.1 do not ask for servers there, and are taken for newer ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

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
        unchanged = [aggregate for aggregate in aggregates if aggregate.id not in changed]
        # By the index of their change; those that do not change stand below zero.
        standing = {key: change.before for key, change in enumerate(changes) if change.before}
        standing |= {-key: aggregate for key, aggregate in enumerate(unchanged, start=1)}
        self._ids = {key: aggregate.id for key, aggregate in standing.items()}
        self._names = {key: aggregate.name for key, aggregate in standing.items()}
        self._zone = {key: aggregate.zone for key, aggregate in standing.items()}
        self._of_host: defaultdict[str, set[int]] = defaultdict(set)  # the aggregates that each host is in
        for key, aggregate in standing.items():
            for host in aggregate.hosts:
                self._of_host[host].add(key)
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
        self._names[key], self._zone[key] = name, zone

    def _update_aggregate(self, step: Step, key: int, values: dict[str, str]) -> None:
        if "name" in values:
            self._rename(key, values["name"])
        else:
            self._change_zone(step, key, values["availability_zone"])

    def _rename(self, key: int, name: str) -> None:
        holder = next((other for other, taken in self._names.items() if taken == name and other != key), None)
        if holder is not None:
            self._taken_names.append(
                f"The aggregate {self._names[key]!r} cannot be renamed to {name!r}, which is the name of the aggregate "
                f"with id {self._ids.get(holder)}: choose another name."
            )
        self._names[key] = name

    def _change_zone(self, step: Step, key: int, zone: str) -> None:
        for host, aggregates in self._of_host.items():
            if key in aggregates and not self._in_two_zones(key, host, zone) and self._zone[key] != zone:
                self._must_be_empty(step, host)
        self._zone[key] = zone

    def _add_host(self, step: Step, key: int, host: str) -> None:
        zone = self._zone[key]
        if zone and not self._in_two_zones(key, host, zone) and zone not in self._zones(key, host):
            self._must_be_empty(step, host)
        self._of_host[host].add(key)

    def _remove_host(self, step: Step, key: int, host: str) -> None:
        if self._zone[key] and self._zone[key] not in self._zones(key, host):
            self._must_be_empty(step, host)
        self._of_host[host].discard(key)

    def _zones(self, key: int, host: str) -> set[str]:
        """Return the zones that other aggregates give to a host."""
        return {zone for other in self._of_host[host] if other != key and (zone := self._zone[other])}

    def _in_two_zones(self, key: int, host: str, zone: str) -> bool:
        """Note it if another aggregate has the host in another zone."""
        zones = self._zones(key, host) | {zone}
        if len(zones) > 1:
            self._zones_of.setdefault(host, set()).update(zones)
        return len(zones) > 1

    def _must_be_empty(self, step: Step, host: str) -> None:
        self.to_be_empty.setdefault(host, step.description)
