# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find what forbids a change of aggregates, before the first write. Pure.

Source of the form of names and zones: nova/api/openstack/compute/schemas/aggregates.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._errors import Refused
from .._openstack.aggregate import Aggregate
from .._openstack.service import Service
from .._text import counted, listed
from .change import Change
from .rehearsal import Rehearsal


def joining(changes: Iterable[Change]) -> set[str]:
    """Return the hosts that are to join an aggregate."""
    return {
        host
        for change in changes
        for host in (change.after.hosts if change.after else ())
        if change.before is None or host not in change.before.hosts
    }


def leaving(changes: Iterable[Change]) -> dict[str, str]:
    """Return the hosts that are to leave an aggregate, with its name; also those that leave it for another one."""
    return {
        host: change.before.name
        for change in changes
        if change.before
        for host in change.before.hosts
        if change.after is None or host not in change.after.hosts
    }


def check(
    changes: Sequence[Change],
    rehearsal: Rehearsal,
    services: Iterable[Service] = (),
    servers: Mapping[str, int] | None = None,
    guarded: Mapping[str, str] | None = None,
    known_problems: Iterable[str] = (),
) -> None:
    """Refuse all problems at once, which Nova would refuse one by one in the middle of the work.

    :param services: all compute services; only needed when a host joins.
    :param servers: how many servers are on each host; only needed for hosts that must be empty and guarded ones.
    :param guarded: hosts that may leave an aggregate only without servers, each with the name of the aggregate.
    :param known_problems: sentences to refuse with as well.
    :raises Refused: with one sentence for each problem, if there is any.
    """
    servers = servers or {}
    problems = [*known_problems, *(problem for change in changes if change.after for problem in _form(change.after))]
    problems += _unknown(joining(changes), {service.host for service in services}) + rehearsal.problems
    held_back = {host: step for host, step in sorted(rehearsal.to_be_empty.items()) if servers.get(host)}
    problems += [
        f"The host {host!r} holds {counted(servers[host], 'server')}, and until it holds none Nova refuses to {step}: "
        "drain it first (os_host_maintenance)."
        for host, step in held_back.items()
    ]
    problems += _busy({host: name for host, name in (guarded or {}).items() if host not in held_back}, servers)
    if problems:
        raise Refused(problems)


def _unknown(hosts: set[str], known: set[str]) -> list[str]:
    """Return what is wrong with the names of hosts that are to join."""
    problems = []
    for host in sorted(hosts - known):
        alike = next((name for name in known if name.lower() == host.lower()), None)
        hint = f"did you mean {alike!r}?" if alike else f"the cloud has {listed(known)}."
        problems.append(f"There is no compute host {host!r}: {hint}")
    return problems


def _busy(guarded: Mapping[str, str], servers: Mapping[str, int]) -> list[str]:
    """Refuse that hosts leave with servers on them: the next move of such a server could go anywhere."""
    busy = [
        f"{host} with {counted(servers[host], 'server')} from {name!r}"
        for host, name in guarded.items()
        if servers.get(host)
    ]
    if not busy:
        return []
    return [
        f"These hosts are enabled, hold servers and would leave: {listed(busy)}. Drain them first "
        "(os_host_maintenance), or set 'force: true' to remove them from the aggregate all the same."
    ]


def _form(wanted: Aggregate) -> list[str]:
    """Return what is wrong with the form of a name and a zone."""
    problems = []
    if not 1 <= len(wanted.name.strip()) <= 255 or wanted.name != wanted.name.strip():
        problems.append(f"The name {wanted.name!r} must have 1 to 255 characters and no spaces around it.")
    zone = wanted.zone
    if zone is not None and (not 1 <= len(zone) <= 255 or ":" in zone or zone != zone.strip()):
        problems.append(f"The zone {zone!r} must have 1 to 255 characters, no colon and no spaces around it.")
    return problems
