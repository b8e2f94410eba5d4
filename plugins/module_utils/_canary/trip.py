# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Take a throw-away server along its route, and have it checked at every stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._errors import CloudError, Refused
from .._migration.move import LIVE, Move
from .._migration.outcome import MigrationAttempt, new_attempt
from .._migration.pace import Clock, Pace
from .._openstack.cloud import Cloud
from .._openstack.server import Server
from .check import Check, check_since
from .names import name_of, tag_of
from .route import BUILT, MOVED, REBUILT, Stop
from .step import BUILD, MOVE, REBUILD, THERE, Failure, Sight, next_step
from .template import Template

# Returns the samples of the operator's own check of guests.
Samples = Callable[[], Iterable[Mapping[str, Any]]]
_DOING = {BUILT: "is built on", MOVED: "moves to", REBUILT: "is built anew on"}


@dataclass(frozen=True, slots=True)
class Tried:
    """What a canary is tried with.

    :ivar timeout: seconds for each stop, until the server is there and has answered.
    :ivar built: is told the id of the server once.
    :ivar samples: None where nobody checks.
    """

    roll: str
    host: str
    template: Template
    timeout: float
    built: Callable[[str], None]
    samples: Samples | None = None


class Trip:
    """The way of the throw-away server that tries a host.

    :ivar stops: those that were reached, as plain data; the times in seconds since 1970.
    """

    def __init__(self, cloud: Cloud, tried: Tried, clock: Clock, now: Callable[[], float] = time.time) -> None:
        """:param now: seconds since 1970, by which samples are dated."""
        self._cloud, self._tried, self._clock, self._now = cloud, tried, clock, now
        self.stops: list[dict[str, Any]] = []
        self._seen: set[str] = set()

    def go(self, stops: Iterable[Stop]) -> None:
        """:raises Refused: if the server does not reach a stop, or does not answer there.
        :raises CloudError: if the cloud refuses what is asked for.
        """
        for stop in stops:
            self._reach(stop)

    def _reach(self, stop: Stop) -> None:
        pace, begin = Pace(self._clock, self._tried.timeout), self._now()
        what = f"the canary {name_of(self._tried.host)} {_DOING[stop.how]} {stop.host}"
        self._cloud.show_progress(f"{self._tried.host} canary: {what}")
        asked = Sight(None)
        while True:
            sight = pace.outlast(self._look, asked)
            step = next_step(stop, sight, self._clock.now())
            if isinstance(step, Failure):
                raise Refused(f"{_capital(what)}, and that failed: {step.why}.")
            if step == THERE and sight.server:
                break
            if pace.over:
                raise Refused(f"{_capital(what)}, and that is not done after {self._tried.timeout:g} seconds.")
            if step == BUILD:
                self._build(stop)
            elif step == MOVE and sight.server:
                asked = replace(asked, attempt=self._move(sight, sight.server, stop))
            elif step == REBUILD and sight.server and self._rebuild(sight.server):
                asked = replace(asked, launched=sight.server.launched or "")
            pace.wait(happened=step in (BUILD, MOVE, REBUILD))
        end = self._now()
        check = self._checked(pace, sight.server, stop, end)
        self.stops.append(
            {
                "server": sight.server.id,
                "host": stop.host,
                "how": stop.how,
                "begin": begin,
                "end": end,
                "answered": check.answered,
                "silent": check.silent,
            }
        )

    def _look(self, asked: Sight) -> Sight:
        """:param asked: what was asked of Nova for this stop."""
        name = name_of(self._tried.host)
        servers = self._cloud.own_servers.tagged(tag_of(self._tried.roll))
        server = next((server for server in servers if server.name == name), None)
        if server and server.id not in self._seen:
            self._seen.add(server.id)
            self._tried.built(server.id)
        records = self._cloud.nova.migrations(instance_uuid=server.id) if server and self.stops else ()
        return replace(asked, server=server, records=records)

    def _build(self, stop: Stop) -> None:
        """When the answer is lost, the next look tells whether there is a server."""
        name = name_of(self._tried.host)
        try:
            self._cloud.own_servers.build(self._tried.template.server(name, stop.host, tag_of(self._tried.roll)))
        except CloudError as error:
            if not error.passing:
                raise

    def _move(self, sight: Sight, server: Server, stop: Stop) -> MigrationAttempt:
        attempt = new_attempt(Move(server, LIVE, stop.host), sight.records, self._clock.now())
        # Only the host that is tried may be disabled, and is nobody's target but this server's.
        ask = self._cloud.own_servers.move_to_closed if stop.host == self._tried.host else self._cloud.nova.live_migrate
        try:
            ask(server.id, stop.host)
        except CloudError as error:
            if not error.passing:
                raise
        return attempt

    def _rebuild(self, server: Server) -> bool:
        """Return whether Nova accepted it. When the answer is lost it is asked for again: nobody needs the server."""
        try:
            self._cloud.own_servers.rebuild(server.id, self._tried.template.image)
        except CloudError as error:
            if not error.passing:
                raise
            return False
        return True

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
