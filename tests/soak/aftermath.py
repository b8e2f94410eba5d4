# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""What must be so when a round of a storm is over. Pure: each function returns the problems."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tests.soak.world import RETURN, Observation

Record = Mapping[str, Any]
ENDED_WELL = ("completed", "confirmed")
STOPPED = {"SHUTOFF": "shutdown", "ACTIVE": "running", "PAUSED": "paused"}


def homes(records: Iterable[Record], maintained: Collection[str], us: str) -> dict[str, Record]:
    """The first record by which each server left a host for its maintenance.

    :param records: of the round. :param us: the id of the user as whom we ask.
    """
    first: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: record["id"]):
        ours = record["user_id"] == us and record["status"] in ENDED_WELL
        if ours and record["source_compute"] in maintained:
            first.setdefault(record["instance_uuid"], record)
    return first


def moved_by_others(records: Iterable[Record], us: str) -> dict[str, int]:
    """The newest record by which somebody else moved each server."""
    return {
        record["instance_uuid"]: record["id"]
        for record in sorted(records, key=lambda record: record["id"])
        if record["user_id"] != us and record["status"] in (*ENDED_WELL, "reverted")
    }


def lost(
    now: Observation,
    records: Collection[Record],
    us: str,
    told: Mapping[str, str],
    taken: Collection[str],
    at_liberty: Collection[str],
) -> list[str]:
    """Each server that left for a maintenance is back, or is named, or somebody else moved or deleted it since.

    :param told: what the returns of each maintained host printed. :param taken: hosts that others took from us.
    :param at_liberty: servers that their owners shelved, restored or deleted.
    """
    others = moved_by_others(records, us)
    return [
        f"{now.names[server]} ({server}) left {home} by record {record['id']}, is on {now.hosts[server]}, and nobody "
        "says why"
        for server, record in homes(records, told, us).items()
        if server in now.names and now.hosts[server] != (home := record["source_compute"])
        if home not in taken and server not in at_liberty and others.get(server, 0) < record["id"]
        if server not in told[home] and f"'{now.names[server]}'" not in told[home]
    ]


def left_behind(now: Observation, began: str, leftovers: Collection[str], cut_short: bool) -> list[str]:
    """No mark, no trait of a return, no allocation of a migration of ours stands.

    Nova remembers traits, and may bring back one of an earlier round: the next maintenance of that host takes it off.
    A return that is over stays remembered where who was to forget it was cut short: the next stop does that.

    :param began: when the round began, as marks write it. :param leftovers: migrations of ours that hold allocations.
    :param cut_short: whether a return was killed, or others took its host.
    """
    marks = [
        f"{host} is {'enabled' if compute.enabled else 'disabled'} with the reason {compute.reason!r}"
        for host, compute in now.computes.items()
        if not compute.enabled or compute.reason
    ]
    return [
        *marks,
        *(
            f"the return trait {name} was left behind"
            for name in now.returns
            if (name.startswith(RETURN) or not cut_short) and re.split(r"RETURN(?:ED)?_", name)[1] >= began
        ),
        *(f"the migration {uuid}, which is over, holds an allocation" for uuid in leftovers),
    ]


def guests(now: Observation) -> list[str]:
    """Each server is where Nova has it, as Nova has it, and nowhere else."""
    problems = []
    for server, status in now.statuses.items():
        wanted = ((now.hosts[server], STOPPED[status]),) if status in STOPPED else ()
        if now.guests.get(server, ()) != wanted:
            problems.append(f"{now.names[server]} is {status}: {wanted}; the hypervisors hold {now.guests.get(server)}")
    return problems


def not_empty(claims: Iterable[Mapping[str, Any]], gone: Mapping[str, float]) -> list[str]:
    """Each host that a drain called empty held no guest of a server at that moment.

    :param gone: since when Nova knows no such server any more (monotonic seconds). One that is deleted while it
        migrates may leave a guest behind, of which no API tells.
    """
    return [
        f"{claim['host']} was called empty and held {name}, which was {state}"
        for claim in claims
        for uuid, name, state in claim["guests"]
        if gone.get(uuid, claim["at"]) >= claim["at"]
    ]


def tracebacks(logs: Mapping[str, str]) -> list[str]:
    """Nobody is told in the words of Python what went wrong.

    :param logs: what the playbooks of the round printed.
    """
    return [
        f"{name} holds a traceback" for name, text in logs.items() if "Traceback" in text or "MODULE FAILURE" in text
    ]
