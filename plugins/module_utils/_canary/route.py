# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where the throw-away servers go by which a host is tried. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """A host that a throw-away server has to reach; it is built at its first one and live-migrates to the others.

    :ivar number: of the server.
    """

    number: int
    host: str


def route(host: str, older: Sequence[str], newer: Sequence[str]) -> tuple[Stop, ...]:
    """Return the stops of the servers that try a host.

    The first is built on the host itself. The second comes from a host that is not upgraded yet, as the tenants'
    servers will, and goes on to one that is, as they will at a later turn. Where no host is left to be upgraded the
    first one leaves the host and comes back.

    :param older: hosts that are not upgraded yet, the best one first. :param newer: hosts that are.
    """
    stops = [Stop(1, host)]
    if older:
        stops += [Stop(2, older[0]), Stop(2, host), *(Stop(2, other) for other in newer[:1])]
    elif newer:
        stops += [Stop(1, newer[0]), Stop(1, host)]
    return tuple(stops)
