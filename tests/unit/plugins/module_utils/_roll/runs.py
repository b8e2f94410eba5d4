# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll through the hosts a, b and c by the objects that its modules use, one run after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.close import Close
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.open import Open, RollOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.pool_record import find_record
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record_event import RecordEvent
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Foreseen, Roll, Versions
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.turn import Able, Look, TakeTurn

from tests.unit.fake.cloud import FakeCloud
from tests.unit.plugins.module_utils._roll.events import OPTIONS, PACE, foreseen

POOL = [Aggregate("nvme", 1, "u1")]
NOON = datetime(2026, 11, 21, 12, 0).timestamp()  # a Saturday
ALL_EVENTS = ("drained", "upgraded", "verified", "returned")


def moves_of(host: str) -> list[dict[str, Any]]:
    """The one move of a host's drain."""
    target = {"target": "spare", "hypervisor": "id-spare", "version": 9}
    return [{"server": f"id-{host}", "name": f"vm-{host}", **target, "kind": "live"}]


def window(cannot: Mapping[str, str] | None = None) -> Look:
    """A look by which hosts may begin in the order of the plan, up to max_unavailable beside those that failed.

    :param cannot: hosts that may not, each with the reason.
    """

    def look(roll: Roll, at_work: Collection[str]) -> Able:
        reasons = dict(cannot or {})
        able = [host for host in roll.waiting if host in at_work and host not in reasons]
        free = roll.options["max_unavailable"] - len(roll.under_way)
        reasons |= dict.fromkeys(set(roll.waiting) - {*able[:free], *reasons}, "max_unavailable is reached.")
        moves: dict[str, list[Mapping[str, Any]]] = {host: [*moves_of(host)] for host in able[:free]}
        return Able(moves, reasons, {host: "a server of it: no host has room." for host in cannot or {}})

    return look


class Clock:
    """A clock that passes only while somebody sleeps; each sleep lets ``happens`` happen, one after the other.

    :ivar step: seconds that it passes at least.
    """

    def __init__(self) -> None:
        self.time, self.step = NOON, 0.0
        self.slept: list[float] = []
        self.happens: list[Callable[[], object]] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += max(seconds, self.step)
        self.slept.append(seconds)
        if self.happens:
            self.happens.pop(0)()


class Runs:
    """The runs of a roll.

    :ivar roll: as the last ``open`` returned it.
    :ivar playing: the names in the inventory of the hosts that Ansible has not lost.
    :ivar lines: the lines of progress that operators saw.
    """

    def __init__(self, directory: Path) -> None:
        self.lines: list[str] = []
        self.cloud = FakeCloud().connect({"auth": FakeCloud().auth()}, self.lines.append)
        self.clock = Clock()
        self.directory = directory
        self.roll: dict[str, Any] = {}
        self.playing: list[str] = []

    @property
    def store(self) -> RecordStore:
        return RecordStore(Path(self.roll["folder"]))

    def now(self) -> Roll:
        """The roll as its record has it."""
        return self.store.roll()

    def work_to_open(
        self, *hosts: str, owner: str = "me", discard: bool = False, upgraded: Sequence[str] = (),
        upgrade: str = "up.yml", kept_back: Mapping[str, Sequence[str]] | None = None, **options: Any
    ) -> Open:  # fmt: skip
        """What begins a run.

        :param options: those that each turn is asked for.
        """
        hosts = hosts or ("a", "b", "c")
        places = {host: f"at-{host}" for host in hosts}
        asked = RollOptions(
            owner,
            hosts,
            places,
            tuple(upgraded),
            kept_back or {},
            {host: Versions(8002001, None) for host in hosts},
            upgrade,
            options := {**OPTIONS, **options},
            PACE,
            {
                host: Foreseen(load, after, soak)
                for host, (load, after, soak) in foreseen(*hosts, at_once=options["max_unavailable"]).items()
            },
        )
        return Open(self.cloud, find_record(self.directory, POOL, owner, discard), asked)

    def open(self, *hosts: str, **changes: Any) -> dict[str, Any]:
        """Begin a run of these hosts, or of all three."""
        work = self.work_to_open(*hosts, **changes)
        self.roll = (work.apply() if work.changed else work.predict())["roll"]
        self.playing = [f"at-{host}" for host in self.roll["hosts"]]
        return self.roll

    def nothing_to_do(self, **changes: Any) -> Open:
        """A run that has no host ahead."""
        work = self.work_to_open(**changes)
        return Open(self.cloud, work._record, replace(work._options, hosts=(), places={}))

    def turn(self, host: str, look: Look | None = None, forks: int = 10, asked: int = 0) -> TakeTurn:
        """The task of a host that waits for its turn."""
        return TakeTurn(
            self.cloud,
            self.store,
            self.roll["session"],
            host,
            look or window(),
            self.playing,
            forks,
            asked,
            self.clock.now,
            self.clock.sleep,
        )

    def take(self, host: str, look: Look | None = None, **more: Any) -> str:
        """Wait for the turn of a host, and return what is to become of it."""
        return str(self.turn(host, look, **more).apply()["turn"])

    def record(self, host: str, *events: str, **more: Any) -> None:
        """Record these events of a host."""
        for event in events:
            whole = {"host": host, "event": event, "left": [], "brought_back": [], "reason": "", "version": "", **more}
            RecordEvent(self.cloud, self.store, self.roll["session"], whole).apply()

    def pass_phases(self, host: str, **seconds: float) -> None:
        """Let the clock pass while phases of a host last so long, by the event that ends each, and record them."""
        for kind, lasts in seconds.items():
            self.clock.time += lasts
            with self.store.locked() as record:
                record.write({"event": kind, "host": host, "at": self.clock.now(), "left": []})

    def close(self) -> dict[str, Any]:
        """End the run."""
        work = Close(self.cloud, self.store, self.roll["session"])
        return dict((work.apply() if work.changed else work.predict())["roll"])
