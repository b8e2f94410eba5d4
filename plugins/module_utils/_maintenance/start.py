# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Start the maintenance of a host: look at everything, then take it out of scheduling and empty it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .._errors import Interrupted, Refused
from .._migration.move import Move
from .._migration.pace import Clock
from .._migration.rules import old_disks
from .._migration.sorting import STOPPED_BY_TAG, SortedServers, sort_servers
from .._migration.tags import granted_tag, tag_warnings
from .._migration.tracker import Tracker
from .._openstack.cloud import Cloud
from .._openstack.model import Migration, Server
from .._targets.choose import explain_reasons
from .._targets.finder import TargetFinder
from .departed import departed_servers, to_bring_back, unconfirmed_arrivals
from .drain import Drain, records_of_exit
from .mark import Mark, mark_time
from .observe import observe_host
from .options import Options
from .ownership import mark_for_start, refuse_other_owners
from .results import attempts_result, host_result, left_result, move_result


class Start:
    """The work of ``state: started``; making it looks at everything and touches nothing.

    :raises Refused: what stands in the way, all of it.
    :raises CloudError: the cloud does not answer.
    """

    def __init__(self, cloud: Cloud, options: Options, clock: Clock | None = None) -> None:
        self._cloud, self._options, self._clock = cloud, options, clock or Clock()
        planned = bool(options.moves) and set(options.moves.values()) <= options.hypervisors.keys()
        migrates = options.mode == "migrate"
        self._looked = self._clock.now()
        with cloud.side_by_side() as ask:
            observation = ask(observe_host, cloud, options.host, others=not planned)
            aboard = ask(self._look_aboard) if migrates else None
        self._observation = observation.result()
        found = self._observation.ownership
        refuse_other_owners(found, options.owner, options.takeover)
        if found.returning and not self._some_are_away(found.returning):
            found = replace(found, returning=None)
        now = mark_time(self._observation.date)
        self._mark = mark_for_start(found, options.owner, now, options.mode, options.reason, options.foreign)
        self._finder = TargetFinder(cloud, options, self._observation)
        self._servers: list[Server] = []
        self._sorted = SortedServers([], {}, {})
        self._moves: list[Move] = []
        self._loose_ends = False
        if aboard:
            self._servers, finished = aboard.result()
            self._find_exits(finished)
        self.warnings = tag_warnings(self._servers, options.granted_tags) + [
            f"The server {one.name!r} ({one.id}) stays on {options.host}: {self._sorted.left[one.id]}."
            for one in self._staying
            if one.id in self._sorted.left and not granted_tag(one, options.granted_tags)
        ]

    def _some_are_away(self, mark: Mark) -> bool:
        """Whether a return has anything left to do; if not, its trait is a leftover and this maintenance a new one."""
        host = self._options.host
        records = self._cloud.nova.migrations(changes_since=mark.since_iso)
        hypervisors = {one.host: one.servers for one in self._cloud.nova.hypervisors()}
        existing = {server for servers in hypervisors.values() for server in servers}
        left = [server for server in departed_servers(records, host, mark) if server in existing]
        return bool(to_bring_back(left, (), hypervisors[host], unconfirmed_arrivals(records, host)))

    def _look_aboard(self) -> tuple[list[Server], list[Migration]]:
        """The servers, and then the moves away that wait for their confirmation: who leaves meanwhile is in both."""
        host, nova = self._options.host, self._cloud.nova
        servers = nova.servers(host)
        return servers, [] if self._options.leave_unmovable else nova.migrations(source_compute=host, status="finished")

    def _find_exits(self, finished: Iterable[Migration]) -> None:
        """:raises Refused: some have none."""
        host, options = self._options.host, self._options
        self._finder.learn(self._servers)
        groups = self._finder.groups
        self._sorted = sort_servers(
            self._servers, groups, options.leave_stopped, options.leave_unmovable, options.granted_tags
        )
        names = {one.id: repr(one.name) for one in self._servers}
        problems = [
            f"The server {names[key]} ({key}) cannot leave: {why}." for key, why in self._sorted.blocking.items()
        ]
        problems += [
            f"The server {key} was resized or migrated away, and its old disk stays on this host until that is "
            "confirmed or reverted."
            for key in old_disks(finished, self._mark.since_iso if self._mark else "")
        ]
        self._moves, stuck = self._finder.place(self._sorted.movable, {})
        problems += [
            f"No host can take the server {names[key]} ({key}): {explain_reasons(why)}." for key, why in stuck.items()
        ]
        if self._sorted.movable and not self._observation.service.up:
            problems.append(
                f"The compute service of {host!r} is down, so no server can leave: start nova-compute first."
            )
        if problems:
            verb = "start" if self._marking else "go on"
            raise Refused([f"The maintenance of {host!r} cannot {verb}; nothing was touched.", *problems])
        if not self._marking:
            tracker = Tracker(retries=0)
            tracker.track_existing(records_of_exit(self._cloud, host, self._mark), {}, now=0.0)
            self._loose_ends = bool(tracker.under_way)

    # -- what the task would do

    @property
    def _marking(self) -> bool:
        service = self._observation.service
        return self._mark is not None and (service.enabled or service.reason != self._mark.text)

    @property
    def _staying(self) -> list[Server]:
        """What stays aboard, as it will be then."""
        stopped = [replace(one, vm_state="stopped", status="SHUTOFF") for one in self._sorted.to_stop]
        return [one for one in self._servers if one.id in self._sorted.left] + stopped

    @property
    def changed(self) -> bool:
        return self._marking or bool(self._sorted.movable or self._sorted.to_stop) or self._loose_ends

    @property
    def before(self) -> dict[str, Any]:
        service = self._observation.service
        status = "enabled" if service.enabled else "disabled"
        return {
            "status": status,
            "disabled_reason": service.reason,
            "servers": sorted(one.name for one in self._servers),
        }

    @property
    def after(self) -> dict[str, Any]:
        reason = self._mark.text if self._mark else self._observation.service.reason
        staying = self._staying if self._options.mode == "migrate" else self._servers
        return {"status": "disabled", "disabled_reason": reason, "servers": sorted(one.name for one in staying)}

    def predict(self) -> dict[str, Any]:
        host = self._options.host
        moved = [move_result(one.server.id, one.server.name, one.kind, host, one.target) for one in self._moves]
        reasons = {**self._sorted.left, **{one.id: STOPPED_BY_TAG for one in self._sorted.to_stop}}
        return self._result(moved, self._shown_left(self._staying, reasons))

    def _shown_left(self, servers: Iterable[Server], reasons: Mapping[str, str]) -> list[dict[str, Any]]:
        return [left_result(one.id, one, reasons.get(one.id, "")) for one in servers]

    def _result(self, moved: list[dict[str, Any]], left: list[dict[str, Any]]) -> dict[str, Any]:
        service = self._observation.service
        if self._mark:
            service = replace(service, enabled=False, reason=self._mark.text)
        return {"host": host_result(service, self._mark, None), "moved": moved, "left": left, "brought_back": []}

    # -- act

    def apply(self) -> dict[str, Any]:
        """:raises Interrupted: with what was moved and what is left."""
        mark = self._observation.ownership.mark
        if self._options.mode == "hypervisor":
            self._cloud.nova.set_maintenance_mode(self._options.host, True)
        elif mark and mark.mode == "hypervisor":
            self._cloud.nova.set_maintenance_mode(self._options.host, False)
        self._take_out()
        if self._options.mode != "migrate":
            return self._result([], [])
        emptying = Drain(self._cloud, self._options, self._clock, self._finder, self._mark, self._servers, self._looked)
        emptied = emptying.run()
        result = self._result(attempts_result(emptied.moved), self._shown_left(emptied.standing, emptied.reasons))
        if emptied.failure:
            names = ", ".join(repr(one["name"]) for one in result["moved"]) or "none"
            raise Interrupted(
                f"The host {self._options.host!r} is not empty: {emptied.failure} It stays out of service. "
                f"Moved: {names}. Mend that and run the same again, which goes on from here; "
                "'state: stopped' puts the host back.",
                **result,
            )
        return result

    def _take_out(self) -> None:
        """Write the mark and read it back: when two runs start at once, the later one keeps the host."""
        found, mark = self._observation.ownership, self._mark
        if mark and self._marking:
            self._cloud.nova.disable_service(found.service, mark.text)
            service = next(iter(self._cloud.nova.services(host=self._options.host)), None)
            if service is None or service.enabled or service.reason != mark.text:
                raise Interrupted(
                    f"Another run changed the compute service of {self._options.host!r} at the same moment "
                    f"({service.reason if service else 'it is gone'}): nothing was moved; run again, and it says who "
                    "keeps the host.",
                    **self._result([], []),
                )
        if mark and found.returning:
            self._cloud.placement.set_return_trait(self._observation.hypervisor.id, None)
