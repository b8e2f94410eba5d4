# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Start the servers of a host that its maintenance shut down, where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .._migration.pace import Pace
from .._openstack.cloud import Cloud
from .._openstack.server import Server
from .mark import Mark
from .stopped_servers import may_be_stopped_by_us, stopped_since, why_it_stays_off


class StartStopped:
    """The servers that are to be started, as their tags and their histories say.

    :ivar servers: as they were looked at last.
    """

    def __init__(self, cloud: Cloud, host: str, mark: Mark | None, warn: Callable[[str], None]) -> None:
        """:param mark: of the maintenance; None where it shut no server down.
        :param warn: is told of each server that may be ours and stays off.
        """
        self._cloud, self._host, self._mark, self._warn = cloud, host, mark, warn
        self.servers: list[Server] = []

    def find(self, on_host: Iterable[Server]) -> None:
        """:param on_host: the servers that are on the host now."""
        nova, mark = self._cloud.nova, self._mark
        self.servers = []
        if mark is None:
            return
        for server in may_be_stopped_by_us(on_host, mark.records_since):
            stopped = stopped_since(nova.actions(server.id), mark.records_since, nova.me())
            if why := why_it_stays_off(server, stopped):
                self._warn(f"The server {server.name!r} ({server.id}) stays shut off: {why}.")
            elif stopped.ours:
                self.servers.append(server)

    def start(self, pace: Pace) -> list[Server]:
        """Start them while the mark stands, so that a kill leaves none off for good; return those that do not start."""
        nova = self._cloud.nova
        if self.servers:  # owners may have done something since
            pace.outlast(self.find, pace.outlast(nova.servers, self._host))
        for server in self.servers:
            pace.outlast(nova.start, server.id)
        waiting = self.servers
        while waiting:
            on_host = pace.outlast(nova.servers, self._host)
            late = {server.id: server for server in on_host if server.vm_state != "active" or server.task_state}
            waiting = [late[server.id] for server in waiting if server.id in late]
            if not waiting or pace.over:
                break
            pace.wait()
        return waiting
