# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The report of a roll as plain data: what became of its hosts, its servers and its plan. Pure.

All times are seconds since 1970 on the controller's clock; those of Nova, whose records know whole seconds, are put on
it.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .._openstack.migration import Migration
from .._roll.forecast import ends
from .._roll.host_progress import HostProgress, Phase
from .._roll.results import lines_of_kept_back
from .._roll.roll import Roll
from .conscience import canary_results, canary_servers, loss_results, of_tenants
from .guest_checks import guest_checks
from .holds import controls, holds, not_told
from .versions import changes_of_versions, host_versions

# The records that a drain and a return make; a tenant's resize and an evacuation are not of the roll.
MIGRATION_TYPES = ("live-migration", "migration")
DONE = frozenset({"completed", "confirmed", "finished", "done"})
ABORTED = frozenset({"cancelled"})
_RESOLUTION = 1.0  # seconds of Nova's records


def opened_on_nova_clock(roll: Roll) -> str:
    """When the roll was opened, on Nova's clock and as its API reads times."""
    return datetime.fromtimestamp(math.floor(roll.opened + roll.ahead), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def migrations_of_roll(roll: Roll, migrations: Iterable[Migration], running: bool) -> list[Migration]:
    """The records of moves from or to the roll's hosts, from its beginning until its end, the oldest first.

    Moves that were under way when a run was killed go on without it, so a roll that was interrupted has no end here.
    """
    hosts = {*roll.hosts, *roll.progress}
    end = _end(roll, running)
    until = math.inf if end is None or roll_outcome(roll, running) == "interrupted" else end
    canaries = canary_servers(roll)
    records = [
        record
        for record in migrations
        if record.type in MIGRATION_TYPES
        and record.server not in canaries
        and hosts & {record.source, record.destination}
        and record.created_at[:19] >= opened_on_nova_clock(roll)
        and _on_controller_clock(record.created_at, roll) <= until
    ]
    return sorted(records, key=lambda record: (record.created_at, record.id))


def planned_server_names(roll: Roll) -> dict[str, str]:
    """Names of servers by id, as they were when their moves were planned."""
    return {move["server"]: move["name"] for turn in roll.turns for move in turn.moves}


def roll_outcome(roll: Roll, running: bool) -> str:
    """What became of the roll.

    ``done``; ``stopped`` because of a failure; ``waiting`` for its next window, and nothing failed; ``under way``; or
    ``interrupted``: its process is gone and never said why.
    """
    if roll.closed is not None:
        return "done"
    if roll.stopped is not None:
        return "waiting" if roll.outcome == "waiting" else "stopped"
    return "under way" if running else "interrupted"


def build_report(
    roll: Roll,
    migrations: Iterable[Migration],
    names: Mapping[str, str],
    hypervisors: Mapping[str, int],
    samples: Iterable[Mapping[str, Any]],
    running: bool,
    now: float,
) -> dict[str, Any]:
    """The report of a roll, as plain data.

    :param names: of the servers that there are now, by id.
    :param hypervisors: the version of the hypervisor of each host now.
    :param samples: of the probe of guests.
    :param running: whether the process that runs the roll still does.
    """
    end = _end(roll, running)
    moves = _moves(roll, migrations, planned_server_names(roll) | dict(names), running)
    until = max([now if end is None else end, *(move["end"] for move in moves if move["end"] is not None)])
    done = [move for move in moves if move["outcome"] == "done"]
    hosts = [
        {**_host(roll, host, done, running, until), **host_versions(roll, host, hypervisors)}
        for host in dict.fromkeys([*roll.progress, *roll.hosts])
    ]
    return {
        "roll": {
            "id": roll.id,
            "pool": roll.pool,
            "owner": roll.owner,
            "upgrade": roll.upgrade,
            "bring_back": roll.bring_back,
            "outcome": roll_outcome(roll, running),
            "reason": roll.stopped,
            "begin": roll.opened,
            "end": end,
            "until": until,
            "seconds": _seconds(roll.opened, until),
            "resumed": list(roll.resumed),
            **{option: roll.options[option] for option in ("ramp", "soak", "approve")},
            "kept_back": lines_of_kept_back(roll.kept_back),
            "versions": changes_of_versions(hosts),
            "next_window": roll.until,
            "expected_end": _expected_end(roll, running, now),
            "forecast": _forecast_of_run(roll, until),
            "basis": roll.pace.basis,
        },
        "totals": _totals(roll, hosts, moves),
        "turns": [{"begin": turn.at, "host": turn.host, "moves": len(turn.moves)} for turn in roll.turns],
        "hosts": hosts,
        "moves": moves,
        "holds": holds(roll, running, until),
        "controls": controls(roll),
        "not_told": not_told(roll),
        "probe": guest_checks(of_tenants(samples), roll.resumed),
        "lost": loss_results(roll),
    }


def _expected_end(roll: Roll, running: bool, now: float) -> float | None:
    """When a roll that is under way will be over; None if it is not under way, or its hosts fit into no window."""
    over = ends(roll, now) if roll_outcome(roll, running) == "under way" else {}
    end = max(over.values(), default=math.inf)
    return None if math.isinf(end) else _rounded(end)


def _forecast_of_run(roll: Roll, until: float) -> dict[str, Any] | None:
    """How long the last run was taken to last when it began, and by how much that was wrong, once it is done."""
    if roll.over is None:
        return None
    begin = roll.resumed[-1] if roll.resumed else roll.opened
    return _against(_seconds(begin, roll.over), until - begin if roll.closed is not None else None)


def _forecast_of_turn(roll: Roll, progress: HostProgress) -> dict[str, Any] | None:
    """How long the last turn of a host was taken to last when it began; None for one that never began."""
    turns = [turn for turn in roll.turns if turn.host == progress.host]
    if not turns:
        return None
    end = progress.phases[-1].end
    took = end - turns[-1].at if progress.returned and end is not None else None
    return {**_against(sum(turns[-1].forecast.values()), took), "phases": dict(turns[-1].forecast)}


def _against(foreseen: float, took: float | None) -> dict[str, Any]:
    """A forecast, and by how many percent it turned out longer than that; None if it is not over."""
    error = None if took is None or not foreseen else round(100 * (took - foreseen) / foreseen, 1)
    return {"seconds": _rounded(foreseen), "error": error}


def _end(roll: Roll, running: bool) -> float | None:
    """When the roll ended; None while it is under way. One that was stopped ends with the last host at work."""
    if roll.closed is not None:
        return roll.closed
    return None if running and (roll.stopped is None or roll.under_way) else roll.last


def _host(roll: Roll, host: str, done: Sequence[Mapping[str, Any]], running: bool, until: float) -> dict[str, Any]:
    progress = roll.progress.get(host, HostProgress(host))
    phases = [_phase(phase, running, roll.last) for phase in progress.phases]
    return {
        "host": host,
        "outcome": _host_outcome(roll, progress, running),
        "failure": roll.skipped[host].reason if host in roll.skipped else progress.failure,
        "turn": next((number for number, begun in enumerate(roll.progress, 1) if begun == host), None),
        "begin": phases[0]["begin"] if phases else None,
        "end": phases[-1]["end"] if phases else None,
        "seconds": _rounded(
            sum((until if phase["end"] is None else phase["end"]) - phase["begin"] for phase in phases)
        ),
        "phases": phases,
        "forecast": _forecast_of_turn(roll, progress),
        "canaries": canary_results(progress),
        "evidence": progress.evidence if progress.failure is not None else None,
        "handed_back": progress.handed_back,
        "moves": sum(move["lane"] == host for move in done),
        "left": progress.left,
        "away": [server for server in progress.away if _is_away(server["id"], host, done)],
    }


def _is_away(server: str, host: str, done: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a server that was not brought back to a host is still missed there.

    One that was only parked there is missed where it left first, and only there; one that came later is not.
    """
    moves = [move for move in done if move["server"] == server]
    return not moves or (moves[0]["source"] == host and moves[-1]["target"] != host)


def _host_outcome(roll: Roll, progress: HostProgress, running: bool) -> str:
    if progress.returned:
        return "done"
    if progress.failure is not None:
        return "failed"
    if progress.host in roll.skipped:
        return "left out"
    if not progress.phases:
        return "not begun" if roll.closed is None else "nothing to do"
    return "under way" if running and progress.under_way else "interrupted"


def _phase(phase: Phase, running: bool, last: float) -> dict[str, Any]:
    end, outcome = phase.end, phase.outcome
    if end is None and not running:
        end, outcome = max(last, phase.begin), "interrupted"
    seconds = None if end is None else _seconds(phase.begin, end)
    return {"phase": phase.name, "begin": phase.begin, "end": end, "seconds": seconds, "outcome": outcome}


def _moves(
    roll: Roll, migrations: Iterable[Migration], names: Mapping[str, str], running: bool
) -> list[dict[str, Any]]:
    """Each record as a move. Its lane is the host for whose drain or return it was made."""
    planned = _planned(roll)
    drained: set[tuple[str, str | None]] = set()  # servers, and the hosts that they left
    moves = []
    for record in migrations_of_roll(roll, migrations, running):
        outcome = _move_outcome(record)
        begin = _on_controller_clock(record.created_at, roll)
        as_planned = (record.server, record.source, record.destination) in planned
        drains = as_planned and _is_drained(roll, record.source, begin)
        brings_back = roll.bring_back and not drains and (record.server, record.destination) in drained
        if outcome == "done":
            drained.add((record.server, record.source))
        end = _on_controller_clock(record.updated_at or record.created_at, roll) if record.ended else None
        moves.append(
            {
                "server": record.server,
                "name": names.get(record.server, record.server),
                "source": record.source,
                "target": record.destination,
                "kind": record.type,
                "begin": begin,
                "end": end,
                "seconds": None if end is None else _seconds(begin, end),
                "outcome": outcome,
                "status": record.status,
                "planned": brings_back or as_planned,
                "home": brings_back,
                "lane": record.destination if brings_back or record.source not in roll.progress else record.source,
            }
        )
    return moves


def _planned(roll: Roll) -> set[tuple[str, str | None, str | None]]:
    """The moves of all drains that were planned."""
    return {
        (move["server"], move.get("source", turn.host), move["target"]) for turn in roll.turns for move in turn.moves
    }


def _is_drained(roll: Roll, host: str | None, at: float) -> bool:
    """Whether a host was being drained at a time: what leaves it then is not brought back to another one."""
    progress = roll.progress.get(host or "", HostProgress(""))
    return any(
        phase.name == "drain" and phase.begin - _RESOLUTION <= at <= (phase.end or math.inf) + _RESOLUTION
        for phase in progress.phases
    )


def _move_outcome(migration: Migration) -> str:
    if not migration.ended:
        return "under way"
    if migration.status in DONE:
        return "done"
    return "aborted" if migration.status in ABORTED else "failed"


def _totals(roll: Roll, hosts: Sequence[Mapping[str, Any]], moves: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    done = [move for move in moves if move["outcome"] == "done"]
    brought_back = sum(1 for move in done if move["home"])
    as_planned = {(move["server"], move["source"], move["target"]) for move in done if not move["home"]} & _planned(
        roll
    )
    return {
        "hosts": {
            "all": len(hosts),
            **_by_outcome(hosts, "done", "failed", "interrupted", "under way", "left out", "not begun"),
        },
        "servers": len({move["server"] for move in done}),
        "moves": {
            "planned": len(_planned(roll)),
            "as_planned": len(as_planned),
            "home": brought_back,
            "unplanned": sum(1 for move in done if not move["planned"]),
            **_by_outcome(moves, "done", "failed", "aborted", "under way"),
        },
        "left": len({server["id"] for host in hosts for server in host["left"]}),
        "away": len({server["id"] for host in hosts for server in host["away"]}),
        "longest_migration": _longest(done, "server", "name", "source", "target"),
        "forecast_error": _median_error(hosts),
        "longest_host": _longest([host for host in hosts if host["phases"]], "host"),
    }


def _median_error(hosts: Iterable[Mapping[str, Any]]) -> float | None:
    """By how many percent the forecasts of hosts that are done were wrong, in the median."""
    errors = [
        abs(host["forecast"]["error"]) for host in hosts if host["forecast"] and host["forecast"]["error"] is not None
    ]
    return round(statistics.median(errors), 1) if errors else None


def _by_outcome(entries: Iterable[Mapping[str, Any]], *outcomes: str) -> dict[str, int]:
    """How many hosts or moves ended in each of these ways."""
    counts = Counter(entry["outcome"] for entry in entries)
    return {outcome.replace(" ", "_"): counts[outcome] for outcome in outcomes}


def _longest(entries: Iterable[Mapping[str, Any]], *keys: str) -> dict[str, Any] | None:
    """These keys of the host or the move that took longest."""
    longest = max(entries, key=lambda entry: entry["seconds"], default=None)
    return None if longest is None else {key: longest[key] for key in (*keys, "seconds")}


def _on_controller_clock(nova_time: str, roll: Roll) -> float:
    """A time of Nova's, on the controller's clock."""
    return _rounded(datetime.fromisoformat(nova_time).replace(tzinfo=UTC).timestamp() - roll.ahead)


def _seconds(begin: float, end: float) -> float:
    return _rounded(max(0.0, end - begin))


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
