# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A roll from its first batch to its last, over several runs: what is begun, noted, told, and gone on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.model import Aggregate
from ansible_collections.stackops.aggregates.plugins.module_utils._roll import open as _open
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.close import Close
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.next_batch import Limits, NextBatch
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.open import Open, RollOptions
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record_event import RecordEvent
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.store import RecordStore
from fake.cloud import FakeCloud

POOL = [Aggregate("nvme", 1, "u1")]
NOON = datetime(2026, 11, 21, 12, 0)
ANY_TIME = Limits("0", (), 10, NOON)
STEPS = ("drained", "upgraded", "verified", "returned")


def planned(hosts: Sequence[str], size: int, blocked: Sequence[str] = ()) -> dict[str, Any]:
    """A plan for these hosts in batches of this size, each with one server that moves."""
    able = [host for host in hosts if host not in blocked]
    batches = [
        {
            "hosts": [
                {
                    "host": host,
                    "moves": [
                        {
                            "server": f"id-{host}",
                            "name": f"vm-{host}",
                            "target": "spare",
                            "hypervisor": "id-spare",
                            "version": 9,
                            "kind": "live",
                        }
                    ],
                }
                for host in able[start : start + size]
            ],
            "limited_by": "max_unavailable is reached",
        }
        for start in range(0, len(able), size)
    ]
    blockers = [{"host": host, "text": f"{host}: it is full. Empty it."} for host in blocked]
    return {"batches": batches, "blockers": blockers}


class Conductor:
    """One run after the other of a roll through hosts a, b and c."""

    def __init__(self, directory: Path) -> None:
        self.lines: list[str] = []
        self.cloud = FakeCloud().connect({"auth": FakeCloud().auth()}, self.lines.append)
        self.wanted = RollOptions(directory, "me", ("a", "b", "c"), (), True, "up.yml")
        self.roll: dict[str, Any] = {}

    @property
    def store(self) -> RecordStore:
        return RecordStore(Path(self.roll["folder"]))

    def open(self, **changes: Any) -> dict[str, Any]:
        work = Open(self.cloud, POOL, replace(self.wanted, **changes))
        self.roll = (work.apply() if work.changed else work.predict())["roll"]
        return self.roll

    def next(self, lost: Sequence[str] = (), limits: Limits = ANY_TIME, **plan: Any) -> dict[str, Any]:
        self.asked: tuple[list[str], list[str], list[str]] = ([], [], [])

        def planning(hosts: Sequence[str], done: Sequence[str], verified: Sequence[str]) -> dict[str, Any]:
            self.asked = (list(hosts), list(done), list(verified))
            return planned(hosts, **{"size": 2, **plan})

        work = NextBatch(self.cloud, self.store, self.roll["session"], lost, limits, planning)
        return work.apply() if work.changed else work.predict()

    def note(self, host: str, *events: str, **more: Any) -> None:
        for event in events:
            happened = {"host": host, "event": event, "left": [], "reason": "", **more}
            RecordEvent(self.cloud, self.store, self.roll["session"], happened).apply()

    def close(self) -> dict[str, Any]:
        work = Close(self.cloud, self.store, self.roll["session"])
        return (work.apply() if work.changed else work.predict())["roll"]


@pytest.fixture
def conductor(tmp_path: Path) -> Conductor:
    return Conductor(tmp_path)


def test_a_roll_that_goes_well(conductor: Conductor) -> None:
    assert conductor.open()["done"] == []
    first = conductor.next()
    moves = [(host, one["server"], one["hypervisor"]) for host, several in first["batch"].items() for one in several]
    assert moves == [("a", "id-a", "id-spare"), ("b", "id-b", "id-spare")]
    assert (first["over"], first["last"], first["number"], first["reason"]) == (False, False, 1, None)
    for host in "ab":
        conductor.note(host, *STEPS)
    second = conductor.next()
    assert (list(second["batch"]), second["last"]) == (["c"], True)
    assert conductor.asked == (["c"], ["a", "b"], [])
    conductor.note("c", *STEPS)
    last = conductor.next()
    assert (last["over"], last["batch"], last["reason"]) == (True, {}, None)
    assert conductor.close()["closed"]
    assert (
        "nvme roll: batch 1: a, b (max_unavailable is reached) [0 of 3 hosts done, 0 servers moved]" in conductor.lines
    )
    assert any(
        line.startswith("nvme roll: b is back in service after 0 s [2 of 3 hosts done") for line in conductor.lines
    )
    assert conductor.open(hosts=())["folder"] is None  # the next run finds nothing to do, and begins nothing


def test_the_moves_of_a_batch_are_recorded_before_anything_is_touched(conductor: Conductor) -> None:
    conductor.open()
    conductor.next()
    (batch,) = conductor.store.roll().batches
    assert [(one["server"], one["name"], one["source"], one["target"]) for one in batch.moves] == [
        ("id-a", "vm-a", "a", "spare"),
        ("id-b", "vm-b", "b", "spare"),
    ]


def test_a_host_on_which_servers_run_is_not_empty(conductor: Conductor) -> None:
    conductor.open()
    conductor.next()
    aboard = [{"name": "off", "running": False}, {"name": "web", "running": True}, {"name": "odd", "running": None}]
    with pytest.raises(Refused, match="'a' still holds running servers, so it is not upgraded: odd, web"):
        conductor.note("a", "drained", left=aboard)
    conductor.note("a", "drained", left=aboard[:1])


