# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Sort the servers of a host: to move, to stop first, to leave there, and those that block a drain. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from .._openstack.model import Group, Server
from .rules import unmovable
from .tags import COLD_TAG, LEAVE_TAG, STOP_TAG, granted_tag, tag_text

STOPPED_BY_TAG = f"it is shut off for the maintenance, as its tag {tag_text(STOP_TAG)!r} wishes"


@dataclass(frozen=True, slots=True)
class SortedServers:
    """Servers of a host: to move, to stop first, to leave aboard (with the reason), and those that stand in the way."""

    movable: list[Server]
    left: dict[str, str]
    blocking: dict[str, str]
    to_stop: list[Server] = field(default_factory=list)


def sort_servers(
    servers: Iterable[Server],
    groups: Sequence[Group],
    leave_stopped: bool,
    leave_unmovable: bool,
    granted_tags: Collection[str] = (),
) -> SortedServers:
    """:param wishes: the wishes of tenants that the operator grants (_wishes)."""
    found = SortedServers([], {}, {}, [])
    for server in servers:
        tag = granted_tag(server, granted_tags)
        why = unmovable(server, groups, cold=tag == COLD_TAG)
        if tag == LEAVE_TAG:
            found.left[server.id] = f"its tag {tag_text(LEAVE_TAG)!r} wishes it"
        elif tag == STOP_TAG and server.vm_state == "active":
            found.to_stop.append(server)
        elif tag == STOP_TAG and server.vm_state == "stopped":
            found.left[server.id] = STOPPED_BY_TAG
        elif server.vm_state == "stopped" and leave_stopped:
            found.left[server.id] = "it is shut off, and stopped_servers says 'leave'"
        elif why is None:
            found.movable.append(server)
        elif leave_unmovable:
            found.left[server.id] = why
        else:
            found.blocking[server.id] = why
    return found
