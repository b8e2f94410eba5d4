# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which hosts are the pool of a host: those that its servers may go to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .._errors import Refused
from .._openstack.aggregate import Aggregate


@dataclass(frozen=True, slots=True)
class Pool:
    """Where servers may go.

    :ivar aggregates: the uuids of the aggregates by which Placement finds the hosts; none: all hosts that it knows.
    """

    hosts: tuple[str, ...]
    aggregates: tuple[str, ...]


def pool_of(
    host: str,
    aggregates: Sequence[Aggregate],
    members: Sequence[Aggregate],
    targets: Collection[str] | None,
) -> Pool:
    """Return the hosts that may take servers from ``host``.

    With both ``members`` and ``targets`` these are the hosts that are in both; with neither, those of the one aggregate
    that the host is in.

    :param aggregates: all aggregates of the cloud.
    :param members: the aggregates that the options name; empty when they name none.
    :param targets: the hosts that the options name; None when they name none.
    :raises Refused: if the options leave no clear choice.
    """
    own = [aggregate for aggregate in aggregates if host in aggregate.hosts]
    if members and not any(host in aggregate.hosts for aggregate in members):
        names = ", ".join(repr(aggregate.name) for aggregate in members)
        raise Refused(f"The host {host!r} is no member of the aggregate {names}: add it, or name its own aggregate.")
    if not members and targets is None:
        if len(own) != 1:
            names = ", ".join(repr(aggregate.name) for aggregate in own) or "none"
            raise Refused(
                f"The host {host!r} is in {len(own)} aggregates ({names}): name in 'aggregate' or 'targets' "
                "where its servers may go."
            )
        members = own
    hosts = {name for aggregate in members for name in aggregate.hosts} if members else set(targets or ())
    if members and targets is not None:
        hosts &= set(targets)
    return Pool(tuple(sorted(hosts - {host})), tuple(aggregate.uuid for aggregate in members if aggregate.uuid))