def test_after_a_failure_no_batch_begins_and_the_same_command_goes_on(conductor: Conductor) -> None:
    conductor.open()
    conductor.next()
    conductor.note("a", *STEPS)
    conductor.note("b", "drained", "failed", reason="no boot")
    stopped = conductor.next()
    assert (stopped["over"], stopped["reason"]) == (True, "b failed, and max_failures is 0")
    assert conductor.asked == ([], [], [])
    closed = conductor.close()
    assert (closed["closed"], closed["failed"], closed["stopped"]) == (False, {"b": "no boot"}, stopped["reason"])
    again = conductor.open(hosts=("b", "c"))
    assert (again["done"], again["unfinished"], again["hosts"]) == (["a"], ["b"], ["a", "b", "c"])
    assert any("going on with 1 of 3 hosts done" in line for line in conductor.lines)
    assert list(conductor.next()["batch"]) == ["b", "c"]


def test_failures_that_are_allowed_leave_their_hosts_and_the_roll_unfinished(conductor: Conductor) -> None:
    limits = Limits("1", (), 10, NOON)
    conductor.open()
    conductor.next(limits=limits, size=1)
    conductor.note("a", "failed", reason="no boot")
    for host in "bc":
        assert list(conductor.next(limits=limits, size=1)["batch"]) == [host]
        conductor.note(host, *STEPS)
    assert conductor.next(limits=limits)["over"]
    assert not conductor.close()["closed"]


def test_a_host_that_ansible_lost_has_failed(conductor: Conductor) -> None:
    conductor.open()
    conductor.next()
    conductor.note("b", *STEPS)
    assert conductor.next(lost=["a", "c"])["reason"] == "a failed, and max_failures is 0"
    assert conductor.store.roll().failed == {"a": "Ansible lost the host, see its error above."}


def test_a_killed_run_is_gone_on_with(conductor: Conductor) -> None:
    conductor.open()
    conductor.next()
    conductor.note("a", "drained", "upgraded", "verified")
    again = conductor.open()
    assert (again["unfinished"], again["verified"]) == (["a", "b"], ["a"])
    conductor.next()
    assert conductor.asked == (["a", "b", "c"], [], ["a"])


def test_a_run_that_was_succeeded_begins_and_notes_nothing(conductor: Conductor) -> None:
    conductor.open()
    old = conductor.roll["session"]
    conductor.open()
    conductor.next()
    with pytest.raises(Refused, match="Another run goes on with the roll"):
        RecordEvent(conductor.cloud, conductor.store, old, {"host": "a", "event": "drained", "left": []}).apply()
    with pytest.raises(Refused, match="Another run goes on with the roll"):
        NextBatch(conductor.cloud, conductor.store, old, [], ANY_TIME, lambda *_: planned("c", 1)).apply()


def test_hosts_that_turn_out_to_need_nothing_are_struck_off(conductor: Conductor) -> None:
    conductor.open()
    conductor.next(size=1)
    assert conductor.open(hosts=("a",), spared=("b", "c"))["hosts"] == ["a"]
    assert conductor.open(hosts=(), spared=("a",))["hosts"] == ["a"]  # it was begun


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"owner": "you"}, "A roll of me through nvme is not finished"),
        (
            {"upgrade": "other.yml"},
            "with the upgrade up.yml is not finished .* and this one is other.yml: finish that one",
        ),
    ],
)
def test_another_roll_is_refused_until_the_record_is_discarded(
    conductor: Conductor, changes: dict[str, Any], because: str
) -> None:
    folder = conductor.open()["folder"]
    with pytest.raises(Refused, match=because):
        conductor.open(**changes)
    look = Open(conductor.cloud, POOL, replace(conductor.wanted, discard=True, hosts=(), **changes))
    assert look.predict()["roll"]["folder"] is None and RecordStore(Path(folder)).roll().closed is None
    assert look.apply()["roll"]["folder"] is None
    assert conductor.open(**changes)["folder"] == f"{folder}-1"


def test_a_roll_that_another_process_is_at_is_refused(conductor: Conductor, monkeypatch: pytest.MonkeyPatch) -> None:
    conductor.open()
    monkeypatch.setattr(_open, "from_process", lambda _process: False)
    with pytest.raises(
        Refused, match="The process .* of this machine is rolling through nvme .*: wait until it has ended"
    ):
        conductor.open()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits("0", (), 1, NOON), "the batch has 2 hosts and Ansible works on 1 at once: raise 'forks' (-f) or"),
        (Limits("0", ("22:00-05:00",), 9, NOON), "it is Sat 12:00, which is in none of the windows 22:00-05:00"),
    ],
)
def test_what_keeps_a_batch_from_beginning(conductor: Conductor, limits: Limits, reason: str) -> None:
    conductor.open()
    over = conductor.next(limits=limits)
    assert over["over"] and reason in over["reason"]
    assert conductor.store.roll().unfinished == []


def test_blocked_hosts_come_to_light_when_the_others_are_done(conductor: Conductor) -> None:
    conductor.open()
    assert list(conductor.next(blocked=["b"])["batch"]) == ["a", "c"]
    for host in "ac":
        conductor.note(host, *STEPS)
    assert conductor.next(blocked=["b"])["reason"] == "b: it is full. Empty it."


def test_a_cloud_that_cannot_be_planned_ends_the_run_in_order(conductor: Conductor) -> None:
    conductor.open()

    def planning(_hosts: Sequence[str], _done: Sequence[str], _verified: Sequence[str]) -> dict[str, Any]:
        raise CloudError("Nova is away.")

    over = NextBatch(conductor.cloud, conductor.store, conductor.roll["session"], [], ANY_TIME, planning).apply()
    assert (over["over"], over["reason"]) == (True, "Nova is away.")


def test_only_hosts_of_a_batch_are_noted(conductor: Conductor) -> None:
    conductor.open()
    with pytest.raises(Refused, match="'a' is in no batch of the roll in .*: begin its batch first"):
        conductor.note("a", "drained")
