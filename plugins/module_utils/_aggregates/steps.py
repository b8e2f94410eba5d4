# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The writes that carry out changes of aggregates, in an order in which each is allowed and a stop does no harm. Pure.

Metadata comes before the first host, so that no host is in an aggregate without the traits its servers need. A host
joins before it leaves another aggregate, unless the zones forbid that. Deletions come last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from .._openstack.model import Aggregate
from .._text import listed
from .change import Change, Step

# Writes that may be under way together, when they are of one kind and share neither the aggregate nor the host: two
# about one host would meet at its provider in Placement. Names and zones are not among them: they depend on each other.
_TOGETHER = ("create_aggregate", "set_aggregate_metadata", "add_host", "remove_host", "delete_aggregate")


def ordered(changes: Sequence[Change]) -> list[Step]:
    """All steps, phase by phase; each phase is complete before the next one begins."""
    early = _early_removals(changes)
    phases = [
        [step for key, one in enumerate(changes) for step in _names(key, one)],
        [_remove(key, changes[key], host) for key, host in sorted(early)],
        _zones(changes),
        [step for key, one in enumerate(changes) for step in _metadata(key, one)],
        [
            _step("add_host", key, one, f"add host {host} to", host)
            for key, one in enumerate(changes)
            for host in (one.after.hosts if one.after else ())
            if (key, host) in early or host not in _hosts(one.before)
        ],
        [
            _remove(key, one, host)
            for key, one in enumerate(changes)
            for host in _hosts(one.before)
            if host not in _hosts(one.after) and (key, host) not in early
        ],
        [
            _step("delete_aggregate", key, one, "delete the aggregate")
            for key, one in enumerate(changes)
            if one.before and not one.after
        ],
    ]
    return [step for phase in phases for step in phase]


def waves(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps in groups, each of which may be under way at once when the one before it is done."""
    for operation, kind in groupby(steps, key=lambda step: step.operation):
        if operation not in _TOGETHER:
            yield from ([step] for step in kind)
            continue
        found: list[list[Step]] = []
        free: dict[Any, int] = {}  # the first wave that has nothing yet about this aggregate or host
        for step in kind:
            hosts = step.arguments if operation in ("add_host", "remove_host") else ()
            about = [("aggregate", step.change), *(("host", host) for host in hosts)]
            place = max(free.get(one, 0) for one in about)
            if place == len(found):
                found.append([])
            found[place].append(step)
            free.update(dict.fromkeys(about, place + 1))
        yield from found


def _names(key: int, one: Change) -> list[Step]:
    """Creation, and a new name."""
    if one.after is None:
        return []
    if one.before is None:
        zone = f" in zone {one.after.zone}" if one.after.zone else ""
        says = f"create the aggregate {one.after.name!r}{zone}"
        return [Step("create_aggregate", key, (one.after.name, one.after.zone), says)]
    if one.before.name == one.after.name:
        return []
    says = f"rename the aggregate {one.before.name!r} to {one.after.name!r}"
    return [Step("update_aggregate", key, ({"name": one.after.name},), says)]


def _zones(changes: Sequence[Change]) -> list[Step]:
    """Changes of a zone. One that makes a zone where there was none comes after those that move one."""
    changing = [key for key, one in enumerate(changes) if _rezones(one)]
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


def _metadata(key: int, one: Change) -> list[Step]:
    if one.after is None:
        return []
    before: Mapping[str, str] = one.before.metadata if one.before else {}
    values: dict[str, Any] = {name: value for name, value in one.after.metadata.items() if before.get(name) != value}
    values |= {name: None for name in before if name not in one.after.metadata}
    return [_step("set_aggregate_metadata", key, one, f"set metadata {listed(values)} of", values)] if values else []


def _early_removals(changes: Sequence[Change]) -> set[tuple[int, str]]:
    """Hosts that must leave before zones change and others join: Nova has a host in one zone at a time.

    A host that several aggregates take along to another zone stays in the first of them and rejoins the others.
    """
    target = {host: one.after.zone for one in changes if one.after and one.after.zone for host in one.after.hosts}
    early = set()
    carried: set[str] = set()
    for key, one in enumerate(changes):
        zone = _zone(one.before)
        for host in _hosts(one.before):
            stays = host in _hosts(one.after)
            if stays and zone and _rezones(one):
                if host in carried:
                    early.add((key, host))
                carried.add(host)
            elif not stays and (_rezones(one) or (zone and target.get(host, zone) != zone)):
                early.add((key, host))
    return early


def _rezones(one: Change) -> bool:
    return bool(one.before and one.after and one.before.zone != one.after.zone)


def _zone(aggregate: Aggregate | None) -> str | None:
    return aggregate.zone if aggregate else None


def _hosts(aggregate: Aggregate | None) -> tuple[str, ...]:
    return aggregate.hosts if aggregate else ()


def _remove(key: int, one: Change, host: str) -> Step:
    return _step("remove_host", key, one, f"remove host {host} from", host)


def _step(operation: str, key: int, one: Change, what: str, *arguments: Any) -> Step:
    aggregate = one.after or one.before
    return Step(operation, key, arguments, f"{what} {aggregate.name if aggregate else ''!r}")
