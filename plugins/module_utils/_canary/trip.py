# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Take throw-away servers along their route, and have each checked at every stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import CloudError, Refused
from .._migration.move import LIVE, Move
from .._migration.outcome import MigrationAttempt, new_attempt
from .._migration.pace import Clock, Pace
from .._openstack.cloud import Cloud
from .._openstack.server import Server
from .check import Check, check_since
from .names import name_of, tag_of
from .route import Stop
from .step import BUILD, MOVE, THERE, Failure, Sight, next_step
from .template import Template

# Returns the samples of the operator's own check of guests.
Samples = Callable[[], Iterable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a canary is tried with.

    :ivar timeout: seconds for each stop, until the server is there and has answered.
    :ivar built: is told the id of each server once.
    :ivar samples: None where nobody checks.
    """

    roll: str
    host: str
    template: Template
    timeout: float
    built: Callable[[str], None]
    samples: Samples | None = None


class Trip:
    """The way of the throw-away servers of a host.

    :ivar stops: those that were reached, as plain data; the times in seconds since 1970.
    """

    def __init__(self, cloud: Cloud, tried: Tried, clock: Clock, now: Callable[[], float] = time.time) -> None:
        """:param now: seconds since 1970, by which samples are dated."""
        self._cloud, self._tried, self._clock, self._now = cloud, tried, clock, now
        self.stops: list[dict[str, Any]] = []
        self._seen: set[str] = set()

    def go(self, stops: Iterable[Stop]) -> None:
        """:raises Refused: if a server does not reach a stop, or does not answer there.
        :raises CloudError: if the cloud refuses what is asked for.
        """
        for stop in stops:
            self._reach(stop)

    def _reach(self, stop: Stop) -> None:
        built = any(reached["number"] == stop.number for reached in self.stops)
        pace, begin = Pace(self._clock, self._tried.timeout), self._now()
        what = (
            f"the canary {name_of(self._tried.host, stop.number)} {'moves to' if built else 'is built on'} {stop.host}"
        )
        self._cloud.show_progress(f"{self._tried.host} canary: {what}")
        attempt: MigrationAttempt | None = None
        while True:
            sight = pace.outlast(self._look, stop, attempt)
            step = next_step(stop.host, sight, built, self._clock.now())
            if isinstance(step, Failure):
                raise Refused(f"{_capital(what)}, and that failed: {step.why}.")
            if step == THERE and sight.server:
                break
            if pace.over:
                raise Refused(f"{_capital(what)}, and that is not done after {self._tried.timeout:g} seconds.")
            if step == BUILD:
                self._build(stop)
            elif step == MOVE and sight.server:
                attempt = self._move(sight, sight.server, stop)
            pace.wait(happened=step in (BUILD, MOVE))
        end = self._now()
        check = self._checked(pace, sight.server, stop, end)
        self.stops.append(
            {
                "number": stop.number,
                "server": sight.server.id,
                "host": stop.host,
                "how": "live-migrated" if built else "built",
                "begin": begin,
                "end": end,
                "answered": check.answered,
                "silent": check.silent,
            }
        )

    def _look(self, stop: Stop, attempt: MigrationAttempt | None) -> Sight:
        name = name_of(self._tried.host, stop.number)
        servers = self._cloud.own_servers.tagged(tag_of(self._tried.roll))
        server = next((server for server in servers if server.name == name), None)
        if server and server.id not in self._seen:
            self._seen.add(server.id)
            self._tried.built(server.id)
        if server is None or not self.stops:
            return Sight(server, (), attempt)
        return Sight(server, self._cloud.nova.migrations(instance_uuid=server.id), attempt)

    def _build(self, stop: Stop) -> None:
        """When the answer is lost, the next look tells whether there is a server."""
        name = name_of(self._tried.host, stop.number)
        try:
            self._cloud.own_servers.build(self._tried.template.server(name, stop.host, tag_of(self._tried.roll)))
        except CloudError as error:
            if not error.passing:
                raise

    def _move(self, sight: Sight, server: Server, stop: Stop) -> MigrationAttempt:
        attempt = new_attempt(Move(server, LIVE, stop.host), sight.records, self._clock.now())
        try:
            self._cloud.nova.live_migrate(server.id, stop.host)
        except CloudError as error:
            if not error.passing:
                raise
        return attempt

    def _checked(self, pace: Pace, server: Server, stop: Stop, since: float) -> Check:
        """Wait until the operator's own check says that the guest answers.

        :raises Refused: if it does not in time.
        """
        if self._tried.samples is None:
            return Check()
        while (check := check_since(server.id, self._tried.samples(), since)).answered is None:
            if pace.over:
                said = f": {check.message}" if check.message else ""
                raise Refused(
                    f"The canary {server.name} is on {stop.host}, and its guest does not answer the probe within "
                    f"{self._tried.timeout:g} seconds{said.rstrip('.')}."
                )
            pace.wait()
        return check


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
