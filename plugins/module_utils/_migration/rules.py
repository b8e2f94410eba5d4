# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How each kind of server moves, and what keeps one from moving. Pure.

Sources: nova/compute/api.py (live_migrate, resize), nova/virt/libvirt/driver.py, and the release notes of 2023.2 to
2026.1 on vTPM.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from .._openstack.group import Group
from .._openstack.migration import Migration
from .._openstack.server import Server
from .move import COLD, LIVE
from .tags import COLD_TAG, granted_tag

# How a server in each state moves. A running guest only ever moves live.
_KINDS = {"active": LIVE, "paused": LIVE, "stopped": COLD}
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
# How long a task of Nova may take, such as the snapshot of a large disk.
TASK_PATIENCE = timedelta(hours=2)
# Power states of Nova (nova/compute/power_state.py).
RUNNING, SHUT_DOWN, CRASHED = 1, 4, 6


def kind_of_move(server: Server) -> str | None:
    """Return how this server can move, ``LIVE`` or ``COLD``; None when it cannot."""
    return _KINDS.get(server.vm_state)


def kind_of_drain_move(server: Server, granted_tags: Collection[str]) -> str:
    """Return how a movable server leaves a host that is drained.

    :param granted_tags: the server tags that the operator grants (``tags``).
    """
    return COLD if granted_tag(server, granted_tags) == COLD_TAG else kind_of_move(server) or LIVE


def unmovable(server: Server, groups: Iterable[Group] = (), cold: bool = False) -> str | None:
    """Return why a server cannot be moved, or None. A task under way is no reason: it ends.

    :param cold: whether it may be moved cold although it runs.
    """
    kind = kind_of_move(server)
    if kind is None and server.task_state is None:
        return _UNMOVABLE.get(server.vm_state, f"nobody knows how to move it in the state {server.vm_state}")
    if kind == COLD and server.power == RUNNING and server.task_state is None:
        return "Nova has it shut off, and its hypervisor says that its guest runs: have Nova and the guest agree first"
    if server.vm_state == "active" and server.power in (SHUT_DOWN, CRASHED) and server.task_state is None:
        return "Nova has it active, and its hypervisor says that its guest is down: its owner has to stop or start it"
    if server.bound and not cold and kind == LIVE:
        return f"it has {server.bound}, and Nova does not live-migrate that: its owner has to stop it"
    for group in groups:
        if group.policy == "affinity" and server.id in group.members:
            return (
                f"it is in the affinity group {group.name!r}, and Nova's scheduler refuses to move a member of one: "
                "its owner has to stop it or take it out of the group"
            )
    return None


def is_unsupported(refusal: str) -> bool:
    """Return whether Nova refused a move for what the server has, such as a share, and so to any target.

    :param refusal: its message. All exceptions of nova/exception.py that say so are kinds of NotSupported.
    """
    return "not supported" in refusal


def runs(server: Server) -> bool:
    """Return whether a guest runs, or may run for all that Nova says."""
    return server.vm_state not in _QUIET or server.power == RUNNING


def stale_tasks(servers: Iterable[Server], now: str | None) -> dict[str, str]:
    """Return the servers with which Nova has been busy for so long that nothing will come of it, and why.

    A migration may take days, and is judged by what it copies.

    :param now: on the cloud's clock (ISO 8601 in UTC); None where it tells none.
    """
    return {
        server.id: f"Nova has been busy with it ({server.task_state}) since {server.updated}, and nothing comes of it: "
        "see its events, and reset its state"
        for server in servers
        if server.task_state
        and server.updated
        and now
        and not is_migrating(server)
        and datetime.fromisoformat(now[:19]) - datetime.fromisoformat(server.updated[:19]) > TASK_PATIENCE
    }


def is_migrating(server: Server) -> bool:
    """Return whether Nova is at work on a migration of it, also one whose record no list shows yet."""
    task = server.task_state or ""
    return task == "migrating" or task.startswith("resize_")


def is_settling(server: Server) -> bool:
    """Return whether a migration of it can be under way at all; the record of one that was cut off stays open."""
    return server.task_state is not None or server.vm_state == "resized"


def not_tried(server: Server | None) -> str:
    """Return why a server was not moved before the time was over; None was never observed."""
    task = server.task_state if server else None
    return f"Nova is busy with it ({task})" if task else "its turn did not come"


def unconfirmed_resizes(records: Iterable[Migration], ours_since: str) -> list[Migration]:
    """Return the records of resizes and cold migrations away from a host that wait for their confirmation.

    Until then the old disk of the server stays on that host, and an upgrade of the host could lose it.

    :param ours_since: when a maintenance of ours began (ISO 8601), whose own cold migrations a drain confirms; empty
        where there is none.
    """
    return [
        record
        for record in records
        if record.status == "finished"
        and not (record.type == COLD and ours_since and record.created_at[:19] >= ours_since)
    ]
