# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""From what an operator declares to changes of aggregates: naming them, and what they shall be. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused, Step, listed

_KEY = re.compile(r"[a-zA-Z0-9-_:. ]{1,255}")
# What nova-compute writes when it registers under enable_new_services=false (nova/objects/service.py).
REGISTERED_DISABLED = "New compute service disabled due to config option."
# Nova's name for the zone of hosts that no aggregate puts into one ([DEFAULT]default_availability_zone).
DEFAULT_ZONE = "nova"


@dataclass(frozen=True, slots=True)
class Change:
    """One aggregate as it stands and as it shall be; None on one side creates or deletes it."""

    before: Aggregate | None
    after: Aggregate | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Changes, steps that come after theirs, and what was found that forbids them all."""

    changes: Sequence[Change]
    more: Sequence[Step] = ()
    problems: Sequence[str] = ()


# -- naming


def find(aggregates: Sequence[Aggregate], reference: str) -> Aggregate | None:
    """The aggregate that ``reference`` names: exact name, else uuid, else integer id.

    :raises Refused: the text is one aggregate's name and another one's id.
    """
    named = [one for one in aggregates if one.name == reference]
    by_id = [one for one in aggregates if reference in (one.uuid, str(one.id))]
    if named and by_id and named[0] is not by_id[0]:
        raise Refused(
            f"{reference!r} is the name of the aggregate with id {named[0].id} and the id of the aggregate "
            f"{by_id[0].name!r}: use the uuid of the one that is meant ({named[0].uuid} or {by_id[0].uuid})."
        )
    return next(iter(named or by_id), None)


def existing(aggregates: Sequence[Aggregate], reference: str) -> Aggregate:
    """The same, where it must exist."""
    found = find(aggregates, reference)
    if found is None:
        raise Refused(f"There is no aggregate {reference!r}: the cloud has {listed(one.name for one in aggregates)}.")
    return found


def pooled(
    aggregates: Sequence[Aggregate], reference: str | None, metadata: Mapping[str, Any] | None
) -> list[Aggregate]:
    """The aggregates of a pool: the one that is named, or all that have the metadata; none where neither is given.

    :raises Refused: there is none.
    """
    if reference is not None:
        return [existing(aggregates, reference)]
    if metadata is None:
        return []
    wanted = metadata_text(metadata).items()
    found = [one for one in aggregates if wanted <= one.metadata.items()]
    if not found:
        raise Refused(f"No aggregate has the metadata {dict(wanted)}: check 'aggregate_metadata'.")
    return found


def chosen(aggregates: Sequence[Aggregate], name: str | None, identifier: str | None) -> Aggregate | None:
    """The aggregate of the options ``name`` and ``id``; with both, ``id`` names it and ``name`` is its new name."""
    if identifier is None:
        return next((one for one in aggregates if one.name == name), None)
    found = next((one for one in aggregates if identifier in (one.uuid, str(one.id))), None)
    taken = next((one for one in aggregates if name is not None and one.name == name and one is not found), None)
    if found and taken:
        raise Refused(
            f"The aggregate {found.name!r} cannot be renamed to {name!r}, which is the name of the aggregate "
            f"with id {taken.id}: choose another name."
        )
    return found


# -- wanting


def metadata_text(metadata: Mapping[Any, Any]) -> dict[str, str | None]:
    """Metadata as Nova stores it: booleans as ``true`` and ``false``, numbers as YAML writes them, None to remove.

    :raises Refused: a key or value that Nova does not take, each named.
    """
    text: dict[str, str | None] = {}
    problems = []
    for key, value in metadata.items():
        if key == "availability_zone":
            problems.append("The key 'availability_zone' belongs to the option of that name, not into metadata.")
        elif not _KEY.fullmatch(str(key)):
            problems.append(f"The metadata key {key!r} must be 1 to 255 letters, digits, spaces or any of '-_:.'.")
        elif isinstance(value, dict | list | tuple):
            kind = "dictionary" if isinstance(value, dict) else "list"
            problems.append(f"The metadata value of {key!r} is a {kind}: Nova stores text, so write it as one string.")
        else:
            text[str(key)] = _text(value)
            if len(text[str(key)] or "") > 255:
                problems.append(f"The metadata value of {key!r} is longer than the 255 characters that Nova stores.")
    if problems:
        raise Refused(problems)
    return text


def merged(standing: Mapping[str, str], wanted: Mapping[str, str | None], purge: bool) -> dict[str, str]:
    """Standing metadata with the wanted over it; ``purge`` keeps only the wanted."""
    base = {} if purge else {key: value for key, value in standing.items() if key not in wanted}
    return {**base, **{key: value for key, value in wanted.items() if value is not None}}


def joined(standing: Iterable[str], wanted: Iterable[str], purge: bool) -> tuple[str, ...]:
    return tuple(sorted({*wanted} if purge else {*standing, *wanted}))


def declared(aggregates: Sequence[Aggregate], wanted: Mapping[str, Any]) -> Change:
    """The change that makes one aggregate as declared.

    :param wanted: the options ``name``, ``id``, ``availability_zone``, ``hosts``, ``purge_hosts``, ``metadata`` and
        ``purge_metadata`` of os_aggregate.
    :raises Refused: what is declared cannot be.
    """
    metadata = metadata_text(wanted["metadata"] or {})
    before = chosen(aggregates, wanted["name"], wanted["id"])
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
    """The changes that make all aggregates as declared, in the order of the declarations, then those to delete.

    :param prune: whether to delete the aggregates that are not declared.
    """
    changes: list[Change] = []
    problems: list[str] = []
    for one in wanted:
        try:
            changes.append(declared(aggregates, one))
        except Refused as refused:
            problems += refused.problems
    names = Counter(change.after.name for change in changes if change.after)
    problems += [f"The aggregate {name!r} is declared {count} times." for name, count in names.items() if count > 1]
    wanted_names: dict[int | None, set[str]] = {}
    for change in changes:
        if change.before and change.after:
            wanted_names.setdefault(change.before.id, set()).add(change.after.name)
    problems += [
        f"The aggregate with id {key} is declared as {listed(found)}: one aggregate has one name."
        for key, found in wanted_names.items()
        if len(found) > 1
    ]
    pruned = [Change(one, None) for one in aggregates if prune and one.id not in wanted_names]
    return Decision([*changes, *pruned], problems=problems)


def zone_warnings(changes: Iterable[Change]) -> list[str]:
    """Nova's documentation asks operators never to do this."""
    return [
        f"The aggregate {change.after.name!r} declares the zone {DEFAULT_ZONE!r}, which is also Nova's name for "
        "hosts in no zone: servers that ask for it are bound to it, and later moves of them or of the host break. "
        "Use another name."
        for change in changes
        if change.after and change.after.zone == DEFAULT_ZONE
    ]


def with_hosts(aggregate: Aggregate, hosts: Iterable[str], present: bool) -> Change:
    """Add these hosts, or remove them."""
    wanted = {*aggregate.hosts, *hosts} if present else {*aggregate.hosts} - {*hosts}
    return Change(aggregate, replace(aggregate, hosts=tuple(sorted(wanted))))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
