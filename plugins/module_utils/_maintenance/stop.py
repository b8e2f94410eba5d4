# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Stop the maintenance of a host: put it back into scheduling and bring back the servers that left it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from .._errors import Interrupted
from .._migration.move import COLD, LIVE
from .._migration.pace import LONGEST_PAUSE, Clock, Pace
from .._migration.rules import kind_of_move, unmovable
from .._openstack.cloud import Cloud
from .._openstack.migration import Migration
from .._openstack.server import Server
from .._openstack.service import Service
from .._text import listed
from .bring_back import BringBack, BringBackResult
from .departed_servers import DepartedServers
from .insist import insist
from .mark import Mark
from .observe import observe_host, without_leftover
from .open_return import remember_open_return
from .options import Options
from .overlap import forget_finished_returns, leftovers, remember_finished_return
from .ownership import changed_hands, foreign_reason, mark_for_stop, ownership_of, refuse_ended, refuse_other_keepers
from .rehearsal import rehearse
from .results import attempts_result, host_result, left_result, move_result
from .start_stopped import StartStopped
from .unfinished_drain import UnfinishedDrain


class Stop:
    """The work of ``state: stopped``; making it looks at everything and touches nothing.

    :raises Refused: if another owner keeps the host.
    :raises CloudError: if the cloud does not answer.
    """

    def __init__(self, cloud: Cloud, options: Options, clock: Clock | None = None) -> None:
        self._cloud, self._options, self._clock = cloud, options, clock or Clock()
        self._observation = observe_host(cloud, options.host, others=False)
        self._ownership = self._observation.ownership
        if self._ownership.other(options.keeper):
            refuse_other_keepers(without_leftover(cloud, self._ownership), options.keeper)
        self._mark = mark_for_stop(self._ownership, options.keeper)
        if options.standing:
            refuse_ended(self._ownership, self._mark)
        self.warnings: list[str] = []
        if self._ownership.foreign:
            reason = foreign_reason(self._observation.service)
            self.warnings.append(f"The compute service of {options.host} was {reason} and stays disabled.")
        self._leftovers = leftovers(self._observation) if self._mark is None else []
        self._migrates = self._mark is not None and self._mark.mode == "migrate"
        self._brings_back = self._migrates and options.bring_back
        self._observed = self._clock.now()
        self._drain: UnfinishedDrain | None = None
        self._servers: list[Server] = []
        self._draining = False
        self._brought_back: list[str] = []  # names, for the diff
        self._departed = DepartedServers(cloud, self._observation, self._mark, self._brings_back, self._warn)
        stopping = self._ownership.mark if self._migrates else None
        self._stopped = StartStopped(cloud, options.host, stopping, self._warn)
        if self._migrates and self._mark:
            self._drain = UnfinishedDrain(cloud, options, self._clock, self._mark)
            records = self._drain.list_records()  # before the servers: one that leaves meanwhile is under way in them
            self._servers = cloud.nova.servers(options.host)
            self._draining = self._drain.is_going_on(records, self._servers)
            self._find_departed(records)
            departed = next(iter(self._departed.all), None)
            rehearse(cloud, self._observation.hypervisor.id, departed)
        self._stopped.find(self._servers)

    def _find_departed(self, records: Sequence[Migration], ended: Iterable[int] = ()) -> None:
        self._departed.find(records, {server.id for server in self._servers}, ended)

    def _warn(self, warning: str) -> None:
        self.warnings += [warning] if warning not in self.warnings else []

    # -- what the task would do

    @property
    def changed(self) -> bool:
        return self._mark is not None or bool(self._leftovers)

    @property
    def before(self) -> dict[str, Any]:
        return self._difference(self._observation.service, [])

    @property
    def after(self) -> dict[str, Any]:
        return self._difference(self._service_after(), self._brought_back)

    def _difference(self, service: Service, brought_back: list[str]) -> dict[str, Any]:
        status = "enabled" if service.enabled else "disabled"
        return {"status": status, "disabled_reason": service.reason, "brought_back": sorted(brought_back)}

    def _service_after(self) -> Service:
        service = self._observation.service
        return replace(service, enabled=True, reason=None) if self._mark else service

    def predict(self) -> dict[str, Any]:
        moves, left = self._started(self._stopped.servers), []
        servers = [server for key in self._departed.to_bring_back if (server := self._cloud.nova.server(key))]
        self._brought_back = [server.name for server in servers]
        for server in servers:
            unconfirmed = server.id in self._departed.unconfirmed
            why = None if unconfirmed else unmovable(server)
            if why:
                left.append(left_result(server.id, server, why))
            else:
                kind = COLD if unconfirmed else kind_of_move(server) or LIVE
                source = self._departed.unconfirmed.get(server.id) or server.host or ""
                moves.append(move_result(server.id, server.name, kind, source, self._options.host))
        return self._result(moves, left, None)

    def _started(self, servers: Iterable[Server]) -> list[dict[str, Any]]:
        host = self._options.host
        return [move_result(server.id, server.name, "start", host, host) for server in servers]

    def _result(
        self, brought_back: list[dict[str, Any]], left: list[dict[str, Any]], returning: Mark | None
    ) -> dict[str, Any]:
        host = host_result(self._service_after(), None, returning)
        return {"host": host, "moved": [], "left": left, "brought_back": brought_back}

    def _still_out(
        self, service: Service, brought_back: list[dict[str, Any]], left: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """The result before the host is put back."""
        ownership = ownership_of(service, self._ownership.returning)
        host = host_result(service, ownership.mark, ownership.returning)
        return {"host": host, "moved": [], "left": left, "brought_back": brought_back}

    # -- act

    def apply(self) -> dict[str, Any]:
        """:raises Interrupted: if the service does not come up or is not ours, or not all servers are back.

        Each step is one that the next run repeats, so it goes on from wherever this one ends.
        """
        mark, pace = self._mark, Pace(self._clock, self._options.timeout)
        if mark is None:
            for trait in self._leftovers:
                pace.outlast(self._cloud.placement.delete_trait, trait)
            return self.predict()
        self._put_back(pace, mark)
        if self._brings_back:
            return self._bring_back(pace, mark)
        if self._migrates:
            forget_finished_returns(self._cloud, pace, self._observation)
        return self._result(self._started(self._stopped.servers), [], None)

    def _put_back(self, pace: Pace, mark: Mark) -> None:
        self._refuse_other_hands(self._wait_for_service(pace))
        self._finish_drain(pace)
        if self._ownership.mark and self._ownership.mark.mode == "hypervisor":
            pace.outlast(self._cloud.nova.set_maintenance_mode, self._options.host, False)
        if late := self._stopped.start(pace):
            raise self._do_not_start(late)
        self._mark_return(pace, mark)
        self._enable(pace)

    def _wait_for_service(self, pace: Pace) -> Service:
        """Up, with a heartbeat that came after we began to look: a service that died is called up for a while."""
        host, first, began = self._options.host, self._observation.service, self._clock.now()
        while True:
            service = pace.outlast(self._cloud.nova.service, host)
            if service.up and not service.forced_down and service.beat != first.beat:
                return service
            if pace.over:
                raise Interrupted(
                    f"The compute service of {host!r} did not come up within {self._options.timeout:g} seconds "
                    f"(last heartbeat {service.beat}, forced down: {service.forced_down}): it stays out of service; "
                    "start nova-compute there and run the same again.",
                    **self._still_out(service, [], []),
                )
            pace.wait(expected=began)

    def _finish_drain(self, pace: Pace) -> None:
        """See migrations out of the host to their end that the drain did not: those servers are brought back too.

        What was quiet a moment ago is not looked at again. That nobody left at all is not believed of one list, which
        is empty as well when Nova lost its cell for a moment.
        """
        drain, quiet = self._drain, not self._draining and self._clock.now() - self._observed < LONGEST_PAUSE
        if drain is None or self._ownership.mark is None:
            return
        if quiet:
            if self._brings_back and not self._departed.all:
                self._find_departed(pace.outlast(drain.list_records))
            return
        if failure := drain.finish():
            raise Interrupted(
                f"Servers are still on their way out of {self._options.host!r}: {failure} It stays out of service; "
                "run the same again.",
                **self._still_out(self._observation.service, [], []),
            )
        self._servers = pace.outlast(self._cloud.nova.servers, self._options.host)
        self._find_departed(drain.records, drain.forgotten)

    def _do_not_start(self, late: Sequence[Server]) -> Interrupted:
        names = listed(repr(server.name) for server in late)
        keys = {server.id for server in late}
        return Interrupted(
            f"These servers were stopped for the maintenance of {self._options.host!r} and do not start: {names}. The "
            "host stays out of service; find out why and run the same again.",
            **self._still_out(
                self._observation.service,
                self._started(server for server in self._stopped.servers if server.id not in keys),
                [left_result(server.id, server, "it does not start") for server in late],
            ),
        )

    def _refuse_other_hands(self, service: Service) -> None:
        """:raises Interrupted: if somebody else disabled the service, or took it over, since it was observed."""
        if not service.enabled and (why := changed_hands(self._observation.service, service)):
            raise Interrupted(why, **self._still_out(service, self._started(self._stopped.servers), []))

    def _mark_return(self, pace: Pace, mark: Mark) -> None:
        """Let the mark outlive the enabling where servers are to be brought back."""
        provider, returning = self._observation.hypervisor.id, self._ownership.returning
        if self._brings_back:
            remember_open_return(self._cloud, pace, provider, replace(mark, until=self._departed.until))
            return
        if returning:
            self._end_return(pace, returning, self._departed.passed)

    def _end_return(self, pace: Pace, mark: Mark, passed: Collection[str]) -> None:
        remember_finished_return(self._cloud, pace, self._observation, mark, passed)
        remember_open_return(self._cloud, pace, self._observation.hypervisor.id, None)

    def _leave_to_new_owner(self, pace: Pace, service: Service) -> None:
        """Forget the return to a host that was taken over: the new mark, with the time of ours, covers who left."""
        mark, new = self._ownership.mark, ownership_of(service, None).mark
        if mark and new and new.owner != mark.owner and new.since == mark.since:
            remember_open_return(self._cloud, pace, self._observation.hypervisor.id, None)

    def _enable(self, pace: Pace) -> None:
        """Enable the service if it is still as this maintenance left it, and wait until Placement knows.

        :raises Interrupted: if it is not, or Placement does not learn of it in time.
        """
        host, nova = self._options.host, self._cloud.nova
        service = pace.outlast(nova.service, host)
        self._leave_to_new_owner(pace, service)
        self._refuse_other_hands(service)
        if not service.enabled:
            after = insist(self._cloud, pace, service, partial(nova.enable_service, service))
            self._refuse_other_hands(after or service)
        if self._departed.to_bring_back:
            self._wait_for_placement(pace)

    def _wait_for_placement(self, pace: Pace) -> None:
        """:raises Interrupted: if Placement does not learn in time that the host is in service."""
        while not pace.outlast(self._cloud.placement.offers, self._observation.hypervisor.id):
            if pace.over:
                raise Interrupted(
                    f"The host {self._options.host!r} is back in service in Nova, and Placement still has it disabled, "
                    "so no server can be brought back: see that nova-compute reports there, and run the same again.",
                    **self._result(self._started(self._stopped.servers), [], self._mark),
                )
            pace.wait()

    def _bring_back(self, pace: Pace, mark: Mark) -> dict[str, Any]:
        options, service = self._options, self._service_after()
        result = BringBack(self._cloud, options, self._clock, mark, service, self._departed.to_bring_back).run()
        brought_back = self._started(self._stopped.servers) + attempts_result(result.brought_back)
        self._brought_back = [attempt.name for attempt in result.brought_back]
        left = [left_result(key, result.seen.get(key), why) for key, why in result.away.items()]
        self.warnings += [
            f"The server {server['name'] or '?'!r} ({server['id']}) was not brought back: {server['reason']}."
            for server in left
        ]
        if result.failure or (left and options.bring_back_required):
            raise self._not_over(result, brought_back, left, mark)
        passed = self._departed.passed | {attempt.source for attempt in result.brought_back}
        self._end_return(pace, replace(mark, until=self._departed.until), passed)
        forget_finished_returns(self._cloud, pace, self._observation)
        return self._result(brought_back, left, None)

    def _not_over(
        self,
        result: BringBackResult,
        brought_back: list[dict[str, Any]],
        left: list[dict[str, Any]],
        mark: Mark,
    ) -> Interrupted:
        names = listed(repr(server["name"] or server["id"]) for server in left) if left else "none is known"
        ownership = ownership_of(result.service, mark)
        host = host_result(result.service, ownership.mark, mark)
        return Interrupted(
            f"The host {self._options.host!r} {'is' if result.service.enabled else 'was'} back in service, and not all "
            f"servers are back. {result.failure} Not back: {names}. Run the same again, which goes on from here.",
            **{**self._result(brought_back, left, mark), "host": host},
        )
