# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Decide how a host is emptied. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.stackops.aggregates.plugins.module_utils._fleet import (
    Aggregate,
    Group,
    Migration,
    Resources,
    Server,
    Service,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._mark import read_mark
from ansible_collections.stackops.aggregates.plugins.module_utils._moves import (
    COLD,
    LIVE,
    Attempt,
    Ledger,
    grouped,
    kind_of_move,
    on_its_way,
    unmovable,
)
from ansible_collections.stackops.aggregates.plugins.module_utils._plan import Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._targets import Demand, Target, choose
from ansible_collections.stackops.aggregates.plugins.module_utils._wishes import COLD as COLD_WISH
from ansible_collections.stackops.aggregates.plugins.module_utils._wishes import LEAVE, STOP, granted, tag


@dataclass(frozen=True, slots=True)
class Move:
    """A server that is to go to a host."""

    server: Server
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Pool:
    """Where servers may go: hosts, and the aggregates (uuids) by which Placement finds them; none: all it knows."""

    hosts: tuple[str, ...]
    aggregates: tuple[str, ...]


# -- where to


def pool(
    host: str,
    aggregates: Sequence[Aggregate],
    members: Sequence[Aggregate],
    targets: Collection[str] | None,
) -> Pool:
    """The hosts that may take servers from ``host``.

    :param members: the aggregates that the options name; empty when they name none.
    :param targets: hosts that the options name. Both: the intersection. Neither: the one aggregate of the host.
    :raises Refused: the options leave no clear choice.
    """
    own = [one for one in aggregates if host in one.hosts]
    if members and not any(host in one.hosts for one in members):
        names = ", ".join(repr(one.name) for one in members)
        raise Refused(f"The host {host!r} is no member of the aggregate {names}: add it, or name its own aggregate.")
    if not members and targets is None:
        if len(own) != 1:
            found = ", ".join(repr(one.name) for one in own) or "none"
            raise Refused(
                f"The host {host!r} is in {len(own)} aggregates ({found}): name in 'aggregate' or 'targets' "
                "where its servers may go."
            )
        members = own
    hosts = {name for one in members for name in one.hosts} if members else set(targets or ())
    if members and targets is not None:
        hosts &= set(targets)
    return Pool(tuple(sorted(hosts - {host})), tuple(one.uuid for one in members if one.uuid))


def usable(
    hosts: Iterable[str], services: Iterable[Service], returning: Collection[str] = ()
) -> tuple[list[str], dict[str, str]]:
    """The hosts of a pool that may take servers now, and why each of the others may not.

    :param returning: hosts whose own servers are still coming home.
    """
    by_host = {service.host: service for service in services}
    good, bad = [], {}
    for host in hosts:
        service = by_host.get(host)
        if service is None:
            bad[host] = "it has no compute service"
        elif not service.enabled:
            bad[host] = "it is in maintenance" if read_mark(service.reason) else "it is disabled"
        elif not service.up:
            bad[host] = "its compute service is down"
        elif host in returning:
            bad[host] = "its own servers are coming home from its maintenance"
        else:
            good.append(host)
    return good, bad


# -- what to move

STOPPED_BY_WISH = f"it is shut off for the maintenance, as its tag {tag(STOP)!r} wishes"


@dataclass(frozen=True, slots=True)
class Sorted:
    """Servers of a host: to move, to stop first, to leave aboard (with the reason), and those that stand in the way."""

    movable: list[Server]
    left: dict[str, str]
    blocking: dict[str, str]
    to_stop: list[Server] = field(default_factory=list)


def sort_out(
    servers: Iterable[Server],
    groups: Sequence[Group],
    leave_stopped: bool,
    leave_unmovable: bool,
    wishes: Collection[str] = (),
) -> Sorted:
    """:param wishes: the wishes of tenants that the operator grants (_wishes)."""
    found = Sorted([], {}, {}, [])
    for server in servers:
        wish = granted(server, wishes)
        why = unmovable(server, groups, cold=wish == COLD_WISH)
        if wish == LEAVE:
            found.left[server.id] = f"its tag {tag(LEAVE)!r} wishes it"
        elif wish == STOP and server.vm_state == "active":
            found.to_stop.append(server)
        elif wish == STOP and server.vm_state == "stopped":
            found.left[server.id] = STOPPED_BY_WISH
        elif server.vm_state == "stopped" and leave_stopped:
            found.left[server.id] = "it is shut off, and stopped_servers says 'leave'"
        elif why is None:
            found.movable.append(server)
        elif leave_unmovable:
            found.left[server.id] = why
        else:
            found.blocking[server.id] = why
    return found


