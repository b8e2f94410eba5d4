# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll with trouble in it, as its record, Nova's migration records and the samples of a probe show it afterwards.

Three of its hosts are under way at once, and when one is done the next begins. The drain of each moves its servers to
the host that is the third after it, and they are brought back after its upgrade. The fifth host fails its upgrade, the
ninth is still at it. One move is aborted, and its server moves to another host.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heapreplace
from pathlib import Path
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.migration import Migration
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import read_record
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._upgrade_plan.pace import ASSUMED, TurnLoad

OPENED = datetime(2026, 11, 21, 10, 0, 7, tzinfo=UTC).timestamp()
AT_ONCE = 3  # hosts
STEPS = ["drain", "upgrade", "verify", "return"]
OPTIONS = {
    "max_unavailable": AT_ONCE,
    "max_failures": "1",
    "max_silence": 30,
    "max_lost_guests": 0,
    "windows": [],
    "windows_strict": False,
    "time_zone": None,
    "bring_back": True,
    "ramp": [],
    "soak": 0,
    "approve": None,
    "blocked": "refuse",
}
# What the turn of each host was taken to last, in seconds.
FORECAST = {"drain": 90.0, "upgrade": 180.0, "verify": 20.0, "return": 60.0}
# What hosts run before their upgrade and after it. One keeps its kernel, and the hypervisor of another stays as it is.
OLD_HYPERVISOR, NEW_HYPERVISOR = 8002001, 9001002
OLD_KERNEL, NEW_KERNEL = "6.12.5-amd64", "6.12.6-amd64"
KEEPS_KERNEL = 3
HYPERVISORS = {f"cmp{number:02}": NEW_HYPERVISOR for number in range(1, 1000)} | {"cmp06": OLD_HYPERVISOR}
FAILS, LAGS = 4, 8  # hosts
ABORTED = (1, 2)  # the host and the server whose first move is aborted
AHEAD = 2.5  # the cloud's clock is this much ahead of the controller's


