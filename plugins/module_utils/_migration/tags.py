# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Server tags by which tenants say what a maintenance does with their servers. Pure.

A tag is a tenant's word: it counts only where the operator grants that kind of tag by name (``server_wishes``).
"""

from __future__ import annotations

from collections.abc import Collection

from .._openstack.server import Server

LEAVE_TAG, COLD_TAG, STOP_TAG = "leave", "cold", "stop"
SERVER_TAGS = (LEAVE_TAG, COLD_TAG, STOP_TAG)
_PREFIX = "maintenance:"
# States of a server in which a tag means something; leaving it where it is always does.
_STATES = {COLD_TAG: ("active",), STOP_TAG: ("active", "stopped")}
_EFFECTS = {
    LEAVE_TAG: "stays on its host through the maintenance",
    COLD_TAG: "is shut down, moved cold and started again",
    STOP_TAG: "is shut down for the maintenance and started again after it",
}


def tag_text(tag: str) -> str:
    """Return the tag as tenants write it."""
    return _PREFIX + tag


def _contained(server: Server, granted_tags: Collection[str]) -> list[str]:
    return [tag for tag in SERVER_TAGS if tag in granted_tags and tag_text(tag) in server.tags]


def granted_tag(server: Server, granted_tags: Collection[str]) -> str | None:
    """Return the tag of this server that counts: its only one among those that are granted.

    With several of them nobody knows which is meant, so none counts. A cold move is only for a server that runs,
    because one that is shut off moves so anyway; and only one that runs is shut down, or stays so.
    """
    tags = _contained(server, granted_tags)
    if len(tags) != 1 or server.vm_state not in _STATES.get(tags[0], (server.vm_state,)):
        return None
    return tags[0]


def tag_warnings(servers: Collection[Server], granted_tags: Collection[str]) -> list[str]:
    """Return one line for each server whose tag counts, or whose tags contradict each other."""
    lines = []
    for server in servers:
        tag, several = granted_tag(server, granted_tags), _contained(server, granted_tags)
        name = f"The server {server.name!r} ({server.id})"
        if tag == STOP_TAG and server.vm_state == "stopped":
            lines.append(f"{name} stays on its host, shut off, as its tag {tag_text(tag)!r} says.")
        elif tag:
            lines.append(f"{name} {_EFFECTS[tag]}, as its tag {tag_text(tag)!r} says.")
        elif len(several) > 1:
            tags = ", ".join(map(tag_text, several))
            lines.append(f"The tags {tags} of the server {server.name!r} ({server.id}) contradict: none counts.")
    return lines
