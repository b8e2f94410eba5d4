# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The writes that make changes of aggregates, in an order in which Nova allows each and a stop does no harm. Pure.

Metadata comes before the first host, so that no host is in an aggregate without the traits that its servers need. A
host joins before it leaves another aggregate, unless the zones forbid that. Deletions come last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from .._openstack.aggregate import Aggregate
from .._text import listed
from .change import Change, Step
from .renames import renames

# Writes of one of these kinds may be under way together if they share neither the aggregate nor the host: two writes
# about one host would change its provider in Placement at once. Names and zones depend on each other, so they may not.
_TOGETHER = ("create_aggregate", "set_aggregate_metadata", "add_host", "remove_host", "delete_aggregate")


def ordered(changes: Sequence[Change]) -> list[Step]:
    """Return all steps, phase by phase; each phase ends before the next one begins."""
    early = _early_removals(changes)
    phases = [
        renames(changes),
        [step for key, change in enumerate(changes) for step in _creation(key, change)],
        [_remove(key, changes[key], host) for key, host in sorted(early)],
        _zones(changes),
        [step for key, change in enumerate(changes) for step in _metadata(key, change)],
        [
            _step("add_host", key, change, f"add host {host} to", host)
            for key, change in enumerate(changes)
            for host in _hosts(change.after)
            if (key, host) in early or host not in _hosts(change.before)
        ],
        [
            _remove(key, change, host)
            for key, change in enumerate(changes)
            for host in _hosts(change.before)
            if host not in _hosts(change.after) and (key, host) not in early
        ],
        [
            _step("delete_aggregate", key, change, "delete the aggregate")
            for key, change in enumerate(changes)
            if change.before and not change.after
        ],
    ]
    return [step for phase in phases for step in phase]


def waves(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Yield groups of steps; those of one group may be under way at once after the group before is done."""
    for operation, kind in groupby(steps, key=lambda step: step.operation):
        if operation not in _TOGETHER:
            yield from ([step] for step in kind)
            continue
        groups: list[list[Step]] = []
        free: dict[Any, int] = {}  # the first group that has no step yet about this aggregate or host
        for step in kind:
            hosts = step.arguments if operation in ("add_host", "remove_host") else ()
            about = [("aggregate", step.change), *(("host", host) for host in hosts)]
            place = max(free.get(subject, 0) for subject in about)
            if place == len(groups):
                groups.append([])
            groups[place].append(step)
            free.update(dict.fromkeys(about, place + 1))
        yield from groups


def _creation(key: int, change: Change) -> list[Step]:
    if change.before or not change.after:
        return []
    zone = f" in zone {change.after.zone}" if change.after.zone else ""
    description = f"create the aggregate {change.after.name!r}{zone}"
    return [Step("create_aggregate", key, (change.after.name, change.after.zone), description)]


def _zones(changes: Sequence[Change]) -> list[Step]:
    """Return the changes of zones. An aggregate that has no zone yet gets one after the others changed theirs."""
    changing = [key for key, change in enumerate(changes) if _rezones(change)]
    return [
        Step(
            "update_aggregate",
            key,
            ({"availability_zone": after.zone},),
            f"change the zone of {after.name!r} to {after.zone}",
        )
        for key in sorted(changing, key=lambda key: (_zone(changes[key].before) is None, key))
        if (after := changes[key].after)
    ]


def _metadata(key: int, change: Change) -> list[Step]:
    if change.after is None:
        return []
    before: Mapping[str, str] = change.before.metadata if change.before else {}
    values: dict[str, Any] = {name: value for name, value in change.after.metadata.items() if before.get(name) != value}
    values |= {name: None for name in before if name not in change.after.metadata}
    return [_step("set_aggregate_metadata", key, change, f"set metadata {listed(values)} of", values)] if values else []


def _early_removals(changes: Sequence[Change]) -> set[tuple[int, str]]:
    """Return the hosts, with the index of the change, that must leave before zones change and hosts join.

    Nova allows a host one zone at a time. A host that several aggregates take along to another zone stays in the first
    of them, and leaves and rejoins the others.
    """
    afters = [change.after for change in changes if change.after and change.after.zone]
    target = {host: after.zone for after in afters for host in after.hosts}
    early = set()
    carried: set[str] = set()
    for key, change in enumerate(changes):
        zone = _zone(change.before)
        for host in _hosts(change.before):
            stays = host in _hosts(change.after)
            if stays and zone and _rezones(change):
                if host in carried:
                    early.add((key, host))
                carried.add(host)
            elif not stays and (_rezones(change) or (zone and target.get(host, zone) != zone)):
                early.add((key, host))
    return early


def _rezones(change: Change) -> bool:
    return bool(change.before and change.after and change.before.zone != change.after.zone)


def _zone(aggregate: Aggregate | None) -> str | None:
    return aggregate.zone if aggregate else None


def _hosts(aggregate: Aggregate | None) -> tuple[str, ...]:
    return aggregate.hosts if aggregate else ()


def _remove(key: int, change: Change, host: str) -> Step:
    return _step("remove_host", key, change, f"remove host {host} from", host)


def _step(operation: str, key: int, change: Change, what: str, *arguments: Any) -> Step:
    aggregate = change.after or change.before
    return Step(operation, key, arguments, f"{what} {aggregate.name if aggregate else ''!r}")