def this_process() -> dict[str, Any]:
    """This process as the one of a roll that goes on."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return {"pid": os.getpid(), "started": fields[19]}


@dataclass
class PastRoll:
    """A roll of ``hosts`` hosts with ``servers`` servers each. ``name`` makes the names that tenants gave them."""

    hosts: int = 12
    servers: int = 4
    name: str = "web{}"
    events: list[dict[str, Any]] = field(default_factory=list)
    migrations: list[Migration] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = [f"cmp{number:02}" for number in range(1, self.hosts + 1)]
        process = {"pid": 1, "started": "x"}
        self.event(
            OPENED, "opened", roll="20261121T100007Z", pool="nvme", owner="ops@bastion", hosts=names,
            places={name: name for name in names}, upgraded=[], kept_back={}, options=OPTIONS,
            versions={name: [OLD_HYPERVISOR, OLD_KERNEL] for name in names},
            upgrade="upgrade.yml", ahead=AHEAD, inherited=[],
            session="s1", process=process, pace=ASSUMED.to_record(), over=OPENED + 1500,
            foreseen={name: [TurnLoad(), max(0, number + 1 - AT_ONCE), 0] for number, name in enumerate(names)},
        )  # fmt: skip
        ends = [OPENED + 3] * AT_ONCE
        for host in range(self.hosts):
            heapreplace(ends, self._turn(ends[0], names, host) + 2)
        if self.hosts > 1:
            server, name = self.guest(0, 1)
            self.event(OPENED + 92, "lost", server=server, name=name, host="cmp04", since=OPENED + 59)
            self.event(OPENED + 93, "aborted", server=server)
        self.events.sort(key=lambda event: event["at"])
        self.end = max(ends)

    def roll(self) -> Roll:
        roll = read_record(self.events)
        assert roll is not None
        return roll

    def write(self, folder: Path) -> None:
        """Write the record into a folder, as a roll does."""
        (folder / "record.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in self.events))

    def event(self, at: float, event: str, **more: Any) -> None:
        """Add an event to the record."""
        self.events.append({"at": at, "event": event, **more})

    def hold(self, text: str) -> None:
        """Let the roll be held by all that can hold one, each with this text."""
        names, begin = self.events[0]["hosts"], OPENED + 100
        held = [
            ("control", {"action": "pause", "who": text, "reason": text}),
            ("held", {"what": "pause", "reason": text}),
            ("control", {"action": "resume", "who": "ann", "reason": ""}),
            ("held", {"what": "soak", "reason": text}),
            ("gate", {"host": names[5], "outcome": "waits", "before": "drain", "reason": text}),
            ("released", {}),
            ("gate", {"host": names[5], "outcome": "holds"}),
            ("held", {"what": "approval", "reason": text}),
            ("not_told", {"reason": text}),
        ]
        for number, (event, more) in enumerate(held):
            self.event(begin + 30 * number, event, **more)
        self.events.sort(key=lambda event: event["at"])

    def guest(self, host: int, number: int) -> tuple[str, str]:
        """The id and the name of a server."""
        return f"id-{host}-{number}", self.name.format(host * self.servers + number)

    def _turn(self, at: float, names: list[str], host: int) -> float:
        """Take a host through its phases from ``at`` on, and return when it ends."""
        name, target = names[host], names[(host + AT_ONCE) % len(names)]
        moves = [
            dict(zip(("server", "name"), self.guest(host, number), strict=True), target=target)
            for number in range(self.servers)
        ]
        self.event(at, "begun", host=name, moves=moves, steps=STEPS, forecast=FORECAST)
        at = self._drain(at + 1, names, host, moves)
        if host == FAILS:
            reason, kept = "the task 'Boot into it' failed: no answer after 600 s.", f"failure-{name}-1.json"
            self.event(at + 95, "failed", host=name, reason=reason, evidence=kept)
            return at + 95
        at += 160 + host % 5 * 11
        self.event(at, "upgraded", host=name, version=OLD_KERNEL if host == KEEPS_KERNEL else NEW_KERNEL)
        if host == LAGS:
            return at
        self.event(at + 21, "verified", host=name)
        self._canary(at + 21, names, host)
        return self._return(at + 22, names, host, moves)

    def _canary(self, at: float, names: list[str], host: int) -> None:
        """A canary tries a host within a second; that of the first host is silent while it moves."""
        name, older = names[host], names[-1]
        self.event(at, "canary", host=name)
        ways = [("built", older), ("live-migrated", name), ("rebuilt", name)]
        stops: list[dict[str, Any]] = [{"server": f"canary-{name}", "host": on, "how": how} for how, on in ways]
        for number, stop in enumerate(stops):
            times = {"begin": at + number / 4, "end": at + number / 4 + 0.2, "answered": at + number / 4 + 0.25}
            stop |= {**times, "silent": 0.2 if host == 0 and number == 1 else 0.0}
        self.event(at, "built", host=name, server=f"canary-{name}")
        self.event(at + 0.9, "tried", host=name, stops=stops, failure=None)

    def _drain(self, at: float, names: list[str], host: int, moves: list[dict[str, Any]]) -> float:
        for number, move in enumerate(moves):
            seconds = 9 + (host * 7 + number * 13) % 23
            target = move["target"]
            if (host, number) == ABORTED:
                self._move(at, seconds, move["server"], names[host], target, "cancelled")
                target, at = names[-1], at + seconds
            self._move(at, seconds, move["server"], names[host], target, "completed")
            at += seconds * (number % 2)
        stays = {"id": "id-6-9", "name": self.name.format("stays"), "reason": "it is in ERROR", "running": False}
        self.event(at + 35, "drained", host=names[host], left=[stays] if host == 6 else [])
        return at + 35

    def _return(self, at: float, names: list[str], host: int, moves: list[dict[str, Any]]) -> float:
        for number, move in enumerate(moves):
            source = names[-1] if (host, number) == ABORTED else move["target"]
            seconds = 7 + (host * 5 + number * 11) % 17
            self._move(at + number % 2, seconds, move["server"], source, names[host], "completed")
            at += seconds * (number % 2)
        away = {"id": "id-2-9", "name": self.name.format("away"), "reason": "cmp03 is full"}
        self.event(at + 20, "returned", host=names[host], left=[away] if host == 2 else [])
        return at + 20

    def _move(self, begin: float, seconds: float, server: str, source: str, target: str, status: str) -> None:
        number = len(self.migrations) + 1
        times = (f"{datetime.fromtimestamp(at + AHEAD, UTC):%Y-%m-%dT%H:%M:%S}.000000" for at in
                 (begin, begin + seconds))  # fmt: skip
        self.migrations.append(
            Migration(number, f"uuid-{number}", server, source, target, status, "live-migration", *times)
        )

    def samples(self, every: float = 5.0) -> Iterator[dict[str, Any]]:
        """Yield a sample of each guest in each round.

        ``id-3-3`` never answers, ``id-0-1`` is silent for half a minute, ``id-2-0`` is deleted after five minutes.
        """
        at = OPENED + 4
        while at < self.end:
            for host in range(self.hosts):
                for number in range(self.servers):
                    server, name = self.guest(host, number)
                    silent = server == "id-0-1" and 60 <= at - OPENED < 90 or server == "id-3-3"
                    if server != "id-2-0" or at - OPENED < 300:
                        sample = {"at": at + number / 10, "pass": at, "server": server, "name": name, "ok": not silent}
                        yield (
                            sample
                            | {"canary": False, "host": f"cmp{host + 1:02}"}
                            | {"seconds": 0.1, "message": "100% packet loss" if silent else None}
                        )
            at += every
