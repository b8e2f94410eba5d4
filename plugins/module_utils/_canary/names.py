# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How the servers of a canary are called: their tag names the roll, their names the host that they try. Pure.

Anybody can write a tag, so only a server of our own project with such a tag counts (``Server.canary``).
"""

from __future__ import annotations

from collections.abc import Iterable

from .._openstack.server import CANARY_TAG, Server

_NUMBERS = (1, 2)


def tag_of(roll: str) -> str:
    """Return the tag of the canaries of a roll."""
    return f"{CANARY_TAG}{roll}"


def name_of(host: str, number: int) -> str:
    """Return the name of a throw-away server of a host; there are at most two."""
    return f"stackops-canary-{host}-{number}"


def canaries_of(host: str, servers: Iterable[Server]) -> list[Server]:
    """Return those of a roll's canaries that try this host."""
    names = {name_of(host, number) for number in _NUMBERS}
    return [server for server in servers if server.name in names]
