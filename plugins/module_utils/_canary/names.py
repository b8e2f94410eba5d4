# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How the server of a canary is called: its tag names the roll, its name the host that it tries. Pure.

Anybody can write a tag, so only a server of our own project with such a tag counts (``Server.canary``).
"""

from __future__ import annotations

from collections.abc import Iterable

from .._openstack.server import CANARY_TAG, Server


def tag_of(roll: str) -> str:
    """Return the tag of the canaries of a roll."""
    return f"{CANARY_TAG}{roll}"


def name_of(host: str) -> str:
    """Return the name of the throw-away server that tries a host."""
    return f"stackops-canary-{host}"


def canaries_of(host: str, servers: Iterable[Server]) -> list[Server]:
    """Return those of a roll's canaries that try this host."""
    return [server for server in servers if server.name == name_of(host)]
