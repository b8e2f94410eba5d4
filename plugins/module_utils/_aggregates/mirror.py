# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Compare the hosts of aggregates with Placement's mirror of them, by which the scheduler finds hosts. Pure.

Nova only logs it when it could not put a host that joined into the mirror (nova/compute/api.py).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from .._openstack.aggregate import Aggregate
from .._text import listed

# Aggregates in one request: Placement takes their uuids in the URL, and a web server no URL of any length.
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Drift:
    """A host of which Placement knows other aggregates than Nova.

    ``missing`` are the names of aggregates whose member it is in Nova only. ``extra_in`` are names of which at least
    one has it in Placement only.
    """

    host: str
    missing: tuple[str, ...] = ()
    extra_in: tuple[str, ...] = ()

    def to_result(self) -> dict[str, Any]:
        return {"host": self.host, "missing": list(self.missing), "extra_in": list(self.extra_in)}


def disjoint(aggregates: Sequence[Aggregate]) -> list[list[Aggregate]]:
    """Return the aggregates in groups within which no host is a member of two.

    Placement tells the members of several aggregates in one answer, but not of which of them. In such a group that
    follows, so the number of requests is about that of the aggregates that a host is in, not that of all aggregates.
    """
    groups: list[list[Aggregate]] = []
    hosts: list[set[str]] = []
    for aggregate in aggregates:
        members = {*aggregate.hosts}
        fitting = (at for at, taken in enumerate(hosts) if not taken & members and len(groups[at]) < _AT_ONCE)
        place = next(fitting, len(groups))
        if place == len(groups):
            groups.append([])
            hosts.append(set())
        groups[place].append(aggregate)
        hosts[place] |= members
    return groups


def drift(groups: Sequence[Sequence[Aggregate]], mirrored: Sequence[Set[str]]) -> list[Drift]:
    """Return the hosts whose aggregates differ, sorted by name.

    :param groups: as ``disjoint`` returns them.
    :param mirrored: the hosts that Placement has in any aggregate of each group.
    """
    missing: dict[str, list[str]] = {}
    extra: dict[str, list[str]] = {}
    for group, hosts in zip(groups, mirrored, strict=True):
        for aggregate in group:
            for host in {*aggregate.hosts} - hosts:
                missing.setdefault(host, []).append(aggregate.name)
        members = {host for aggregate in group for host in aggregate.hosts}
        for host in hosts - members:
            extra.setdefault(host, []).extend(aggregate.name for aggregate in group)
    return [
        Drift(host, tuple(sorted(missing.get(host, ()))), tuple(sorted(extra.get(host, ()))))
        for host in sorted({*missing, *extra})
    ]


def warnings(drifts: Sequence[Drift]) -> list[str]:
    """Return a sentence for each kind of drift, with the command that mends it."""
    missing = [f"{each.host} of {listed(map(repr, each.missing))}" for each in drifts if each.missing]
    extra = [each.host for each in drifts if each.extra_in]
    sentences = []
    if missing:
        sentences.append(
            f"Placement lacks members of aggregates, and the scheduler does not find them there: {listed(missing)}. "
            "Run 'nova-manage placement sync_aggregates' on a controller of the cloud."
        )
    if extra:
        sentences.append(
            f"Placement has hosts in aggregates that Nova does not have there: {listed(extra)}. 'nova-manage placement "
            "sync_aggregates' only adds; take them out with 'openstack resource provider aggregate set'."
        )
    return sentences
