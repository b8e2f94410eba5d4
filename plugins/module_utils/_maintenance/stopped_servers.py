# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Servers that were shut down for a maintenance, as their tags say: which of them are to be started after it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .._migration.tags import STOP_TAG, granted_tag, tag_text
from .._openstack.server import Action, Server


def may_be_stopped_by_us(servers: Iterable[Server], since: str) -> list[Server]:
    """Return the servers that this maintenance may have shut down: those that are off and changed since it began.

    :param since: when it began (ISO 8601).
    """
    return [server for server in servers if server.vm_state == "stopped" and (server.updated or since)[:19] >= since]


@dataclass(frozen=True, slots=True)
class Stopped:
    """Who shut a server down since the maintenance began.

    :ivar ours: whether it was this maintenance. :ivar user: the id of the user who did; None if nobody did.
    """

    ours: bool
    user: str | None


def stopped_since(actions: Iterable[Action], since: str, me: str | None) -> Stopped:
    """Return who shut a server down last, whatever else was done to it after that, such as a snapshot.

    :param actions: what was done to it, the newest first. :param since: when the maintenance began (ISO 8601).
    :param me: the id of our own user.
    """
    for action in actions:
        if action.at[:19] < since or action.name == "start":
            break
        if action.name == "stop":
            return Stopped(action.user == me, action.user)
    return Stopped(False, None)


def why_it_stays_off(server: Server, stopped: Stopped) -> str | None:
    """Return why a server is not started although this maintenance may have shut it down; None if nothing says so."""
    tagged = granted_tag(server, (STOP_TAG,))
    if stopped.user and not stopped.ours and tagged:
        return f"the user {stopped.user} stopped it since the maintenance began"
    if stopped.ours and not tagged:
        return f"this maintenance stopped it, and its tag {tag_text(STOP_TAG)!r} is gone"
    return None
