# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Delete the throw-away servers of a roll, whatever became of them."""

from __future__ import annotations

import contextlib

from .._errors import CloudError, Interrupted
from .._migration.pace import Clock, Pace
from .._openstack.cloud import Cloud
from .._openstack.server import Server
from .._text import listed
from .names import canaries_of, tag_of

_TIMEOUT = 300.0  # seconds


def sweep(cloud: Cloud, roll: str, clock: Clock, host: str | None = None) -> None:
    """Delete the canaries of a roll, and see that they are gone.

    :param host: only those that try this host.
    :raises Interrupted: if one is still there after some minutes.
    :raises CloudError: if the cloud refuses to delete one.
    """
    pace = Pace(clock, _TIMEOUT)
    while servers := _canaries(cloud, pace, roll, host):
        if pace.over:
            raise Interrupted(
                f"Nova does not delete {listed(server.name for server in servers)}, the canary of the roll {roll}: see "
                "why, and delete it by hand."
            )
        for server in servers:
            if server.task_state != "deleting":
                _delete(cloud, pace, server)
        pace.wait()


def _canaries(cloud: Cloud, pace: Pace, roll: str, host: str | None) -> list[Server]:
    servers = pace.outlast(cloud.own_servers.tagged, tag_of(roll))
    return servers if host is None else canaries_of(host, servers)


def _delete(cloud: Cloud, pace: Pace, server: Server) -> None:
    """A live migration is aborted first, so that nothing of it is left on two hosts; what it says is no matter."""
    if server.task_state == "migrating":
        with contextlib.suppress(CloudError):
            for migration in cloud.nova.live_migrations(server.id):
                cloud.nova.abort_live_migration(server.id, migration.id)
    pace.outlast(cloud.own_servers.delete, server.id)
