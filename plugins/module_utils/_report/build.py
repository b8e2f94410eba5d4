# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The report of a roll: what became of its hosts, its servers and its plan. Pure.

All times are seconds since 1970 on the controller's clock; those of Nova, whose records know whole seconds, are put on
it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .._openstack.model import Migration
from .._roll.record import Lane, Roll, Span
from .guest_checks import guest_checks

# The records that a drain and a return make; a tenant's resize and an evacuation are not of the roll.
KINDS = ("live-migration", "migration")
DONE = frozenset({"completed", "confirmed", "finished", "done"})
ABORTED = frozenset({"cancelled"})


def since(roll: Roll) -> str:
    """The beginning of the roll on Nova's clock, as its API reads times."""
    return datetime.fromtimestamp(math.floor(roll.opened + roll.ahead), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def of_the_roll(roll: Roll, migrations: Iterable[Migration], lives: bool) -> list[Migration]:
    """The records of moves from or to its hosts, from its beginning until it was over, the oldest first.

    What was under way when a run was killed goes on without it, so a roll that was interrupted has no end here.
    """
    hosts = {*roll.hosts, *roll.lanes}
    ended = _ended(roll, lives)
    until = math.inf if ended is None or outcome(roll, lives) == "interrupted" else ended
    found = [
        one
        for one in migrations
        if one.type in KINDS
        and hosts & {one.source, one.destination}
        and one.created_at[:19] >= since(roll)
        and _at(one.created_at, roll) <= until
    ]
    return sorted(found, key=lambda one: (one.created_at, one.id))


def planned_names(roll: Roll) -> dict[str, str]:
    """Names of servers by id, as they were when their moves were planned."""
    return {move["server"]: move["name"] for batch in roll.batches for move in batch.moves}


def outcome(roll: Roll, lives: bool) -> str:
    """How the roll stands. It is interrupted when its process is gone and never said why."""
    if roll.closed is not None:
        return "done"
    if roll.stopped is not None:
        return "stopped"
    return "under way" if lives else "interrupted"


def report(
    roll: Roll,
    migrations: Iterable[Migration],
    names: Mapping[str, str],
    samples: Iterable[Mapping[str, Any]],
    lives: bool,
    now: float,
) -> dict[str, Any]:
    """Everything there is to say of a roll, as plain data.

    :param names: of the servers that stand now, by id.
    :param lives: whether the process that runs the roll is there.
    """
    ended = _ended(roll, lives)
    moves = _moves(roll, migrations, planned_names(roll) | dict(names), lives)
    until = max([now if ended is None else ended, *(one["end"] for one in moves if one["end"] is not None)])
    made = Counter(one["lane"] for one in moves if one["outcome"] == "done")
    hosts = [_host(roll, host, made[host], lives, until) for host in dict.fromkeys([*roll.lanes, *roll.hosts])]
    return {
        "roll": {
            "id": roll.id,
            "pool": roll.pool,
            "owner": roll.owner,
            "upgrade": roll.upgrade,
            "bring_back": roll.bring_back,
            "outcome": outcome(roll, lives),
            "reason": roll.stopped,
            "begin": roll.opened,
            "end": ended,
            "until": until,
            "seconds": _seconds(roll.opened, until),
            "resumed": list(roll.resumed),
        },
        "totals": _totals(roll, hosts, moves),
        "batches": [
            {"begin": one.at, "hosts": list(one.hosts), "moves": len(one.moves), "limited_by": one.limited_by}
            for one in roll.batches
        ],
        "hosts": hosts,
        "moves": moves,
        "probe": guest_checks(samples, roll.resumed),
    }


def _ended(roll: Roll, lives: bool) -> float | None:
    """None while it is under way. A roll that was stopped ends with the last host that was being worked on."""
    if roll.closed is not None:
        return roll.closed
    return None if lives and (roll.stopped is None or roll.at_work) else roll.last


def _host(roll: Roll, host: str, moves: int, lives: bool, until: float) -> dict[str, Any]:
    lane = roll.lanes.get(host, Lane(host))
    phases = [_phase(span, lives, roll.last) for span in lane.spans]
    return {
        "host": host,
        "outcome": _host_outcome(roll, lane, lives),
        "failure": lane.failure,
        "batch": max((number for number, one in enumerate(roll.batches, 1) if host in one.hosts), default=None),
        "begin": phases[0]["begin"] if phases else None,
        "end": phases[-1]["end"] if phases else None,
        "seconds": _rounded(sum((until if one["end"] is None else one["end"]) - one["begin"] for one in phases)),
        "phases": phases,
        "moves": moves,
        "left": lane.left,
        "away": lane.away,
    }


def _host_outcome(roll: Roll, lane: Lane, lives: bool) -> str:
    if lane.returned:
        return "done"
    if lane.failure is not None:
        return "failed"
    if not lane.spans:
        return "not begun" if roll.closed is None else "nothing to do"
    return "under way" if lives and lane.spans[-1].end is None else "interrupted"


def _phase(span: Span, lives: bool, last: float) -> dict[str, Any]:
    end, ending = span.end, span.outcome
    if end is None and not lives:
        end, ending = max(last, span.begin), "interrupted"
    seconds = None if end is None else _seconds(span.begin, end)
    return {"phase": span.phase, "begin": span.begin, "end": end, "seconds": seconds, "outcome": ending}


def _moves(roll: Roll, migrations: Iterable[Migration], names: Mapping[str, str], lives: bool) -> list[dict[str, Any]]:
    """Each record as a move, on the lane of the host that it was made for."""
    planned = _planned(roll)
    taken_from: set[tuple[str, str | None]] = set()  # servers, and the hosts that they left
    moves = []
    for one in of_the_roll(roll, migrations, lives):
        ending = _move_outcome(one)
        home = roll.bring_back and (one.server, one.destination) in taken_from
        if ending == "done":
            taken_from.add((one.server, one.source))
        begin = _at(one.created_at, roll)
        end = _at(one.updated_at or one.created_at, roll) if one.ended else None
        moves.append(
            {
                "server": one.server,
                "name": names.get(one.server, one.server),
                "source": one.source,
                "target": one.destination,
                "kind": one.type,
                "begin": begin,
                "end": end,
                "seconds": None if end is None else _seconds(begin, end),
                "outcome": ending,
                "status": one.status,
                "planned": home or (one.server, one.source, one.destination) in planned,
                "home": home,
                "lane": one.destination if home or one.source not in roll.lanes else one.source,
            }
        )
    return moves


def _planned(roll: Roll) -> set[tuple[str, str, str]]:
    return {(move["server"], move["source"], move["target"]) for batch in roll.batches for move in batch.moves}


def _move_outcome(migration: Migration) -> str:
    if not migration.ended:
        return "under way"
    if migration.status in DONE:
        return "done"
    return "aborted" if migration.status in ABORTED else "failed"


def _totals(roll: Roll, hosts: Sequence[Mapping[str, Any]], moves: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    done = [one for one in moves if one["outcome"] == "done"]
    home = sum(1 for one in done if one["home"])
    as_planned = {(one["server"], one["source"], one["target"]) for one in done} & _planned(roll)
    hosts_by, moves_by = (Counter(one["outcome"] for one in some) for some in (hosts, moves))
    return {
        "hosts": {"all": len(hosts), **_counted(hosts_by, "done", "failed", "interrupted", "under way", "not begun")},
        "servers": len({one["server"] for one in done}),
        "moves": {
            "planned": len(_planned(roll)),
            "as_planned": len(as_planned),
            "home": home,
            "unplanned": sum(1 for one in done if not one["planned"]),
            **_counted(moves_by, "done", "failed", "aborted", "under way"),
        },
        "left": sum(len(one["left"]) for one in hosts),
        "away": sum(len(one["away"]) for one in hosts),
        "longest_migration": _longest(done, "server", "name", "source", "target"),
        "longest_host": _longest([one for one in hosts if one["phases"]], "host"),
    }


def _counted(counter: Mapping[str, int], *outcomes: str) -> dict[str, int]:
    return {one.replace(" ", "_"): counter.get(one, 0) for one in outcomes}


def _longest(some: Iterable[Mapping[str, Any]], *keys: str) -> dict[str, Any] | None:
    found = max(some, key=lambda one: one["seconds"], default=None)
    return None if found is None else {key: found[key] for key in (*keys, "seconds")}


def _at(nova: str, roll: Roll) -> float:
    """A time of Nova's on the controller's clock."""
    return _rounded(datetime.fromisoformat(nova).replace(tzinfo=UTC).timestamp() - roll.ahead)


def _seconds(begin: float, end: float) -> float:
    return _rounded(max(0.0, end - begin))


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
