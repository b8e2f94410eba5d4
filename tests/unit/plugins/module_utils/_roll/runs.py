# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll through the hosts a, b and c by the objects that its modules use, one run after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.aggregate import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.close import Close
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.limits import Limits
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.next_batch import AnsibleHosts, NextBatch
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.open import Open, RollOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record_event import RecordEvent
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore

from tests.unit.fake.cloud import FakeCloud

POOL = [Aggregate("nvme", 1, "u1")]
NOON = datetime(2026, 11, 21, 12, 0)
ANY_TIME = Limits("0", (), 10, NOON)
ALL_EVENTS = ("drained", "upgraded", "verified", "returned")


def plan_of(hosts: Sequence[str], size: int, blocked: Sequence[str] = ()) -> dict[str, Any]:
    """A plan for these hosts in batches of this size, each host with one server that moves."""
    movable = [host for host in hosts if host not in blocked]
    batches = [
        {
            "hosts": [_planned_host(host) for host in movable[start : start + size]],
            "limited_by": "max_unavailable is reached",
        }
        for start in range(0, len(movable), size)
    ]
    blockers = [{"host": host, "text": f"{host}: it is full. Empty it."} for host in blocked]
    return {"batches": batches, "blockers": blockers}


def _planned_host(host: str) -> dict[str, Any]:
    target = {"target": "spare", "hypervisor": "id-spare", "version": 9}
    return {"host": host, "moves": [{"server": f"id-{host}", "name": f"vm-{host}", **target, "kind": "live"}]}


class Runs:
    """The runs of a roll.

    :ivar roll: as the last ``open`` returned it.
    :ivar asked: the hosts that the last plan was asked for: to do, done, and to be put back into service.
    :ivar lines: the lines of progress that operators saw.
    """

    def __init__(self, directory: Path) -> None:
        self.lines: list[str] = []
        self.cloud = FakeCloud().connect({"auth": FakeCloud().auth()}, self.lines.append)
        self.options = RollOptions(directory, "me", ("a", "b", "c"), (), True, "up.yml")
        self.roll: dict[str, Any] = {}
        self.asked: tuple[list[str], list[str], list[str]] = ([], [], [])

    @property
    def store(self) -> RecordStore:
        return RecordStore(Path(self.roll["folder"]))

    def open(self, **changes: Any) -> dict[str, Any]:
        """Begin a run, with these changes of its options."""
        work = Open(self.cloud, POOL, replace(self.options, **changes))
        self.roll = (work.apply() if work.changed else work.predict())["roll"]
        return self.roll

    def next_batch(
        self, lost: Sequence[str] = (), limits: Limits = ANY_TIME, upgraded: Sequence[str] = (), **plan: Any
    ) -> dict[str, Any]:
        """Begin the next batch, of two hosts, or as ``plan_of`` makes it with these arguments."""

        def planning(hosts: Sequence[str], done: Sequence[str], verified: Sequence[str]) -> dict[str, Any]:
            self.asked = (list(hosts), list(done), list(verified))
            return plan_of(hosts, **{"size": 2, **plan})

        self.asked = ([], [], [])
        work = NextBatch(self.cloud, self.store, self.roll["session"], AnsibleHosts(lost, upgraded), limits, planning)
        return work.apply() if work.changed else work.predict()

    def record(self, host: str, *events: str, **more: Any) -> None:
        """Record these events of a host."""
        for event in events:
            whole = {"host": host, "event": event, "left": [], "reason": "", **more}
            RecordEvent(self.cloud, self.store, self.roll["session"], whole).apply()

    def close(self) -> dict[str, Any]:
        """End the run."""
        work = Close(self.cloud, self.store, self.roll["session"])
        return (work.apply() if work.changed else work.predict())["roll"]
