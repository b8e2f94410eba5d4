# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What tenants wish for their servers in a maintenance, written as tags. Pure.

A tag is a tenant's word: it counts only where the operator grants that kind of wish by name.
"""

from __future__ import annotations

from collections.abc import Collection

from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import Server

LEAVE, COLD, STOP = "leave", "cold", "stop"
WISHES = (LEAVE, COLD, STOP)
_PREFIX = "maintenance:"
# States of a server in which a wish means something; leaving it where it is always does.
_STATES = {COLD: ("active",), STOP: ("active", "stopped")}


def tag(wish: str) -> str:
    return _PREFIX + wish


def granted(server: Server, wishes: Collection[str]) -> str | None:
    """The wish of this server that counts: the one tag among those that are granted.

    With several of them nobody knows which is meant, so none counts. A cold move is only for a server that runs,
    because one that is shut off moves so anyway; and only one that runs is shut down, or stays so.
    """
    found = [wish for wish in WISHES if wish in wishes and tag(wish) in server.tags]
    if len(found) != 1 or server.vm_state not in _STATES.get(found[0], (server.vm_state,)):
        return None
    return found[0]


def wish_warnings(servers: Collection[Server], wishes: Collection[str]) -> list[str]:
    """One loud line for each server whose wish is granted, or which has several."""
    doing = {
        LEAVE: "stays on its host through the maintenance",
        COLD: "is shut down, moved cold and started again",
        STOP: "is shut down for the maintenance and started again after it",
    }
    lines = []
    for server in servers:
        wish = granted(server, wishes)
        several = [tag(one) for one in WISHES if one in wishes and tag(one) in server.tags]
        if wish == STOP and server.vm_state == "stopped":
            lines.append(f"The server {server.name!r} ({server.id}) stays on its host, shut off, as its tag wishes.")
        elif wish:
            lines.append(f"The server {server.name!r} ({server.id}) {doing[wish]}, as its tag {tag(wish)!r} wishes.")
        elif len(several) > 1:
            lines.append(
                f"The tags {', '.join(several)} of the server {server.name!r} ({server.id}) contradict: none counts."
            )
    return lines
