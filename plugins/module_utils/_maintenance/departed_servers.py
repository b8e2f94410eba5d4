# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Find the servers that left a host for its maintenance, and those of them that are to be brought back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .departed import departed_migrations, to_bring_back, unconfirmed_arrivals
from .mark import Mark, mark_time_of
from .observe import HostObservation
from .overlap import homes_elsewhere, passed_hosts


class DepartedServers:
    """As the records of migrations told when they were looked at last.

    :ivar all: those that left, wherever they are now, the last that left first. Any of them may be deleted since.
    :ivar to_bring_back: those of them whose home is the host, and that are not there.
    :ivar unconfirmed: server -> where its cold migration to the host began, while that is not confirmed.
    :ivar passed: the hosts where servers were after they had left this one.
    :ivar until: when the last of them left (the cloud's clock); empty if none did.
    """

    def __init__(
        self,
        cloud: Cloud,
        observation: HostObservation,
        mark: Mark | None,
        brings_back: bool,
        warn: Callable[[str], None],
    ) -> None:
        """:param mark: of the maintenance; None where there is none, and so nobody left.
        :param brings_back: whether any server is to be brought back at all.
        :param warn: is told of each server that is not brought back because it is at home elsewhere.
        """
        self._cloud, self._observation, self._mark = cloud, observation, mark
        self._brings_back, self._warn = brings_back, warn
        self.all: list[str] = []
        self.to_bring_back: list[str] = []
        self.unconfirmed: dict[str, str] = {}
        self.passed: set[str] = set()
        self.until = mark.until if mark else ""

    def find(self, records: Sequence[Migration], on_host: Collection[str], ended: Iterable[int] = ()) -> None:
        """Look at the records.

        :param records: of all migrations since the mark. :param on_host: the servers that are on the host now.
        :param ended: numbers of those that never say they are over.
        """
        host, mark, ended = self._observation.service.host, self._mark, frozenset(ended)
        if mark is None:
            return
        self.passed = passed_hosts(records, host, mark)
        if not self._brings_back:
            return
        departed = departed_migrations(records, host, mark, ended)
        if departed and not mark.until:
            self.until = max(mark_time_of(record.created_at) for record in departed)
        self.all = [record.server for record in departed]
        self.unconfirmed = unconfirmed_arrivals(records, host)
        away = to_bring_back(self.all, on_host, self.unconfirmed)
        elsewhere = homes_elsewhere(self._cloud, self._observation, mark, away, records, ended) if away else {}
        for server in away:
            if server in elsewhere:
                self._warn(f"The server {server} is not brought back to {host}: {elsewhere[server]}.")
        self.to_bring_back = [server for server in away if server not in elsewhere]
