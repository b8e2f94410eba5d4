# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which hosts may be upgraded at the same time: limits, zones and server groups. Pure."""

from __future__ import annotations

from collections.abc import Collection

from .._text import listed
from .host_to_upgrade import HostToUpgrade
from .options import PlanOptions


class BatchDraft:
    """The hosts of the batch that is being made, and whether another host may join them.

    :param out_of_service: the hosts of the pool that are out of service already.
    """

    def __init__(self, first: HostToUpgrade, options: PlanOptions, out_of_service: Collection[str]) -> None:
        self.hosts, self.names = [first], {first.name}
        self._options, self._out_of_service = options, out_of_service
        self._left_by_group = dict.fromkeys(first.groups, first.name)  # group -> the host that its members leave

    @property
    def is_full(self) -> bool:
        return len(self.hosts) == self._options.max_unavailable

    def add(self, host: HostToUpgrade) -> None:
        self.hosts.append(host)
        self.names.add(host.name)
        self._left_by_group |= dict.fromkeys(host.groups, host.name)

    def obstacle(self, host: HostToUpgrade) -> tuple[int, str] | None:
        """Return why a host may not join, and the weight of that reason: the lowest number weighs most."""
        zone = self.hosts[0].member.zone
        if host.member.zone != zone and not self._options.mixed_zones:
            return 4, f"{host.name} is in another zone ({host.member.zone} and not {zone})"
        if too_many := limit_reached(host.name, self.names, self._out_of_service, self._options.max_unavailable):
            return 2, too_many
        shared = host.groups.keys() & self._left_by_group.keys()
        if shared:
            group = min(shared)
            other = self._left_by_group[group]
            return (
                3,
                f"servers of the group {host.groups[group]!r} would leave {host.name} and {other} at the same time",
            )
        return None


def limit_reached(
    host: str, beside: Collection[str], out_of_service: Collection[str], max_unavailable: int
) -> str | None:
    """Return why a host may not be taken out of service too; a host that is out of service already may go on.

    :param beside: hosts that are taken out of service at the same time.
    """
    others = {*out_of_service} - {host}
    if host in out_of_service or len(others.union(beside)) < max_unavailable:
        return None
    return f"max_unavailable is {max_unavailable}, and {listed(others)} out of service already"
