# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What Nova says of a cell whose database does not answer: partial things, nothing at all, or an error of its own.

Any filter or page beside ``all_tenants`` makes a list leave that cell out without a word, as any microversion before
2.69 does. What asks the cell directly, such as an action or the list of hypervisors, is a 500.
"""

from __future__ import annotations

from typing import Any

from fake.model import Guest, Host, World
from fake.wire import Refusal, Request

PARTIAL_SINCE = (2, 69)


class Cells:
    def __init__(self, world: World) -> None:
        self._world = world

    def listed(self, request: Request, guests: list[Guest]) -> tuple[list[Guest], list[Guest]]:
        """Return the servers that a list shows whole, and those that it shows in part."""
        whole = [guest for guest in guests if self.answer_for(guest)]
        partial = not set(request.query) - {"all_tenants"} and request.microversion >= PARTIAL_SINCE
        return whole, [guest for guest in guests if not self.answer_for(guest)] if partial else []

    def answer_for(self, guest: Guest) -> bool:
        """Return whether the cell of a server answers; without a host that is the cell of its allocation."""
        places = [guest.host] if guest.host else list(self._world.allocations.get(guest.id, {}))
        return all(self._world.answers(host) for host in places)

    def ask(self, guest: Guest) -> None:
        """Ask the cell of a server. :raises Refusal: if it does not answer."""
        if not self.answer_for(guest):
            raise _unexpected()

    def ask_host(self, host: Host) -> None:
        if not self._world.answers(host.name):
            raise _unexpected()

    def ask_all(self) -> None:
        """Ask all cells. :raises Refusal: if any does not answer."""
        if self._world.silent:
            raise _unexpected()


def partial_service(host: Host) -> dict[str, Any]:
    return {"binary": "nova-compute", "host": host.name, "status": "UNKNOWN"}


def _unexpected() -> Refusal:
    error = "<class 'oslo_db.exception.DBConnectionError'>"
    return Refusal(500, f"Unexpected API Error. Please contact the administrator\n{error}")