def place(
    servers: Iterable[Server],
    needs: Mapping[str, Resources],
    version: int,
    targets: Sequence[Target],
    groups: Sequence[Group],
    refused: Mapping[str, Mapping[str, str]],
    *,
    demands: Mapping[str, Demand] | None = None,
    margin: float = 0,
    planned: Mapping[str, str] | None = None,
    expected: Mapping[str, str] | None = None,
    wishes: Collection[str] = (),
) -> tuple[list[Move], dict[str, dict[str, str]]]:
    """A target for each server, the largest first, room taken as it is given; and for the others why there is none.

    Those for whom a target is meant that did not refuse them come before the others, which must not take their room.
    The targets are changed: they hold what was placed on them.

    :param planned: the target of each server that a plan has one for. :param expected: that of each that was placed
        before: what fitted then fits again, in whatever order they leave.
    """
    moves, stuck = [], {}
    meant = [*(planned or {}).items(), *(expected or {}).items()]
    first = {key for key, host in meant if host not in refused.get(key, ())}
    for server in sorted(largest_first(servers, needs), key=lambda one: one.id not in first):
        need = needs.get(server.id, {})
        target, reasons = choose(
            server.id,
            need,
            version,
            targets,
            groups,
            refused.get(server.id, {}),
            demand=(demands or {}).get(server.id),
            margin=margin,
            planned=(planned or {}).get(server.id),
            expected=(expected or {}).get(server.id),
        )
        if target is None or target.room is None:
            stuck[server.id] = reasons
            continue
        target.room = target.room.holding(need)
        target.servers.add(server.id)
        moves.append(Move(server, kind_of_exit(server, wishes), target.host))
    return moves, stuck


def largest_first(servers: Iterable[Server], needs: Mapping[str, Resources]) -> list[Server]:
    """The order in which servers are given targets: by memory, which is the hardest to find."""
    return sorted(servers, key=lambda one: (-needs.get(one.id, {}).get("MEMORY_MB", 0), one.name, one.id))


def kind_of_exit(server: Server, wishes: Collection[str]) -> str:
    """How a server leaves a host that is drained."""
    return COLD if granted(server, wishes) == COLD_WISH else kind_of_move(server) or LIVE


def old_disks(records: Iterable[Migration], since: str) -> list[str]:
    """Servers elsewhere whose resize keeps their old disk on the source of the records: an upgrade could lose it.

    A cold move that an earlier run of this maintenance began is not one: the drain confirms it.

    :param since: when that maintenance began (ISO 8601); empty where there is none.
    """
    return [
        one.server
        for one in records
        if one.status == "finished" and not (one.type == COLD and since and one.created_at[:19] >= since)
    ]


def ready(
    servers: Iterable[Server], ledger: Ledger, groups: Sequence[Group], standing: Iterable[Server]
) -> list[Server]:
    """Servers that could start now: nothing under way with them, and with no member of their group either.

    :param standing: all servers of the host. A run before this one, or another one beside it, may have begun a move
        whose record is not listed yet.
    """
    busy = {*ledger.under_way, *(one.id for one in standing if on_its_way(one))}
    return [
        server
        for server in servers
        if server.task_state is None
        and server.id not in ledger.under_way
        and server.id not in ledger.given_up
        and not grouped(server.id, groups, busy)
    ]


def one_of_each_group(moves: Iterable[Move], groups: Sequence[Group], slots: int) -> list[Move]:
    """The first moves that may run side by side: members of one server group never do."""
    chosen: list[Move] = []
    for move in moves:
        if len(chosen) < slots and not grouped(move.server.id, groups, [one.server.id for one in chosen]):
            chosen.append(move)
    return chosen


def explain(reasons: Mapping[str, str]) -> str:
    """Why no target is left, host by host."""
    return "; ".join(f"{host}: {why}" for host, why in sorted(reasons.items())) or "the pool has no other host"


def seen_before(records: Sequence[Migration]) -> int:
    """The newest record of a server: only later ones belong to the next attempt."""
    return max((record.id for record in records), default=0)


def by_server(records: Iterable[Migration]) -> dict[str, list[Migration]]:
    found: dict[str, list[Migration]] = {}
    for record in records:
        found.setdefault(record.server, []).append(record)
    return found


def attempt(move: Move, records: Sequence[Migration], source: str, now: float) -> Attempt:
    server = move.server
    return Attempt(server.id, server.name, move.kind, source, move.target, seen_before(records), now)
