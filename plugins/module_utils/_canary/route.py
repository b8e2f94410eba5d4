# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where the throw-away server goes by which a host is tried. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# How it comes to a host: built there, live-migrated there, or built anew where it is.
BUILT, MOVED, REBUILT = "built", "live-migrated", "rebuilt"


@dataclass(frozen=True, slots=True)
class Stop:
    """What happens to the server next, and on which host it is then."""

    how: str
    host: str


def route(host: str, older: Sequence[str], newer: Sequence[str]) -> tuple[Stop, ...]:
    """Return the stops of the server that tries a host, which is disabled meanwhile; none where it cannot be built.

    Nova builds nothing on a host that is disabled. So the server comes from another one, if possible from one that is
    not upgraded yet, as the tenants' servers will; is built anew by the host; and goes on to one that is upgraded, as
    they will at a later turn.

    :param older: hosts that are not known to be upgraded, the best one first. :param newer: hosts that are.
    """
    first = [*older, *newer][:1]
    stops = [*(Stop(BUILT, other) for other in first), Stop(MOVED, host), Stop(REBUILT, host)]
    return (*stops, *(Stop(MOVED, other) for other in newer[:1])) if first else ()
