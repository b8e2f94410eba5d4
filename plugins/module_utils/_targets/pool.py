# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which hosts may take the servers of a host. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .._errors import Refused
from .._maintenance.mark import read_mark
from .._openstack.model import Aggregate, Service


@dataclass(frozen=True, slots=True)
class Pool:
    """Where servers may go: hosts, and the aggregates (uuids) by which Placement finds them; none: all it knows."""

    hosts: tuple[str, ...]
    aggregates: tuple[str, ...]


def pool_of(
    host: str,
    aggregates: Sequence[Aggregate],
    members: Sequence[Aggregate],
    targets: Collection[str] | None,
) -> Pool:
    """The hosts that may take servers from ``host``.

    :param members: the aggregates that the options name; empty when they name none.
    :param targets: hosts that the options name. Both: the intersection. Neither: the one aggregate of the host.
    :raises Refused: the options leave no clear choice.
    """
    own = [one for one in aggregates if host in one.hosts]
    if members and not any(host in one.hosts for one in members):
        names = ", ".join(repr(one.name) for one in members)
        raise Refused(f"The host {host!r} is no member of the aggregate {names}: add it, or name its own aggregate.")
    if not members and targets is None:
        if len(own) != 1:
            found = ", ".join(repr(one.name) for one in own) or "none"
            raise Refused(
                f"The host {host!r} is in {len(own)} aggregates ({found}): name in 'aggregate' or 'targets' "
                "where its servers may go."
            )
        members = own
    hosts = {name for one in members for name in one.hosts} if members else set(targets or ())
    if members and targets is not None:
        hosts &= set(targets)
    return Pool(tuple(sorted(hosts - {host})), tuple(one.uuid for one in members if one.uuid))


def usable_hosts(
    hosts: Iterable[str], services: Iterable[Service], returning: Collection[str] = ()
) -> tuple[list[str], dict[str, str]]:
    """The hosts of a pool that may take servers now, and why each of the others may not.

    :param returning: hosts whose own servers are still coming home.
    """
    by_host = {service.host: service for service in services}
    good, bad = [], {}
    for host in hosts:
        service = by_host.get(host)
        if service is None:
            bad[host] = "it has no compute service"
        elif not service.enabled:
            bad[host] = "it is in maintenance" if read_mark(service.reason) else "it is disabled"
        elif not service.up:
            bad[host] = "its compute service is down"
        elif host in returning:
            bad[host] = "its own servers are coming home from its maintenance"
        else:
            good.append(host)
    return good, bad
