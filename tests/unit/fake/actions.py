# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Nova's list of what was done to a server, and by whom."""

from __future__ import annotations

from typing import Any

from tests.unit.fake.clock import FakeClock
from tests.unit.fake.model import Guest, iso

# What Nova calls the actions that have another name in a request.
_NAMES = {"os-migrateLive": "live-migration", "os-stop": "stop", "os-start": "start"}


class Actions:
    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def add(self, guest: Guest, action: str, user: str) -> None:
        """:param action: as a request names it, or as the list does; :param user: an id."""
        entry = {"action": _NAMES.get(action, action), "user_id": user, "start_time": iso(self._clock.utc())}
        guest.actions.append(entry)


def listed(guest: Guest) -> list[dict[str, Any]]:
    """The newest first; the last is that its owner made the server."""
    made = {"action": "create", "user_id": "id-of-demo", "start_time": iso(guest.created)}
    return [
        {
            "instance_uuid": guest.id,
            "request_id": f"req-action-{number}",
            "project_id": guest.project,
            "message": None,
            "updated_at": entry["start_time"],
            **entry,
        }
        for number, entry in reversed(list(enumerate([made, *guest.actions])))
    ]
