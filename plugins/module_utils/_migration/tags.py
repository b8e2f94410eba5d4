# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What tenants wish for their servers in a maintenance, written as tags. Pure.

A tag is a tenant's word: it counts only where the operator grants that kind of wish by name.
"""

from __future__ import annotations

from collections.abc import Collection

from .._openstack.model import Server

LEAVE_TAG, COLD_TAG, STOP_TAG = "leave", "cold", "stop"
SERVER_TAGS = (LEAVE_TAG, COLD_TAG, STOP_TAG)
_PREFIX = "maintenance:"
# States of a server in which a wish means something; leaving it where it is always does.
_STATES = {COLD_TAG: ("active",), STOP_TAG: ("active", "stopped")}


def tag_text(tag: str) -> str:
    return _PREFIX + tag


def granted_tag(server: Server, granted_tags: Collection[str]) -> str | None:
    """The wish of this server that counts: the one tag among those that are granted.

    With several of them nobody knows which is meant, so none counts. A cold move is only for a server that runs,
    because one that is shut off moves so anyway; and only one that runs is shut down, or stays so.
    """
    found = [tag for tag in SERVER_TAGS if tag in granted_tags and tag_text(tag) in server.tags]
    if len(found) != 1 or server.vm_state not in _STATES.get(found[0], (server.vm_state,)):
        return None
    return found[0]


def tag_warnings(servers: Collection[Server], granted_tags: Collection[str]) -> list[str]:
    """One loud line for each server whose wish is granted, or which has several."""
    doing = {
        LEAVE_TAG: "stays on its host through the maintenance",
        COLD_TAG: "is shut down, moved cold and started again",
        STOP_TAG: "is shut down for the maintenance and started again after it",
    }
    lines = []
    for server in servers:
        tag = granted_tag(server, granted_tags)
        several = [tag_text(name) for name in SERVER_TAGS if name in granted_tags and tag_text(name) in server.tags]
        if tag == STOP_TAG and server.vm_state == "stopped":
            lines.append(f"The server {server.name!r} ({server.id}) stays on its host, shut off, as its tag wishes.")
        elif tag:
            lines.append(f"The server {server.name!r} ({server.id}) {doing[tag]}, as its tag {tag_text(tag)!r} wishes.")
        elif len(several) > 1:
            lines.append(
                f"The tags {', '.join(several)} of the server {server.name!r} ({server.id}) contradict: none counts."
            )
    return lines
