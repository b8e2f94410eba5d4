# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Who holds an allocation on a host, and what explains it: a host is empty only when nothing is left unexplained.

No list is believed alone. Nova lists no server that is on its way to a host, none that is deleted and can be restored,
and none at all, with status 200, while the cell of the host does not answer. Placement holds an allocation of each from
the beginning, so each holder that no list explains is looked at by itself. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._migration.move import LIVE
from .._migration.rules import is_settling
from .._openstack.capacity import Resources
from .._openstack.migration import Migration
from .._openstack.server import Server


@dataclass(frozen=True, slots=True)
class Arrival:
    """A server that is on its way to a host, and how."""

    server: Server
    how: str

    def to_result(self) -> dict[str, str]:
        """Return it as modules do."""
        return {"id": self.server.id, "name": self.server.name, "status": self.server.status, "how": self.how}


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The holders of allocations on a host, beside the servers that Nova lists there and those on their way out.

    :ivar allocations: what each consumer (the uuid of a server or of a migration) holds there.
    :ivar unlisted: servers that are there though Nova did not list them.
    :ivar arriving: servers on their way there, also back there.
    :ivar settling: servers that left, and whose old disks are there until Nova is done with that.
    :ivar left_over: consumers that hold an allocation for ever: deleted servers, and migrations that are over.
    """

    allocations: Mapping[str, Resources]
    unlisted: Sequence[Server] = ()
    arriving: Sequence[Arrival] = ()
    settling: Sequence[Server] = ()
    left_over: Sequence[str] = ()


def explain(
    host: str,
    allocations: Mapping[str, Resources],
    servers: Mapping[str, Server | None],
    leaving: Mapping[str, Migration],
) -> Occupancy:
    """Explain the holders of allocations on a host.

    :param servers: the server of each holder that Nova did not list there; None where there is none.
    :param leaving: the records of those holders that are migrations out of the host.
    """
    unlisted, arriving, settling, left_over = [], [], [], []
    for key, server in servers.items():
        record = leaving.get(key)
        if server is None or (record and not is_settling(server)):
            left_over.append(key)
        elif record and record.status == "reverting":
            arriving.append(Arrival(server, f"its move to {server.host} is being taken back"))
        elif record and record.status != "finished":
            settling.append(server)
        elif record:
            continue  # waits for its owner's word, which the records tell
        elif server.host == host:
            unlisted.append(server)
        elif how := _how_it_arrives(server):
            arriving.append(Arrival(server, how))
        else:
            left_over.append(key)
    return Occupancy(allocations, unlisted, arriving, settling, left_over)


def leaving_migrations(records: Iterable[Migration], consumers: Collection[str]) -> dict[str, Migration]:
    """Return the records of the consumers that are migrations under way, or waiting for their confirmation."""
    return {
        record.uuid: record
        for record in records
        if record.uuid in consumers and (not record.ended or record.status == "finished")
    }


def _how_it_arrives(server: Server) -> str | None:
    """Return how a server comes to a host that it is not on, or None if it does not."""
    if server.task_state == "migrating":
        return f"a {LIVE} from {server.host} is under way"
    if server.task_state and server.host:
        return f"Nova is busy moving it from {server.host} ({server.task_state})"
    if server.vm_state == "building" or (server.task_state and not server.host):
        return f"it is being built or restored there ({server.task_state or server.vm_state})"
    return None
