# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where servers are at home when maintenances overlap: on the host that each left first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from .._openstack.migration import Migration
from .._openstack.service import Service
from .departed import is_over
from .finished_return import FinishedReturn
from .mark import Mark, read_mark


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One that takes servers off a host and brings them back, or did.

    :ivar over: whether it is over, so that it brings none back any more.
    """

    host: str
    mark: Mark
    over: bool = False


def known_maintenances(
    services: Collection[Service], returns: Mapping[str, Mark], finished: Iterable[FinishedReturn]
) -> list[Maintenance]:
    """Return the maintenances of which the cloud tells.

    :param returns: the mark of each host whose servers are still to be brought back.
    """
    hosts = {service.id: service.host for service in services}
    return [
        *(Maintenance(host, mark) for host, mark in {**returns, **open_marks(services)}.items()),
        *(Maintenance(hosts[past.service], past.mark, over=True) for past in finished if past.service in hosts),
    ]


def open_marks(services: Iterable[Service]) -> dict[str, Mark]:
    """Return the marks of the hosts that are out of service to be drained."""
    marks = {service.host: read_mark(service.reason) for service in services if not service.enabled}
    return {host: mark for host, mark in marks.items() if mark and mark.mode == "migrate"}


@dataclass(slots=True)
class _Trail:
    """The way of one server.

    :ivar left: the maintenances for which it left their hosts and that did not bring it back, the first one first.
    :ivar back_on: the host that it had left for a maintenance and on which it was again last; empty if there is none.
    """

    left: list[Maintenance] = field(default_factory=list)
    back_on: str = ""

    def follow(self, record: Migration, maintenances: Iterable[Maintenance]) -> None:
        """Take in its next migration. On a host that it had left, all that it left after that does not matter."""
        for maintenance in maintenances:
            leaves = maintenance.host == record.source and maintenance.mark.covers(record.id, record.created_at)
            if leaves and maintenance not in self.left:
                self.left.append(maintenance)
        hosts = [maintenance.host for maintenance in self.left]
        if record.destination in hosts:
            del self.left[hosts.index(record.destination) :]
            self.back_on = record.destination


def why_elsewhere(
    own: Maintenance,
    servers: Iterable[str],
    records: Iterable[Migration],
    others: Iterable[Maintenance],
    ended: Collection[int] = (),
) -> dict[str, str]:
    """Return those of the servers, which left our host for its maintenance, that are at home elsewhere, and why.

    A server was only parked here if it left another host for that one's maintenance before, and that one is not over,
    or took it home.

    :param records: of all migrations from and to the hosts of these maintenances since each began.
    :param ended: numbers of records that say they are open for ever, and whose migrations are over.
    """
    trails = {server: _Trail() for server in servers}
    maintenances = [own, *others]
    for record in sorted({record.id: record for record in records}.values(), key=lambda record: record.id):
        if record.server in trails and is_over(record, ended):
            trails[record.server].follow(record, maintenances)
    reasons = {server: _why(own, trail) for server, trail in trails.items()}
    return {server: why for server, why in reasons.items() if why}


def _why(own: Maintenance, trail: _Trail) -> str | None:
    first = next((maintenance for maintenance in trail.left if not maintenance.over), own)
    if first != own:
        return f"it left {first.host} first, which is in maintenance too"
    if own not in trail.left and trail.back_on not in ("", own.host):
        return f"it was back on {trail.back_on}, which it left first"
    return None
