# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The order of hosts: which of them is upgraded before which. Pure.

It is decided here and nowhere else, for the plan that is shown as for the turns of a roll. The planner departs from it
only where a host cannot begin yet, or where another order saves moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .host_to_upgrade import HostToUpgrade


def hosts_in_order(hosts: Iterable[HostToUpgrade], wish: Sequence[str] | None, bring_back: bool) -> list[HostToUpgrade]:
    """Sort hosts: unfinished ones, then empty ones, then as the operator wishes, then the oldest hypervisor first.

    The oldest come first because their servers can go to any other host. Of hosts with the same version one zone or
    failure domain comes after the other, where hosts of two are not out together; and within that

    * with ``bring_back`` those come first that take longest, as a window closes best that way: whose hard server groups
      are on most hosts, for two of these never go at once; and of these those with the most servers;
    * without it those with the fewest servers.

    :param wish: names of hosts in the order that the operator gave; None if the operator gave none.
    """
    hosts = list(hosts)
    wished = {name: number for number, name in enumerate(dict.fromkeys(wish or ()))}

    def place(host: HostToUpgrade) -> tuple[bool, bool, int, int, tuple[str, str], int, int, str]:
        sizes = (-host.spread, -len(host.movable)) if bring_back else (len(host.movable), 0)
        rank = wished.get(host.name, len(wished))
        first = not host.member.unfinished, bool(host.movable), rank
        return (*first, host.member.version, host.section.name, *sizes, host.name)

    return sorted(hosts, key=place)
