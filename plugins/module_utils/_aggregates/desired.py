# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide how aggregates change, from what an operator declares. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._errors import Refused
from .._openstack.aggregate import Aggregate
from .._text import listed
from .change import Change, Decision
from .lookup import declared_aggregate
from .metadata import metadata_text

# The reason that Nova writes when it registers a disabled service, under enable_new_services=false
# (nova/objects/service.py).
REGISTERED_DISABLED = "New compute service disabled due to config option."
# Nova's name for the zone of hosts that no aggregate puts into one ([DEFAULT]default_availability_zone).
DEFAULT_ZONE = "nova"


def merged(current: Mapping[str, str], wanted: Mapping[str, str | None], purge: bool) -> dict[str, str]:
    """Return the current metadata with the wanted over it; ``purge`` keeps only the wanted."""
    kept = {} if purge else {key: value for key, value in current.items() if key not in wanted}
    return {**kept, **{key: value for key, value in wanted.items() if value is not None}}


def joined(current: Iterable[str], wanted: Iterable[str], purge: bool) -> tuple[str, ...]:
    """Return the current hosts and the wanted; ``purge`` keeps only the wanted."""
    return tuple(sorted({*wanted} if purge else {*current, *wanted}))


def declared(aggregates: Sequence[Aggregate], wanted: Mapping[str, Any]) -> Change:
    """Return the change that makes one aggregate as declared.

    :param wanted: the options ``name``, ``id``, ``availability_zone``, ``hosts``, ``purge_hosts``, ``metadata`` and
        ``purge_metadata`` of os_aggregate.
    :raises Refused: if what is declared cannot be.
    """
    metadata = metadata_text(wanted["metadata"] or {})
    before = declared_aggregate(aggregates, wanted["name"], wanted["id"])
    if before is None and wanted["id"] is not None:
        raise Refused(f"There is no aggregate with the id {wanted['id']!r}: to create one, give only its name.")
    if wanted["availability_zone"] == "":
        raise Refused("A zone cannot be removed from an aggregate, only changed: Nova has no way to unset it.")
    base = before or Aggregate(wanted["name"])
    after = replace(
        base,
        name=wanted["name"] or base.name,
        zone=wanted["availability_zone"] or base.zone,
        hosts=joined(base.hosts, wanted["hosts"] or (), wanted["purge_hosts"]),
        metadata=merged(base.metadata, metadata, wanted["purge_metadata"]),
    )
    return Change(before, after)


def all_declared(aggregates: Sequence[Aggregate], wanted: Sequence[Mapping[str, Any]], prune: bool) -> Decision:
    """Return the changes that make all aggregates as declared, in the order of the declarations, then the deletions.

    :param prune: whether to delete the aggregates that are not declared.
    """
    changes: list[Change] = []
    problems: list[str] = []
    for declaration in wanted:
        try:
            changes.append(declared(aggregates, declaration))
        except Refused as refused:
            problems += refused.problems
    names = Counter(change.after.name for change in changes if change.after)
    problems += [f"The aggregate {name!r} is declared {count} times." for name, count in names.items() if count > 1]
    names_by_id: dict[int | None, set[str]] = {}
    for change in changes:
        if change.before and change.after:
            names_by_id.setdefault(change.before.id, set()).add(change.after.name)
    problems += [
        f"The aggregate with id {key} is declared as {listed(names_of_it)}: one aggregate has one name."
        for key, names_of_it in names_by_id.items()
        if len(names_of_it) > 1
    ]
    pruned = [Change(aggregate, None) for aggregate in aggregates if prune and aggregate.id not in names_by_id]
    return Decision([*changes, *pruned], problems=problems)


def zone_warnings(changes: Iterable[Change]) -> list[str]:
    """Warn of a zone named like Nova's default zone; Nova's documentation asks operators never to name one so."""
    return [
        f"The aggregate {change.after.name!r} declares the zone {DEFAULT_ZONE!r}, which is also Nova's name for "
        "hosts in no zone: servers that ask for it are bound to it, and later moves of them or of the host break. "
        "Use another name."
        for change in changes
        if change.after and change.after.zone == DEFAULT_ZONE
    ]


def with_hosts(aggregate: Aggregate, hosts: Iterable[str], present: bool) -> Change:
    """Return the change that adds these hosts to the aggregate, or removes them from it."""
    wanted = {*aggregate.hosts, *hosts} if present else {*aggregate.hosts} - {*hosts}
    return Change(aggregate, replace(aggregate, hosts=tuple(sorted(wanted))))
