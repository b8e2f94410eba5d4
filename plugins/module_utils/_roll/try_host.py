# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Try a host that is to return with a canary, before any tenant's server follows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._canary.look_up import look_up
from .._canary.route import Stop as RouteStop
from .._canary.route import route
from .._canary.sweep import sweep
from .._canary.trip import Tried, Trip
from .._errors import CloudError, Interrupted, Refused
from .._maintenance.options import Options
from .._maintenance.ownership import Keeper
from .._maintenance.stop import Stop
from .._maintenance.take_out_again import take_out_again
from .._migration.pace import Clock
from .._openstack.cloud import Cloud
from .._text import duration
from .roll import Roll
from .samples import NewSamples, size_of
from .store import RecordStore


@dataclass(frozen=True, slots=True)
class CanaryOptions:
    """What is asked of a canary.

    :ivar canary: image, flavor and network as the operator named them, and the seconds for each stop (``timeout``).
    :ivar probed: whether the probe of guests runs, which then checks the canary too.
    :ivar reason: of the maintenance.
    :ivar timeout: seconds for putting the host back.
    """

    host: str
    canary: Mapping[str, Any]
    probed: bool
    reason: str
    takeover: bool
    timeout: float


class TryHost:
    """Put a host back into service and try it with a canary.

    One that fails is out of service again afterwards, and no server of a tenant was moved to it.
    """

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
        self._keeper = Keeper(self._roll.owner, self._roll.id, options.takeover)

    def predict(self) -> dict[str, Any]:
        return {"stops": []}

    def apply(self) -> dict[str, Any]:
        """:raises Interrupted: if the canary fails, or the host cannot be put back."""
        host, cloud = self._options.host, self._cloud
        self._record("canary")
        sweep(cloud, self._roll.id, self._clock, host)  # that of a run which was killed
        maintenance = Options(host=host, keeper=self._keeper, timeout=self._options.timeout)
        stop = Stop(cloud, maintenance, self._clock)
        stop.put_back()
        self.warnings += stop.warnings
        trip, failure = None, None
        try:
            trip = self._trip()
            trip.go(self._stops())
            sweep(cloud, self._roll.id, self._clock, host)
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
        return stops_of(self._store.roll(), self._options.host, self._usable())

    def _usable(self) -> set[str]:
        """Hosts in service in the zone of the host."""
        services = self._cloud.nova.services()
        zone = next((service.zone for service in services if service.host == self._options.host), None)
        return {service.host for service in services if service.enabled and service.up and service.zone == zone}

    def _failed(self, failure: str, stops: list[dict[str, Any]]) -> str:
        """Take the host out of service again, and return what there is to say."""
        host, problems = self._options.host, [failure]
        for act in (
            lambda: take_out_again(self._cloud, host, self._keeper, self._options.reason, self._clock),
            lambda: sweep(self._cloud, self._roll.id, self._clock, host),
        ):
            try:
                act()
            except (CloudError, Refused, Interrupted) as error:
                problems.append(str(error))
        self._record("tried", stops=stops, failure=failure)
        return " ".join(problems)

    def _record(self, event: str, **more: Any) -> None:
        with self._store.locked(self._session) as record:
            record.write({"event": event, "at": self._now(), "host": self._options.host, **more})

    def _show(self, text: str) -> None:
        self._cloud.show_progress(f"{self._roll.pool} roll: {text}")


def stops_of(roll: Roll, host: str, usable: set[str]) -> tuple[RouteStop, ...]:
    """Return the stops of the canary of a host.

    Of those that are not upgraded yet the one whose turn comes last is visited: it stays in service for the longest.

    :param usable: hosts in service of the same zone.
    """
    older = [other for other in reversed(roll.waiting) if other in usable]
    newer = [other for other in reversed(roll.done) if other in usable and other != host]
    return route(host, older, newer)


class _Collected:
    """The samples of canaries so far: the others are read and not kept, for they may be millions."""

    def __init__(self, new: NewSamples) -> None:
        self._new, self._kept = new, list[Mapping[str, Any]]()

    def __call__(self) -> Iterable[Mapping[str, Any]]:
        self._kept += [sample for sample in self._new if sample.get("canary")]
        return self._kept


def _way(stops: Iterable[Mapping[str, Any]]) -> str:
    """Return the way of a canary, such as ``built on cmp01 (4 s), built on cmp05 (3 s), moved to cmp01 (6 s)``."""
    hows = {"built": "built on", "live-migrated": "moved to"}
    return ", ".join(f"{hows[stop['how']]} {stop['host']} ({duration(stop['end'] - stop['begin'])})" for stop in stops)
