# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Start the maintenance of a host: look at everything, then take it out of scheduling and drain it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from .._errors import Interrupted, Refused
from .._migration.move import Move
from .._migration.outcome import MigrationAttempt
from .._migration.pace import Clock, Pace
from .._migration.rules import stale_tasks
from .._migration.sorting import STOPPED_BY_TAG, SortedServers, as_shut_off, sort_servers
from .._migration.tags import granted_tag, tag_warnings
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .._openstack.server import Server
from .._openstack.service import Service
from .._targets.choose import explain_reasons
from .._targets.finder import TargetFinder
from .._text import listed
from .drain import Drain, DrainResult
from .homes import open_marks
from .insist import insist
from .make_room import MakeRoom, room_ahead, why_it_stays
from .mark import Mark, mark_time
from .observe import (
    observe_host,
    observe_occupancy,
    resized_away,
    with_settling_servers,
    without_leftover,
)
from .occupancy import Occupancy
from .open_return import remember_open_return
from .options import Options
from .ownership import changed_hands, mark_for_start, refuse_ended, refuse_other_keepers, unusable_hosts
from .rehearsal import rehearse
from .results import attempts_result, host_result, left_result, move_result


class Start:
    """The work of ``state: started``; making it looks at everything and touches nothing.

    :raises Refused: if anything stands in the way; all of it is named.
    :raises CloudError: if the cloud does not answer.
    """

    def __init__(self, cloud: Cloud, options: Options, clock: Clock | None = None) -> None:
        self._cloud, self._options, self._clock = cloud, options, clock or Clock()
        planned = bool(options.moves) and set(options.moves.values()) <= options.hypervisors.keys()
        others = not (planned or options.standing)  # a list of all costs Nova queries for each
        migrates = options.mode == "migrate"
        with cloud.side_by_side() as ask:
            observation = ask(observe_host, cloud, options.host, others=others)
            servers = ask(self._observe_servers) if migrates else None
            newest = ask(cloud.nova.newest_migration, options.host)
        self._observation = observation.result()
        self._service = self._observation.service
        self._ownership = without_leftover(cloud, self._observation.ownership)
        refuse_other_keepers(self._ownership, options.keeper)
        if options.standing:
            refuse_ended(self._ownership, self._ownership.mark)
        now, after = mark_time(self._observation.now), newest.result()
        keeper, number = options.keeper, after.id if after else 0
        new = Mark(keeper.owner, now, options.mode, options.reason, after=number, roll=keeper.roll or "")
        self._mark = mark_for_start(self._ownership, new, options.foreign)
        self._finder = TargetFinder(
            cloud,
            options,
            self._observation.hypervisor,
            self._observation.hypervisors,
            self._observation.services,
            unusable_hosts([service.host for service in self._observation.services], self._observation.services),
            self._observation.returns,
            knows_all=others,
        )
        self._servers: list[Server] = []
        self._sorted = SortedServers()
        self._stale: dict[str, str] = {}
        self._occupancy = Occupancy({})
        self._moves: list[Move] = []
        self._unfinished = False
        if servers:
            self._servers, finished = servers.result()
            self._find_targets(finished)
            rehearse(cloud, self._observation.hypervisor.id, self._servers[0].id if self._servers else None)
        self.warnings = tag_warnings(self._servers, options.granted_tags) + [
            f"The server {server.name!r} ({server.id}) stays on {options.host}: {self._sorted.left[server.id]}."
            for server in self._staying
            if server.id in self._sorted.left and not granted_tag(server, options.granted_tags)
        ]

    def _observe_servers(self) -> tuple[list[Server], list[Migration]]:
        """The servers, and then what waits for its confirmation elsewhere: one that leaves meanwhile is in both."""
        host, nova = self._options.host, self._cloud.nova
        servers = nova.servers(host)
        return servers, [] if self._options.leave_unmovable else nova.migrations(source_compute=host, status="finished")

    def _find_targets(self, finished: Iterable[Migration]) -> None:
        """:raises Refused: if a server has no target or cannot leave."""
        host, options = self._options.host, self._options
        provider = self._observation.hypervisor.id
        self._occupancy = observe_occupancy(self._cloud, host, provider, self._servers)
        self._servers += self._occupancy.unlisted
        self._finder.learn(self._servers)
        self._finder.learn_needs(self._occupancy.allocations)
        self._finder.room = room_ahead(self._cloud, options)
        self._stale = stale_tasks(self._servers, self._observation.now)
        self._sorted = sort_servers(
            self._servers,
            self._finder.groups,
            options.leave_stopped,
            options.leave_unmovable,
            options.granted_tags,
            self._stale,
        )
        self._moves, stuck = self._finder.find(self._sorted.movable, {})
        problems = [*self._blockers(finished), *self._without_target(stuck), *self._that_make_no_room()]
        if problems:
            verb = "start" if self._marking else "go on"
            raise Refused([f"The maintenance of {host!r} cannot {verb}; nothing was touched.", *problems])
        if not self._marking:
            records = self._cloud.nova.migrations(source_compute=host, changes_since=self._since)
            self._unfinished = bool(with_settling_servers(self._cloud, Tracker(retries=0).open_records(records)))

    def _blockers(self, finished: Iterable[Migration]) -> list[str]:
        names = {server.id: repr(server.name) for server in self._servers}
        problems = [
            f"The server {names[key]} ({key}) cannot leave: {why}." for key, why in self._sorted.blocking.items()
        ]
        problems += [
            f"The server {key} was resized or migrated away, and its old disk stays on this host until that is "
            "confirmed or reverted."
            for key in resized_away(self._cloud, finished, self._mark.records_since if self._mark else "")
        ]
        if self._sorted.movable and not self._service.up:
            problems.append(
                f"The compute service of {self._options.host!r} is down, so no server can leave: start nova-compute "
                "first."
            )
        return problems

    def _without_target(self, stuck: Mapping[str, Mapping[str, str]]) -> list[str]:
        names = {server.id: repr(server.name) for server in self._servers}
        return [
            f"No host can take the server {names[key]} ({key}): {explain_reasons(reasons)}."
            for key, reasons in stuck.items()
        ]

    def _that_make_no_room(self) -> list[str]:
        return [
            f"The server {move.server.name!r} ({move.server.id}) cannot make room on {move.server.host!r}: {why}; plan "
            "again."
            for move in self._finder.room
            if (why := why_it_stays(move.server))
        ]

    # -- what the task would do

    @property
    def _since(self) -> str:
        """Since when records may tell of this maintenance; of a foreign one, of this run."""
        return self._mark.records_since if self._mark else str(self._observation.now)

    @property
    def _marking(self) -> bool:
        return self._mark is not None and (self._service.enabled or self._service.reason != self._mark.text)

    @property
    def _staying(self) -> list[Server]:
        """What stays on the host, as it will be then."""
        stopped = [as_shut_off(server) for server in self._sorted.to_stop]
        return [server for server in self._servers if server.id in self._sorted.left] + stopped

    @property
    def changed(self) -> bool:
        awaited = self._occupancy.arriving or self._occupancy.settling or self._sorted.canaries
        return self._marking or bool(self._sorted.movable or self._sorted.to_stop or awaited) or self._unfinished

    @property
    def before(self) -> dict[str, Any]:
        return {
            "status": "enabled" if self._observation.service.enabled else "disabled",
            "disabled_reason": self._observation.service.reason,
            "servers": sorted(server.name for server in self._servers),
        }

    @property
    def after(self) -> dict[str, Any]:
        reason = self._mark.text if self._mark else self._observation.service.reason
        staying = self._staying if self._options.mode == "migrate" else self._servers
        return {
            "status": "disabled",
            "disabled_reason": reason,
            "servers": sorted(server.name for server in staying),
        }

    def predict(self) -> dict[str, Any]:
        host = self._options.host
        moves = [*self._finder.room, *self._moves]
        moved = [
            move_result(move.server.id, move.server.name, move.kind, move.server.host or host, move.target)
            for move in moves
        ]
        reasons = {**self._sorted.left, **{server.id: STOPPED_BY_TAG for server in self._sorted.to_stop}}
        return self._with_none_running(self._result(moved, self._left(self._staying, reasons)))

    def _left(self, servers: Iterable[Server], reasons: Mapping[str, str]) -> list[dict[str, Any]]:
        return [left_result(server.id, server, reasons.get(server.id, "")) for server in servers]

    def _result(self, moved: Sequence[Any], left: Sequence[Any], drained: DrainResult | None = None) -> dict[str, Any]:
        if drained:
            service, arriving = drained.service, drained.arriving
        else:
            service, arriving = self._marked_service(), self._occupancy.arriving
        mark = self._mark if service.reason == self._marked_service().reason else None
        return {
            "host": host_result(service, mark, None, arriving),
            "moved": list(moved),
            "left": list(left),
            "brought_back": [],
        }

    def _marked_service(self) -> Service:
        """The service as this run leaves it."""
        return replace(self._service, enabled=False, reason=self._mark.text) if self._mark else self._service

    # -- act

    def apply(self) -> dict[str, Any]:
        """:raises Interrupted: if the host is not empty in the end; with what was moved and what is left."""
        pace = Pace(self._clock, self._options.timeout)
        self._refuse_other_hands(pace)
        self._switch_hypervisor_mode(pace)
        self._date_mark(pace)
        self._take_out(pace)
        if self._options.mode != "migrate":
            return self._result([], [])
        room = self._room_made()
        drain = Drain(
            self._cloud,
            self._options,
            self._clock,
            self._finder,
            self._marked_service(),
            self._since,
            self._mark is not None,
            self._stale,
        )
        drained = drain.run(len(self._sorted.movable) + len(self._sorted.to_stop))
        result = self._result(
            attempts_result([*room, *drained.moved]), self._left(drained.servers, drained.reasons), drained
        )
        if drained.failure:
            names = listed(repr(move["name"]) for move in result["moved"])
            out = "It stays out of service. " if not drained.service.enabled else ""
            raise Interrupted(
                f"The host {self._options.host!r} is not empty: {drained.failure} {out}Moved: {names}. Mend that and "
                "run the same again, which goes on from here; 'state: stopped' puts the host back.",
                **result,
            )
        return self._with_none_running(result)

    def _with_none_running(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return a result.

        :raises Interrupted: if the host has to be empty now, and options leave a server there that runs.
        """
        running = [str(server["name"] or server["id"]) for server in result["left"] if server["running"] is not False]
        if self._options.standing and running:
            raise Interrupted(
                f"{self._options.host!r} holds running servers, so it is neither upgraded nor rebooted: "
                f"{listed(running)}. Have them stopped or moved.",
                **result,
            )
        return result

    def _room_made(self) -> Sequence[MigrationAttempt]:
        """Move the servers of other hosts that are to make room, and return what was moved.

        :raises Interrupted: if they did not; no server of the host was moved.
        """
        if not self._finder.room:
            return ()
        making = MakeRoom(self._cloud, self._options, self._clock, self._since)
        failure = making.run()
        self._finder.room = ()
        if failure:
            raise Interrupted(
                f"No server of {self._options.host!r} was moved, for others did not make room for them. {failure} It "
                "stays out of service. Run the same again, with a new plan; 'state: stopped' puts the host back.",
                **self._result(attempts_result(making.moved), self._left(self._servers, {})),
            )
        return making.moved

    def _refuse_other_hands(self, pace: Pace) -> None:
        """:raises Interrupted: if somebody else changed the service since it was observed."""
        if self._marking:
            service = pace.outlast(self._cloud.nova.service, self._options.host)
            if why := changed_hands(self._service, service):
                raise Interrupted(f"Nothing was touched. {why}", changed=False, **self._result([], []))

    def _date_mark(self, pace: Pace) -> None:
        """Leave out of the maintenance what another one's return took home since its mark was made up."""
        standing = self._ownership.mark or self._ownership.returning
        others = {**self._observation.returns, **open_marks(self._observation.services)}
        if self._mark and not standing and others:
            newest = pace.outlast(self._cloud.nova.newest_migration, self._options.host)
            self._mark = replace(self._mark, after=newest.id if newest else 0)

    def _switch_hypervisor_mode(self, pace: Pace) -> None:
        mark = self._ownership.mark
        if self._options.mode == "hypervisor":
            pace.outlast(self._cloud.nova.set_maintenance_mode, self._options.host, True)
        elif mark and mark.mode == "hypervisor":
            pace.outlast(self._cloud.nova.set_maintenance_mode, self._options.host, False)

    def _take_out(self, pace: Pace) -> None:
        """Write the mark, and look: when two runs start at once, the later one keeps the host.

        :raises Interrupted: if somebody else changed the service at the same moment.
        """
        if self._mark and self._marking:
            nova = self._cloud.nova
            insist(self._cloud, pace, self._service, partial(nova.disable_service, self._service, self._mark.text))
            service = pace.outlast(nova.service, self._options.host)
            if why := changed_hands(self._marked_service(), service):
                raise Interrupted(f"Nothing was moved. {why}", **self._result([], []))
            self._service = service
        if self._mark and self._observation.ownership.returning:
            remember_open_return(self._cloud, pace, self._observation.hypervisor.id, None)
