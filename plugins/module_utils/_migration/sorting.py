# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Sort the servers of a host: to move, to stop first, to leave there, and those that block a drain. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._openstack.group import Group
from .._openstack.server import Server
from .rules import SHUT_DOWN, unmovable
from .tags import COLD_TAG, LEAVE_TAG, STOP_TAG, granted_tag, tag_text

STOPPED_BY_TAG = f"it is shut off for the maintenance, as its tag {tag_text(STOP_TAG)!r} says"


@dataclass(frozen=True, slots=True)
class SortedServers:
    """The servers of a host, by what becomes of them in a drain.

    :ivar left: uuid of each that stays on the host -> why. :ivar blocking: uuid of each that blocks the drain -> why.
    :ivar canaries: throw-away servers of a roll, which it deletes itself: they are waited for.
    """

    movable: list[Server] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    blocking: dict[str, str] = field(default_factory=dict)
    to_stop: list[Server] = field(default_factory=list)
    canaries: list[Server] = field(default_factory=list)


def as_shut_off(server: Server) -> Server:
    """Return a server as it will be when it is shut off."""
    return replace(server, vm_state="stopped", status="SHUTOFF", power=SHUT_DOWN)


def sort_servers(
    servers: Iterable[Server],
    groups: Sequence[Group],
    leave_stopped: bool,
    leave_unmovable: bool,
    granted_tags: Collection[str] = (),
    stale: Mapping[str, str] | None = None,
) -> SortedServers:
    """Sort the servers of a host.

    :param granted_tags: the server tags that the operator grants (``tags``).
    :param stale: servers whose tasks do not end any more, and why they cannot be moved (``rules.stale_tasks``).
    """
    result = SortedServers()
    for server in servers:
        if server.canary:
            result.canaries.append(server)
            continue
        tag = granted_tag(server, granted_tags)
        why = (stale or {}).get(server.id) or unmovable(server, groups, cold=tag == COLD_TAG)
        if tag == LEAVE_TAG:
            result.left[server.id] = f"its tag {tag_text(LEAVE_TAG)!r} says so"
        elif tag == STOP_TAG and server.vm_state == "active":
            result.to_stop.append(server)
        elif tag == STOP_TAG and server.vm_state == "stopped":
            result.left[server.id] = STOPPED_BY_TAG
        elif server.vm_state == "stopped" and leave_stopped:
            result.left[server.id] = "it is shut off, and stopped_servers says 'leave'"
        elif why is None:
            result.movable.append(server)
        elif leave_unmovable:
            result.left[server.id] = why
        else:
            result.blocking[server.id] = why
    return result
