# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the start and the stop of a maintenance share: the options, the first look, the loop's clock, the results."""

from __future__ import annotations

import getpass
import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._client import CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._cloud import Cloud
from ansible_collections.stackops.aggregates.plugins.module_utils._custody import Custody, custody
from ansible_collections.stackops.aggregates.plugins.module_utils._drain import Move, attempt
from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import (
    Hypervisor,
    Migration,
    Server,
    Service,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._hosts import shown_maintenance
from ansible_collections.stackops.aggregates.plugins.module_utils._mark import Mark, read_trait
from ansible_collections.stackops.aggregates.plugins.module_utils._moves import LIVE, LOST_GRACE, Attempt, Ledger, runs
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused

# Seconds between two looks at the cloud: short while things change, then this share of the time that nothing did.
FIRST_PAUSE, LONGEST_PAUSE, SHARE = 0.5, 5.0, 0.1
# The same when a move is expected to end any moment.
SHORT_PAUSE = 0.15
# Seconds for which a look counts as being of this moment, if nobody waited since: a list of many servers takes as long.
FRESH = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """The options of os_host_maintenance; times in seconds."""

    host: str
    owner: str
    mode: str = "migrate"
    reason: str = ""
    aggregate: str | None = None
    aggregate_metadata: Mapping[str, str | None] | None = None
    targets: tuple[str, ...] | None = None
    takeover: bool = False
    foreign: str = "refuse"
    bring_back: bool = True
    bring_back_required: bool = False
    leave_stopped: bool = False
    leave_unmovable: bool = False
    wishes: tuple[str, ...] = ()
    moves: Mapping[str, str] = field(default_factory=dict)  # server -> target, as a plan has it
    hypervisors: Mapping[str, Hypervisor] = field(default_factory=dict)  # by host, of these targets
    capacity_margin: float = 0  # percent
    max_concurrent: int = 2
    timeout: float = 3600.0
    migration_timeout: float = 600.0
    on_stuck: str = "abort"
    retries: int = 1


def default_owner() -> str:
    """The user and this machine, in characters that a mark may hold."""
    return re.sub(r"[:\s]", "_", f"{getpass.getuser()}@{socket.gethostname()}")


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as an argument: monotonic seconds, and how to wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """How long to wait between two looks: less after something happened.

    While moves are under way a look at their records will do (Ledger.awaits), and now and then one at everything.
    """

    def __init__(self, clock: Clock, timeout: float, looked: float | None = None) -> None:
        """:param looked: when everything was looked at before that (monotonic seconds)."""
        self._clock = clock
        self._deadline = clock.now() + timeout
        self._happened = clock.now()
        self._looked = self._happened if looked is None else looked
        self._waited = False  # since then

    @property
    def over(self) -> bool:
        return self._clock.now() >= self._deadline

    @property
    def due(self) -> bool:
        """Whether it is time for a look at everything."""
        return self.over or self._clock.now() - self._looked >= LONGEST_PAUSE

    @property
    def fresh(self) -> bool:
        """Whether the last look is so young that nobody need be looked at again before he is moved."""
        return not self._waited and self._clock.now() - self._looked <= FRESH

    def look(self) -> None:
        """Everything is looked at now."""
        self._looked, self._waited = self._clock.now(), False

    def wait(self, happened: bool = False, expected: float | None = None) -> None:
        """Wait for the next look at everything.

        :param expected: when a move may be over (monotonic seconds), if that can be told.
        """
        if happened:
            self._happened = self._clock.now()
        self._sleep(expected, LONGEST_PAUSE)

    def doze(self, expected: float | None = None) -> None:
        """Wait for the next look at the records."""
        self._sleep(expected, max(FIRST_PAUSE, self._looked + LONGEST_PAUSE - self._clock.now()))

    def _sleep(self, expected: float | None, most: float) -> None:
        now = self._clock.now()
        if expected is None:
            pause = max(FIRST_PAUSE, SHARE * (now - self._happened))
        else:
            pause = expected - now if expected > now else max(SHORT_PAUSE, SHARE * (now - expected))
        self._clock.sleep(min(pause, most))
        self._waited = True


@dataclass(frozen=True, slots=True)
class Hosts:
    """The first look: every compute service, the hypervisors that matter, all returns under way."""

    services: list[Service]
    hypervisors: dict[str, Hypervisor]  # by host
    returns: dict[str, Mark]  # host -> mark, of every return that is not over
    unused: tuple[str, ...]  # names of return traits that no host carries: whoever was to delete them was killed
    date: str | None  # Nova's clock


@dataclass(frozen=True, slots=True)
class Situation(Hosts):
    """The first look, and the custody of the host that is to be maintained."""

    custody: Custody

    @property
    def service(self) -> Service:
        return self.custody.service

    @property
    def hypervisor(self) -> Hypervisor:
        return self.hypervisors[self.service.host]


def look_at_hosts(
    cloud: Cloud, dated: tuple[list[Service], str | None], servers: bool = False, only: str | None = None
) -> Hosts:
    """:param dated: the services, and Nova's clock. They are looked at first: a mark is older than what follows it.

    :param servers: whether the hypervisors are to tell which servers they have.
    :param only: a host whose hypervisor will do: a list of all costs Nova queries for each. Where a return is under way
        elsewhere, all are needed to know where.
    """
    services, date = dated
    with cloud.side_by_side() as ask:
        carried = ask(cloud.placement.return_traits)
        listed = ask(cloud.nova.hypervisors_like, only) if only else ask(cloud.nova.hypervisors, servers)
    traits, found = carried.result(), listed.result()
    holders = {provider for trait, several in traits.items() if read_trait(trait) for provider in several}
    if only and not (any(one.host == only for one in found) and holders <= {one.id for one in found}):
        found = cloud.nova.hypervisors(servers)
    hypervisors = {one.host: one for one in found}
    providers = {one.id: one.host for one in found}
    returns = {
        providers[provider]: mark
        for trait, holders in sorted(traits.items())  # of two on one host the later one counts
        for provider in holders
        if provider in providers and (mark := read_trait(trait))
    }
    unused = tuple(trait for trait, holders in traits.items() if not holders and read_trait(trait))
    return Hosts(services, hypervisors, returns, unused, date)


def observe(cloud: Cloud, host: str, others: bool) -> Situation:
    """:param others: whether the hypervisors of other hosts matter.

    :raises Refused: there is no such compute host.
    """
    seen = look_at_hosts(cloud, cloud.nova.dated_services(), only=None if others else host)
    service = next((one for one in seen.services if one.host == host), None)
    if service is None or host not in seen.hypervisors:
        known = ", ".join(sorted(one.host for one in seen.services)[:10])
        raise Refused(f"There is no compute host {host!r} with a hypervisor: the cloud has {known or 'none'}.")
    found = custody(service, seen.returns.get(host))
    return Situation(seen.services, seen.hypervisors, seen.returns, seen.unused, seen.date, found)


def post(cloud: Cloud, move: Move) -> str | None:
    """Ask Nova for a move. Returns why it refuses (400, 409: also when it is busy with the server), or None.

    An answer that got lost, and a 5xx, may hide a move that began: it counts as asked for, and its record will tell.
    """
    request = cloud.nova.live_migrate if move.kind == LIVE else cloud.nova.cold_migrate
    try:
        request(move.server.id, move.target)
    except CloudError as error:
        if error.status in (400, 404, 409):
            return str(error)
        if error.status is not None and error.status < 500:
            raise
    return None


def settle(
    cloud: Cloud,
    ledger: Ledger,
    records: Mapping[str, Sequence[Migration]],
    standing: Iterable[Server] | None,
    now: float,
) -> bool:
    """Find out what became of the moves under way, and confirm cold ones. True when something ended or was confirmed.

    A server that is not among ``standing`` is asked for alone, and only when its record says that its move ended, or
    when that takes so long that Nova may have forgotten it.

    :param standing: servers as they are now; None where nobody looked, and then only what ended is judged.
    """
    views: dict[str, Server | None] = {one.id: one for one in standing or ()}
    forgotten = {key for key, one in ledger.under_way.items() if standing is not None and now - one.since > LOST_GRACE}
    to_look_at = (ledger.ended(records) | forgotten) - views.keys()
    with cloud.side_by_side() as ask:
        looks = {key: ask(cloud.nova.server, key) for key in ledger.under_way if key in to_look_at}
    views |= {key: look.result() for key, look in looks.items()}
    before = len(ledger.under_way)
    to_confirm = ledger.settle(views, records, now)
    for one in to_confirm:
        try:
            cloud.nova.confirm_migration(one.server)
        except CloudError as error:
            if error.status not in (404, 409):  # gone, or confirmed by somebody else: the next look tells
                raise
    return bool(to_confirm) or len(ledger.under_way) < before


def start_moves(
    cloud: Cloud, ledger: Ledger, moves: Sequence[Move], records: Mapping[str, Sequence[Migration]], now: float
) -> None:
    """Ask for moves side by side and keep book of each: under way, or refused at once.

    :raises CloudError: of the first that was not answered as it should be; the others are in the book all the same.
    """
    with cloud.side_by_side() as ask:
        answers = [(move, ask(post, cloud, move)) for move in moves]
    for move, answer in answers:
        server = move.server
        if answer.exception():
            continue
        if why := answer.result():
            ledger.refused.setdefault(server.id, {})[move.target] = why
        else:
            ledger.under_way[server.id] = attempt(move, records.get(server.id, ()), server.host or "", now)
    for _move, answer in answers:
        answer.result()  # raises


def shown_host(service: Service, mark: Mark | None, returning: Mark | None) -> dict[str, Any]:
    """A host's service and maintenance as modules return them."""
    return {
        "name": service.host,
        "status": "enabled" if service.enabled else "disabled",
        "state": "up" if service.up else "down",
        "disabled_reason": service.reason,
        "maintenance": shown_maintenance(mark, returning),
    }


def shown_move(server: str, name: str, kind: str, source: str, target: str) -> dict[str, Any]:
    return {"id": server, "name": name, "kind": kind, "source": source, "target": target}


def shown_attempts(attempts: Iterable[Attempt]) -> list[dict[str, Any]]:
    return [shown_move(one.server, one.name, one.kind, one.source, one.target) for one in attempts]


def shown_left(key: str, server: Server | None, reason: str) -> dict[str, Any]:
    """A server that stays where it is; what was never looked at has no name and no status."""
    return {
        "id": key,
        "name": server.name if server else None,
        "status": server.status if server else None,
        "running": runs(server) if server else None,
        "reason": reason,
    }
