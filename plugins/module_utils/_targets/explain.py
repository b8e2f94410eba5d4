# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Why no host of a plan takes a server. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from .._text import listed
from .choose import amounts, choose
from .indexed_host import IndexedHost
from .request import MoveRequest


def explain(request: MoveRequest, hosts: Sequence[IndexedHost], margin: float) -> tuple[str, str]:
    """Return why none of these hosts takes a server, and what would help.

    :param hosts: all that take servers. :param margin: percent of each resource class that stay free on them.
    """
    if lacks_least := nearest(request, hosts):
        host, lacking = lacks_least
        lower = f", or lower capacity_margin ({margin:g} %)" if margin else ""
        return (
            f"no host has enough free capacity for it; {host}, which lacks least, lacks {amounts(lacking)}",
            f"Free that on {host}, or add a host to the pool{lower}.",
        )
    _target, reasons = choose(request, [host.current() for host in hosts], margin)
    alike: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        alike.setdefault(reason, []).append(name)
    told = [f"{listed(names)}: {reason}" for reason, names in islice(alike.items(), 3)]
    why = "; ".join(told) or "no other host of the pool is in service and offered by Placement"
    return (
        f"no host can take it ({why})",
        "Add a host to the pool that can take it, or leave this host out.",
    )


def nearest(request: MoveRequest, hosts: Sequence[IndexedHost]) -> tuple[str, dict[str, int]] | None:
    """Return the host that lacks least for a server, and nothing but capacity; and what it lacks.

    Least is the smallest share of the host's capacity, in the class that it lacks most of.
    """
    without_needs = replace(request, needs={})
    by_share = sorted(_shortages(request, hosts), key=lambda shortage: (shortage[0], shortage[1].target.host))
    for _share, host, lacking in by_share:
        if lacking and choose(without_needs, [host.current()])[0]:
            return host.target.host, lacking
    return None


def _shortages(
    request: MoveRequest, hosts: Sequence[IndexedHost]
) -> Iterator[tuple[float, IndexedHost, dict[str, int]]]:
    """Yield the hosts with what each lacks, and before these as a share of its capacity."""
    for host in hosts:
        capacity = host.target.capacity
        if capacity is not None and host.target.version >= request.version:
            yield host.lacks_share(request.needs), host, host.lacks(request.needs)
