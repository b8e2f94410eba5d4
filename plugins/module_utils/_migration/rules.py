# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How each kind of server moves, and what keeps one from moving. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .._openstack.model import Group, Migration, Server
from .move import COLD, LIVE
from .tags import COLD_TAG, granted_tag

_UNMOVABLE = {
    "suspended": "it is suspended: its owner has to resume it",
    "rescued": "it is in rescue mode: its owner has to unrescue it",
    "error": "it is in ERROR: find out whether its guest runs, and mend it",
    "shelved": "it is shelved and not yet offloaded: offload it",
    "soft-delete": "it is deleted and can still be restored: delete it for good or restore it",
    "resized": "its resize waits for its owner to confirm or revert it",
    "building": "it is being built",
}
# States in which no guest runs.
_QUIET = frozenset({"stopped", "suspended", "shelved", "shelved_offloaded", "soft-delete", "deleted"})


def kind_of_move(server: Server) -> str | None:
    """How this server can move; None when it cannot. A running guest only ever moves live."""
    return {"active": LIVE, "paused": LIVE, "stopped": COLD}.get(server.vm_state)


def unmovable(server: Server, groups: Iterable[Group] = (), cold: bool = False) -> str | None:
    """Why a server cannot be moved, or None. A task under way is no reason: it ends.

    :param cold: whether it may be moved cold although it runs.
    """
    if kind_of_move(server) is None and server.task_state is None:
        return _UNMOVABLE.get(server.vm_state, f"nobody knows how to move it in the state {server.vm_state}")
    if server.bound and not cold and kind_of_move(server) == LIVE:
        return f"its flavor demands {server.bound}, and Nova does not live-migrate that: its owner has to stop it"
    for group in groups:
        if group.policy == "affinity" and server.id in group.members:
            return (
                f"it is in the affinity group {group.name!r}, and Nova's scheduler refuses to move a member of one: "
                "its owner has to stop it or take it out of the group"
            )
    return None


def runs(server: Server) -> bool:
    """Whether a guest runs, or may run for all that Nova says."""
    return server.vm_state not in _QUIET


def on_its_way(server: Server) -> bool:
    """Whether Nova is at work on a move of it, also one whose record no list shows yet."""
    task = server.task_state or ""
    return task == "migrating" or task.startswith("resize_")


def not_tried(server: Server | None) -> str:
    """Why a server was not moved before the time was over; None was never looked at."""
    busy = server.task_state if server else None
    return f"Nova is busy with it ({busy})" if busy else "its turn did not come"


def kind_of_drain_move(server: Server, granted_tags: Collection[str]) -> str:
    """How a server leaves a host that is drained."""
    return COLD if granted_tag(server, granted_tags) == COLD_TAG else kind_of_move(server) or LIVE


def old_disks(records: Iterable[Migration], since: str) -> list[str]:
    """Servers elsewhere whose resize keeps their old disk on the source of the records: an upgrade could lose it.

    A cold move that an earlier run of this maintenance began is not one: the drain confirms it.

    :param since: when that maintenance began (ISO 8601); empty where there is none.
    """
    return [
        one.server
        for one in records
        if one.status == "finished" and not (one.type == COLD and since and one.created_at[:19] >= since)
    ]
