# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A move of a server to another host, as it is planned or asked for. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .._openstack.server import Server

LIVE, COLD = "live-migration", "migration"  # as the type of a migration record


@dataclass(frozen=True, slots=True)
class Move:
    """A server that is to go to a host.

    :ivar kind: ``LIVE`` or ``COLD``.
    """

    server: Server
    kind: str
    target: str
