# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Try a host that is to return with a canary, while it is out of service still."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._aggregates.lookup import pool_aggregates
from .._canary.look_up import look_up
from .._canary.route import BUILT, MOVED, REBUILT, route
from .._canary.route import Stop as RouteStop
from .._canary.sweep import sweep
from .._canary.trip import Tried, Trip
from .._errors import CloudError, Interrupted, Refused
from .._migration.pace import Clock
from .._openstack.cloud import Cloud
from .._text import duration
from .roll import Roll
from .samples import NewSamples, size_of
from .store import RecordStore

_HOWS = {BUILT: "built on", MOVED: "moved to", REBUILT: "built anew on"}


@dataclass(frozen=True, slots=True)
class CanaryOptions:
    """What is asked of a canary.

    :ivar canary: image, flavor and network as the operator named them, and the seconds for each stop (``timeout``).
    :ivar probed: whether the probe of guests runs, which then checks the canary too.
    """

    host: str
    canary: Mapping[str, Any]
    probed: bool


class TryHost:
    """Try a host with a canary. Whether it stays out of service or returns is nothing that this changes."""

    changed = True
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def __init__(
        self,
        cloud: Cloud,
        store: RecordStore,
        session: str,
        options: CanaryOptions,
        clock: Clock | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """:param now: seconds since 1970.
        :raises Refused: if the record cannot be read, or it is not the turn of the host.
        """
        self.warnings: list[str] = []
        self._cloud, self._store, self._session, self._options = cloud, store, session, options
        self._clock, self._now = clock or Clock(), now
        self._roll = store.roll()
        if options.host not in self._roll.under_way:
            raise Refused(f"The turn of {options.host!r} in the roll in {store.folder} has not come, or is over.")

    def predict(self) -> dict[str, Any]:
        return {"stops": []}

    def apply(self) -> dict[str, Any]:
        """:raises Interrupted: if the canary fails."""
        host = self._options.host
        self._record("canary")
        trip, failure = None, None
        try:
            sweep(self._cloud, self._roll.id, self._clock, host)  # that of a run which was killed
            trip = self._trip()
            trip.go(self._stops())
            sweep(self._cloud, self._roll.id, self._clock, host)
        except (CloudError, Refused, Interrupted) as error:
            failure = str(error)
        stops = trip.stops if trip else []
        if failure:
            raise Interrupted(self._failed(failure, stops), stops=stops)
        self._record("tried", stops=stops, failure=None)
        self._show(f"the canary of {host} went well: {_way(stops)}")
        return {"stops": stops}

    def _trip(self) -> Trip:
        """:raises Refused: if image, flavor or network is missing."""
        options = self._options
        return Trip(
            self._cloud,
            Tried(
                roll=self._roll.id,
                host=options.host,
                template=look_up(self._cloud, options.canary),
                timeout=options.canary["timeout"],
                built=lambda server: self._record("built", server=server),
                samples=self._samples() if options.probed else None,
            ),
            self._clock,
            self._now,
        )

    def _samples(self) -> _Collected:
        return _Collected(NewSamples(self._store.folder, size_of(self._store.folder)))

    def _stops(self) -> tuple[RouteStop, ...]:
        """Return the stops of the canary, in the zone of the host where there are others.

        :raises Refused: if no other host of the pool is in service.
        """
        roll, nova, host = self._store.roll(), self._cloud.nova, self._options.host
        asked = roll.options
        pool = pool_aggregates(nova.aggregates(), asked["aggregate"], asked["aggregate_metadata"])
        members = {member for aggregate in pool for member in aggregate.hosts}
        services = nova.services()
        zone = next((service.zone for service in services if service.host == host), None)
        usable = [each for each in services if each.host in members - {host} and each.enabled and each.up]
        near = stops_of(roll, host, [each.host for each in usable if each.zone == zone])
        stops = near or stops_of(roll, host, [each.host for each in usable])
        if not stops:
            raise Refused(f"No host of the pool is in service beside {host}, on which its canary could be built.")
        return stops

    def _failed(self, failure: str, stops: list[dict[str, Any]]) -> str:
        """Delete what there is of the canary, and return what there is to say."""
        problems = [failure]
        try:
            sweep(self._cloud, self._roll.id, self._clock, self._options.host)
        except (CloudError, Interrupted) as error:
            problems.append(str(error))
        self._record("tried", stops=stops, failure=failure)
        return " ".join(dict.fromkeys(problems))

    def _record(self, event: str, **more: Any) -> None:
        with self._store.locked(self._session) as record:
            record.write({"event": event, "at": self._now(), "host": self._options.host, **more})

    def _show(self, text: str) -> None:
        self._cloud.show_progress(f"{self._roll.pool} roll: {text}")


def stops_of(roll: Roll, host: str, usable: list[str]) -> tuple[RouteStop, ...]:
    """Return the stops of the canary of a host.

    Of those that are not upgraded yet the one whose turn comes last is visited: it stays in service for the longest.

    :param usable: other hosts of the pool that are in service.
    """
    older = [other for other in reversed(roll.waiting) if other in usable]
    newer = [other for other in reversed(roll.done) if other in usable]
    return route(host, older if older or newer else usable, newer)


class _Collected:
    """The samples of canaries so far: the others are read and not kept, for they may be millions."""

    def __init__(self, new: NewSamples) -> None:
        self._new, self._kept = new, list[Mapping[str, Any]]()

    def __call__(self) -> Iterable[Mapping[str, Any]]:
        self._kept += [sample for sample in self._new if sample.get("canary")]
        return self._kept


def _way(stops: Iterable[Mapping[str, Any]]) -> str:
    """Return the way of a canary, such as ``built on cmp05 (4 s), moved to cmp01 (6 s), built anew on cmp01 (3 s)``."""
    return ", ".join(f"{_HOWS[stop['how']]} {stop['host']} ({duration(stop['end'] - stop['begin'])})" for stop in stops)
