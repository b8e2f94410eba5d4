# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide what must change for an aggregate to be as wanted. Pure.

The rules are Nova's (nova/compute/api.py AggregateAPI, schemas/aggregates.py), told before Nova would refuse
in the middle of the work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Aggregate, Service
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Plan, Refused, Step

_KEY = re.compile(r"[a-zA-Z0-9-_:. ]{1,255}")
# What nova-compute writes when it registers under enable_new_services=false (nova/objects/service.py).
REGISTERED_DISABLED = "New compute service disabled due to config option."


@dataclass(frozen=True, slots=True)
class Change:
    """One aggregate as it stands and as it shall be; None on one side creates or deletes it."""

    before: Aggregate | None
    after: Aggregate | None


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
        raise Refused(f"There is no aggregate {reference!r}: the cloud has {_listed(one.name for one in aggregates)}.")
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


# -- checking


def zones(aggregates: Iterable[Aggregate]) -> dict[str, set[str]]:
    """The zones that aggregates give to each host; a host in none of them is in Nova's default zone."""
    found: dict[str, set[str]] = {}
    for one in aggregates:
        for host in one.hosts if one.zone else ():
            found.setdefault(host, set()).add(str(one.zone))
    return found


def applied(aggregates: Sequence[Aggregate], changes: Sequence[Change]) -> list[Aggregate]:
    """All aggregates as they stand after the changes."""
    gone = {change.before.id for change in changes if change.before}
    return [one for one in aggregates if one.id not in gone] + [change.after for change in changes if change.after]


def rezoned(aggregates: Sequence[Aggregate], changes: Sequence[Change]) -> set[str]:
    """Hosts whose zone the changes would change: Nova refuses that while servers are on them (2024.1 on)."""
    before, after = zones(aggregates), zones(applied(aggregates, changes))
    return {host for host in {*before, *after} if before.get(host) != after.get(host)}


def joining(changes: Iterable[Change]) -> set[str]:
    """Hosts that are to join an aggregate."""
    return {
        host
        for change in changes
        for host in (change.after.hosts if change.after else ())
        if change.before is None or host not in change.before.hosts
    }


def check(
    aggregates: Sequence[Aggregate],
    changes: Sequence[Change],
    services: Iterable[Service] = (),
    servers: Mapping[str, int] | None = None,
) -> None:
    """Refuse, all at once, what Nova would refuse one by one in the middle of the work.

    :param services: all compute services; only looked at when a host joins.
    :param servers: how many servers each host holds; only looked at when a host would change its zone.
    :raises Refused: with one sentence for each problem.
    """
    known = {service.host for service in services}
    problems = [problem for change in changes if change.after for problem in _form(change.after)]
    for host in sorted(joining(changes) - known):
        alike = next((name for name in known if name.lower() == host.lower()), None)
        hint = f"did you mean {alike!r}?" if alike else f"the cloud has {_listed(known)}."
        problems.append(f"There is no compute host {host!r}: {hint}")
    for host, names in sorted(zones(applied(aggregates, changes)).items()):
        if len(names) > 1:
            problems.append(
                f"The host {host!r} would be in the zones {_listed(names)}, and Nova allows one: "
                "remove it from the other aggregate first."
            )
    for host in sorted(rezoned(aggregates, changes)):
        count = (servers or {}).get(host, 0)
        if count:
            problems.append(
                f"The host {host!r} holds {count} server{'s' * (count > 1)} and would change its availability zone: "
                "drain it first (os_host_maintenance)."
            )
    if problems:
        raise Refused(problems)


def _form(wanted: Aggregate) -> list[str]:
    problems = []
    if not 1 <= len(wanted.name.strip()) <= 255 or wanted.name != wanted.name.strip():
        problems.append(f"The name {wanted.name!r} must have 1 to 255 characters and no spaces around it.")
    zone = wanted.zone
    if zone is not None and (not 1 <= len(zone) <= 255 or ":" in zone or zone != zone.strip()):
        problems.append(f"The zone {zone!r} must have 1 to 255 characters, no colon and no spaces around it.")
    return problems


# -- planning


def plan(change: Change) -> Plan:
    """The steps of one aggregate, in an order in which a half-way stop does no harm.

    Metadata comes before hosts, so that no host is in an aggregate without the traits its servers need;
    hosts join before others leave, unless those stand in the way of a new zone.
    """
    shown = [one.shown() if one else {} for one in (change.before, change.after)]
    return Plan(_steps(change.before, change.after), shown[0], shown[1])


def _steps(before: Aggregate | None, after: Aggregate | None) -> list[Step]:
    if after is None:
        return _deletion(before) if before else []
    base = before or Aggregate(after.name, zone=after.zone)
    name = repr(after.name)
    leaving = [
        Step("remove_host", (host,), f"remove host {host} from {name}")
        for host in base.hosts
        if host not in after.hosts
    ]
    coming = [Step("add_host", (host,), f"add host {host} to {name}") for host in after.hosts if host not in base.hosts]
    steps = []
    if before is None:
        zone = f" in zone {after.zone}" if after.zone else ""
        steps.append(Step("create_aggregate", (after.name, after.zone), f"create the aggregate {name}{zone}"))
    if base.name != after.name:
        steps.append(Step("update_aggregate", ({"name": after.name},), f"rename {base.name!r} to {name}"))
    if base.zone != after.zone:
        steps += leaving
        leaving = []
        values = {"availability_zone": after.zone}
        steps.append(Step("update_aggregate", (values,), f"change the zone of {name} to {after.zone}"))
    values = _metadata_change(base.metadata, after.metadata)
    if values:
        steps.append(Step("set_aggregate_metadata", (values,), f"set metadata {_listed(values)} of {name}"))
    return steps + coming + leaving


def _deletion(before: Aggregate) -> list[Step]:
    name = repr(before.name)
    emptying = [Step("remove_host", (host,), f"remove host {host} from {name}") for host in before.hosts]
    return [*emptying, Step("delete_aggregate", (), f"delete the aggregate {name}")]


def _metadata_change(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    changed: dict[str, Any] = {key: value for key, value in after.items() if before.get(key) != value}
    return {**changed, **{key: None for key in before if key not in after}}


def with_hosts(aggregate: Aggregate, hosts: Iterable[str], present: bool) -> Change:
    """Add these hosts, or remove them."""
    wanted = {*aggregate.hosts, *hosts} if present else {*aggregate.hosts} - {*hosts}
    return Change(aggregate, replace(aggregate, hosts=tuple(sorted(wanted))))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _listed(names: Iterable[str]) -> str:
    """Names for a sentence, at most ten of them."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return (", ".join(ordered[:10]) + more) if ordered else "none"
