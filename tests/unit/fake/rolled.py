# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll as its record, Nova's records and a probe tell of it, for as many hosts as wanted and with trouble in it.

Hosts go in batches of three; the drain of each moves its servers to the next batch's hosts, and the return brings them
home. The fifth host fails its upgrade, the ninth is still at it. One move is aborted and done to another host.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Migration
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import Roll, read_record

OPENED = datetime(2026, 11, 21, 10, 0, 7, tzinfo=UTC).timestamp()
BATCH, FAILS, LAGS = 3, 4, 8
AHEAD = 2.5  # the cloud's clock is this much ahead of the controller's


@dataclass
class Rolled:
    """What is known of a roll. ``name`` makes the names of servers, which are their tenants'."""

    hosts: int = 12
    servers: int = 4
    name: str = "web{}"
    events: list[dict[str, Any]] = field(default_factory=list)
    migrations: list[Migration] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = [f"cmp{number:02}" for number in range(1, self.hosts + 1)]
        process = {"pid": 1, "started": "x"}
        self.event(
            OPENED, "opened", roll="20261121T100007Z", pool="nvme", owner="ops@bastion", hosts=names, bring_back=True,
            upgrade="upgrade.yml", ahead=AHEAD, session="s1", process=process,
        )  # fmt: skip
        at = OPENED + 3
        for first in range(0, self.hosts, BATCH):
            at = self._batch(at, names, range(first, min(first + BATCH, self.hosts))) + 2
        self.events.sort(key=lambda one: one["at"])
        self.end = at

    def roll(self) -> Roll:
        roll = read_record(self.events)
        assert roll is not None
        return roll

    def write(self, folder: Path) -> None:
        """Put the record into a folder, as a roll does."""
        (folder / "record.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in self.events))

    def event(self, at: float, event: str, **more: Any) -> None:
        self.events.append({"at": at, "event": event, **more})

    def guest(self, host: int, number: int) -> tuple[str, str]:
        return f"id-{host}-{number}", self.name.format(host * self.servers + number)

    def _batch(self, at: float, names: list[str], batch: range) -> float:
        planned = {}
        for host in batch:
            target = names[(host + BATCH) % len(names)]
            planned[host] = [
                dict(zip(("server", "name"), self.guest(host, number), strict=True), source=names[host], target=target)
                for number in range(self.servers)
            ]
        moves = [move for some in planned.values() for move in some]
        self.event(at, "batch", hosts=[names[host] for host in batch], moves=moves, limited_by="max_unavailable")
        return max(self._host(at, names, host, planned[host]) for host in batch)

    def _host(self, at: float, names: list[str], host: int, moves: list[dict[str, Any]]) -> float:
        name, left = names[host], []
        begin = at + 1
        for number, move in enumerate(moves):
            took = 9 + (host * 7 + number * 13) % 23
            target = move["target"]
            if host == 1 and number == 2:
                self._move(begin, took, move["server"], name, target, "cancelled")
                target, begin = names[-1], begin + took
            self._move(begin, took, move["server"], name, target, "completed")
            begin += took * (number % 2)
        if host == 6:
            left = [{"id": "id-6-9", "name": self.name.format("stays"), "reason": "it is in ERROR", "running": False}]
        at = begin + 35
        self.event(at, "drained", host=name, left=left)
        if host == FAILS:
            self.event(at + 95, "failed", host=name, reason="the task 'Boot into it' failed: no answer after 600 s.")
            return at + 95
        at += 160 + host % 5 * 11
        self.event(at, "upgraded", host=name)
        if host == LAGS:
            return at
        self.event(at + 21, "verified", host=name)
        at += 22
        for number, move in enumerate(moves):
            target = names[-1] if host == 1 and number == 2 else move["target"]
            took = 7 + (host * 5 + number * 11) % 17
            self._move(at + number % 2, took, move["server"], target, name, "completed")
            at += took * (number % 2)
        away = [{"id": "id-2-9", "name": self.name.format("away"), "reason": "cmp03 is full"}] if host == 2 else []
        self.event(at + 20, "returned", host=name, left=away)
        return at + 20

    def _move(self, begin: float, took: float, server: str, source: str, target: str, status: str) -> None:
        number = len(self.migrations) + 1
        times = (f"{datetime.fromtimestamp(at + AHEAD, UTC):%Y-%m-%dT%H:%M:%S}.000000" for at in
                 (begin, begin + took))  # fmt: skip
        self.migrations.append(
            Migration(number, f"uuid-{number}", server, source, target, status, "live-migration", *times)
        )

    def samples(self, every: float = 5.0) -> Iterator[dict[str, Any]]:
        """Each guest in each round. One never answers, one is silent for half a minute, one is deleted."""
        at = OPENED + 4
        while at < self.end:
            for host in range(self.hosts):
                for number in range(self.servers):
                    server, name = self.guest(host, number)
                    silent = server == "id-0-1" and 60 <= at - OPENED < 90 or server == "id-3-3"
                    if server != "id-2-0" or at - OPENED < 300:
                        sample = {"at": at + number / 10, "pass": at, "server": server, "name": name, "ok": not silent}
                        yield sample | {"seconds": 0.1, "message": "100% packet loss" if silent else None}
            at += every
