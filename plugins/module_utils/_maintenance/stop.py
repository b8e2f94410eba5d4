# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Stop the maintenance of a host: put it back into scheduling and bring home the servers that left it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .._errors import Interrupted
from .._migration.move import COLD, LIVE
from .._migration.pace import LONGEST_PAUSE, Clock, Pace
from .._migration.rules import kind_of_move, unmovable
from .._migration.tags import STOP_TAG, granted_tag
from .._openstack.cloud import Cloud
from .._openstack.model import Migration, Server, Service
from .bring_back import BringBack
from .departed import departed_migrations, departed_servers, to_bring_back, unconfirmed_arrivals
from .mark import TRAIT_PREFIX, Mark, mark_time_of, read_mark
from .observe import observe_host
from .options import Options
from .ownership import mark_for_stop, ownership_of, refuse_other_owners
from .results import attempts_result, host_result, left_result, move_result
from .unfinished_drain import UnfinishedDrain


class Stop:
    """The work of ``state: stopped``; making it looks at everything and touches nothing.

    :raises Refused: another owner keeps the host.
    :raises CloudError: the cloud does not answer.
    """

    def __init__(self, cloud: Cloud, options: Options, clock: Clock | None = None) -> None:
        self._cloud, self._options, self._clock = cloud, options, clock or Clock()
        self._observation = observe_host(cloud, options.host, others=False)
        found = self._observation.ownership
        refuse_other_owners(found, options.owner, options.takeover)
        self._mark = mark_for_stop(found, options.owner)
        self.warnings: list[str] = []
        if found.foreign:
            self.warnings.append(
                f"The compute service of {options.host} was disabled by somebody else "
                f"({found.service.reason or 'no reason given'}) and stays disabled."
            )
        self._arriving: dict[str, str] = {}  # server -> where its cold move, not confirmed yet, began
        self._returning = self._mark is not None and self._mark.mode == "migrate" and options.bring_back
        self._looked = self._clock.now()
        records = self._records()  # before the servers: who leaves meanwhile is under way in them
        self._aboard = cloud.nova.servers(options.host) if self._mark and self._mark.mode == "migrate" else []
        self._exodus = UnfinishedDrain(cloud, options, self._clock)
        self._leaving = self._exodus.moving(records, self._aboard)
        self._left: list[str] = []  # whoever left, wherever it is now
        self._came_home: list[str] = []  # names, for the diff
        self._until = self._mark.until if self._mark else ""
        self._leavers = self._find_leavers(records)
        self._asleep = self._find_asleep()

    def _records(self) -> list[Migration]:
        """Of all moves since the mark, where any could have left."""
        mark = self._mark
        return self._cloud.nova.migrations(changes_since=mark.since_iso) if mark and mark.mode == "migrate" else []

    def _find_leavers(self, records: Sequence[Migration]) -> list[str]:
        """Servers to bring home, the last that left first. One may be deleted since."""
        mark, host = self._mark, self._options.host
        if mark is None or not self._returning:
            return []
        gone = departed_migrations(records, host, mark)
        if gone and not mark.until:
            self._until = max(mark_time_of(one.created_at) for one in gone)
        self._left = [one.server for one in gone]
        self._arriving = unconfirmed_arrivals(records, host)
        aboard = {one.id for one in self._aboard}
        candidates = to_bring_back(self._left, (), aboard, self._arriving)
        parked = self._parked_by_others(records, mark) if candidates else ()
        return to_bring_back(candidates, parked, aboard, self._arriving)

    def _find_asleep(self) -> list[Server]:
        """Servers that this maintenance stopped, as their tags wish: they are started where they are."""
        mark = self._observation.ownership.mark
        if mark is None or mark.mode != "migrate":
            return []
        return [
            one
            for one in self._aboard
            if one.vm_state == "stopped"
            and granted_tag(one, (STOP_TAG,))
            and self._cloud.nova.stopped_by_us(one.id, mark.since_iso)
        ]

    def _parked_by_others(self, records: Sequence[Migration], own: Mark) -> set[str]:
        """Servers whose home is another host in maintenance, or with a return that is not over: they go there.

        :param records: of all moves since our own mark.
        """
        open_marks = {
            service.host: mark
            for service in self._observation.services
            if not service.enabled and (mark := read_mark(service.reason))
        }
        parked: set[str] = set()
        for host, mark in {**self._observation.returns, **open_marks}.items():
            if host != self._options.host:
                older = mark.since < own.since
                seen = (
                    self._cloud.nova.migrations(source_compute=host, changes_since=mark.since_iso) if older else records
                )
                parked.update(departed_servers(seen, host, mark))
        return parked

    # -- what the task would do

    @property
    def changed(self) -> bool:
        return self._mark is not None

    @property
    def before(self) -> dict[str, Any]:
        return self._shown(self._observation.service, [])

    @property
    def after(self) -> dict[str, Any]:
        return self._shown(self._service_after(), self._came_home)

    def _shown(self, service: Service, servers: list[str]) -> dict[str, Any]:
        status = "enabled" if service.enabled else "disabled"
        return {"status": status, "disabled_reason": service.reason, "came_home": sorted(servers)}

    def _service_after(self) -> Service:
        service = self._observation.service
        return replace(service, enabled=True, reason=None) if self._mark else service

    def predict(self) -> dict[str, Any]:
        moves, left = self._shown_awake(self._asleep), []
        coming = [server for key in self._leavers if (server := self._cloud.nova.server(key))]
        self._came_home = [one.name for one in coming]
        for server in coming:
            begun = server.id in self._arriving
            why = None if begun else unmovable(server)
            if why:
                left.append(left_result(server.id, server, why))
            else:
                kind = COLD if begun else kind_of_move(server) or LIVE
                source = self._arriving.get(server.id) or server.host or ""
                moves.append(move_result(server.id, server.name, kind, source, self._options.host))
        return self._result(moves, left, None)

    def _shown_awake(self, servers: Iterable[Server]) -> list[dict[str, Any]]:
        host = self._options.host
        return [move_result(one.id, one.name, "start", host, host) for one in servers]

    def _result(self, home: list[dict[str, Any]], left: list[dict[str, Any]], returning: Mark | None) -> dict[str, Any]:
        shown = host_result(self._service_after(), None, returning)
        return {"host": shown, "moved": [], "left": left, "brought_back": home}

    def _still_out(self, service: Service, home: list[dict[str, Any]], left: list[dict[str, Any]]) -> dict[str, Any]:
        """The result before the host is put back."""
        found = ownership_of(service, self._observation.ownership.returning)
        shown = host_result(service, found.mark, found.returning)
        return {"host": shown, "moved": [], "left": left, "brought_back": home}

    # -- act

    def apply(self) -> dict[str, Any]:
        """:raises Interrupted: the service does not come up, or not everybody came home and that was required."""
        mark, options, cloud = self._mark, self._options, self._cloud
        if mark is None:
            return self.predict()
        provider, found = self._observation.hypervisor.id, self._observation.ownership
        service = self._wait_for_service()
        waited = self._end_exodus()
        if found.mark and found.mark.mode == "hypervisor":
            cloud.nova.set_maintenance_mode(options.host, False)
        if self._wake() or waited:
            service = next(iter(cloud.nova.services(host=options.host)), service)
        self._refuse_a_stranger(service)
        trait = replace(mark, until=self._until).trait if self._returning else None
        if trait:
            cloud.placement.set_trait(provider, TRAIT_PREFIX, trait)
        elif found.returning:
            cloud.placement.set_trait(provider, TRAIT_PREFIX, None)
        if not service.enabled:
            cloud.nova.enable_service(found.service)
        if not self._returning:
            return self._result(self._shown_awake(self._asleep), [], None)
        came = BringBack(cloud, options, self._clock, mark, self._leavers).run()
        home = self._shown_awake(self._asleep) + attempts_result(came.home)
        self._came_home = [one.name for one in came.home]
        left = [left_result(key, came.seen.get(key), why) for key, why in came.away.items()]
        self.warnings += [
            f"The server {one['name'] or '?'!r} ({one['id']}) did not come home: {one['reason']}." for one in left
        ]
        if came.failure or (left and options.bring_back_required):
            names = ", ".join(repr(one["name"] or one["id"]) for one in left) or "none is known"
            raise Interrupted(
                f"The host {options.host!r} is back in service, and its return is not over. {came.failure} "
                f"Not home: {names}. Run the same again, which goes on from here.",
                **self._result(home, left, mark),
            )
        cloud.placement.set_trait(provider, TRAIT_PREFIX, None)
        for unused in sorted({*self._observation.unused} - {trait}):
            cloud.placement.delete_trait(unused)
        return self._result(home, left, None)

    def _wake(self) -> bool:
        """Start what was stopped for this maintenance, while its mark stands: a kill leaves nobody asleep for good.

        Returns whether there was anybody.
        """
        host, pace = self._options.host, Pace(self._clock, self._options.timeout)
        if self._asleep:  # owners may have done something since
            self._aboard = self._cloud.nova.servers(host)
            self._asleep = self._find_asleep()
        for one in self._asleep:
            self._cloud.nova.start(one.id)
        waiting = self._asleep
        while waiting:
            late = {one.id: one for one in self._cloud.nova.servers(host) if one.vm_state != "active" or one.task_state}
            waiting = [late[one.id] for one in waiting if one.id in late]
            if waiting and pace.over:
                names = ", ".join(repr(one.name) for one in waiting)
                awake = [one for one in self._asleep if one.id not in late]
                raise Interrupted(
                    f"These servers were stopped for the maintenance of {host!r} and do not start: {names}. The host "
                    "stays out of service; find out why and run the same again.",
                    **self._still_out(
                        self._observation.service,
                        self._shown_awake(awake),
                        [left_result(one.id, one, "it does not start") for one in waiting],
                    ),
                )
            if waiting:
                pace.wait()
        return bool(self._asleep)

    def _end_exodus(self) -> bool:
        """See moves out of the host to their end that the drain did not: those servers are of the ones that left.

        Returns whether it looked: what was quiet a moment ago is not looked at again.
        """
        mark, exodus = self._observation.ownership.mark, self._exodus
        known = not self._leaving and self._clock.now() - self._looked < LONGEST_PAUSE
        if known or mark is None or mark.mode != "migrate":
            return False
        failure = exodus.end(self._records)
        if failure:
            raise Interrupted(
                f"Servers are still on their way out of {self._options.host!r}: {failure} It stays out of service; "
                "run the same again.",
                **self._still_out(self._observation.service, [], []),
            )
        if self._mark and departed_servers(exodus.records, self._options.host, self._mark) != self._left:
            self._aboard = self._cloud.nova.servers(self._options.host)
            self._leavers = self._find_leavers(exodus.records)
        return True

    def _refuse_a_stranger(self, service: Service) -> None:
        """Somebody else may have disabled the service during all the waiting."""
        host, first = self._options.host, self._observation.service
        if not service.enabled and (first.enabled or service.reason != first.reason):
            raise Interrupted(
                f"The compute service of {host!r} was disabled meanwhile by somebody else "
                f"({service.reason or 'no reason given'}) and stays so: run the same again when that is over.",
                **self._still_out(service, self._shown_awake(self._asleep), []),
            )

    def _wait_for_service(self) -> Service:
        """Up, with a heartbeat that came after we began to look: a service that died is called up for a while."""
        host, first = self._options.host, self._observation.service
        pace, began = Pace(self._clock, self._options.timeout), self._clock.now()
        while True:
            service = next((one for one in self._cloud.nova.services(host=host)), first)
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
