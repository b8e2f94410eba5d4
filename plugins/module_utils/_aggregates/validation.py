# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find what Nova would refuse, before the first write. Pure.

Source: nova/compute/api.py (AggregateAPI), nova/api/openstack/compute/schemas/aggregates.py, and the release note on
refusing changes of the zone of hosts with servers (2024.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._errors import Refused
from .._openstack.aggregate import Aggregate
from .._openstack.service import Service
from .._text import listed
from .change import Change


def zones(aggregates: Iterable[Aggregate]) -> dict[str, set[str]]:
    """Return the zones that aggregates give to each host; a host without any is in Nova's default zone."""
    by_host: dict[str, set[str]] = {}
    for aggregate in aggregates:
        for host in aggregate.hosts if aggregate.zone else ():
            by_host.setdefault(host, set()).add(str(aggregate.zone))
    return by_host


def applied(aggregates: Sequence[Aggregate], changes: Sequence[Change]) -> list[Aggregate]:
    """Return all aggregates as they are after the changes."""
    changed = {change.before.id for change in changes if change.before}
    unchanged = [aggregate for aggregate in aggregates if aggregate.id not in changed]
    return unchanged + [change.after for change in changes if change.after]


def rezoned(aggregates: Sequence[Aggregate], changes: Sequence[Change]) -> set[str]:
    """Return the hosts that would get another zone; since 2024.1 Nova refuses that while servers are on them."""
    before, after = zones(aggregates), zones(applied(aggregates, changes))
    return {host for host in {*before, *after} if before.get(host) != after.get(host)}


def joining(changes: Iterable[Change]) -> set[str]:
    """Return the hosts that are to join an aggregate."""
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
    known_problems: Iterable[str] = (),
) -> None:
    """Refuse, all at once, what Nova would refuse one by one in the middle of the work.

    :param services: all compute services; only needed when a host joins.
    :param servers: how many servers are on each host; only needed when a host would change its zone.
    :param known_problems: sentences to refuse with as well.
    :raises Refused: with one sentence for each problem, if there is any.
    """
    known = {service.host for service in services}
    problems = [*known_problems, *(problem for change in changes if change.after for problem in _form(change.after))]
    for host in sorted(joining(changes) - known):
        alike = next((name for name in known if name.lower() == host.lower()), None)
        hint = f"did you mean {alike!r}?" if alike else f"the cloud has {listed(known)}."
        problems.append(f"There is no compute host {host!r}: {hint}")
    for host, names in sorted(zones(applied(aggregates, changes)).items()):
        if len(names) > 1:
            problems.append(
                f"The host {host!r} would be in the zones {listed(names)}, and Nova allows one: "
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
    """Return what is wrong with the form of a name and a zone."""
    problems = []
    if not 1 <= len(wanted.name.strip()) <= 255 or wanted.name != wanted.name.strip():
        problems.append(f"The name {wanted.name!r} must have 1 to 255 characters and no spaces around it.")
    zone = wanted.zone
    if zone is not None and (not 1 <= len(zone) <= 255 or ":" in zone or zone != zone.strip()):
        problems.append(f"The zone {zone!r} must have 1 to 255 characters, no colon and no spaces around it.")
    return problems
