# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Servers of other hosts make room before a drain, as a plan says, and nothing of the host moves if they do not."""

from __future__ import annotations

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._targets.options import RoomMove

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.faults import kill
from tests.unit.fake.model import Guest
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator
from tests.unit.fake.task import Task, run_task

LAST = 60  # more requests than this job needs


class Cramped:
    """``big`` leaves cmp01 and fits on cmp02 when ``small`` has moved from there to cmp03."""

    def __init__(self) -> None:
        self.cloud = FakeCloud("cmp01", "cmp02", "cmp03", vcpus=8)
        self.cloud.aggregate("nvme", "cmp01", "cmp02", "cmp03")
        self.big = self.cloud.boot("big", "cmp01", vcpus=4)
        self.cloud.boot("heavy", "cmp02", vcpus=4)
        self.small = self.cloud.boot("small", "cmp02", vcpus=2)
        self.whole = self.cloud.boot("whole", "cmp03", vcpus=6)
        self.plan = [move(self.small, "cmp03", source="cmp02"), move(self.big, "cmp02")]
        room = (RoomMove(self.small.id, "cmp02", "cmp03"),)
        self.operator = Operator(self.cloud, moves={self.big.id: "cmp02"}, room=room)

    def start(self, check: bool = False) -> Task:
        return run_task(
            self.cloud, "os_host_maintenance", check=check, host="cmp01", state="started", owner="me", moves=self.plan
        )


def move(guest: Guest, target: str, **more: str) -> dict[str, str]:
    return {"server": guest.id, "target": target, **more}


@pytest.fixture
def cramped() -> Cramped:
    return Cramped()


def test_others_make_room_before_the_drain(cramped: Cramped) -> None:
    foretold = cramped.start(check=True)
    assert cramped.cloud.writes == []
    done = cramped.start()
    assert not done.failed, done.printed
    assert cramped.cloud.moves.started == [("small", "cmp03"), ("big", "cmp02")]
    assert [(each["name"], each["source"], each["target"]) for each in done.result["moved"]] == [
        ("small", "cmp02", "cmp03"),
        ("big", "cmp01", "cmp02"),
    ]
    assert foretold.result["moved"] == done.result["moved"]
    assert not cramped.start().changed


def test_they_stay_where_they_are_when_the_host_is_back(cramped: Cramped) -> None:
    cramped.start()
    run_task(cramped.cloud, "os_host_maintenance", host="cmp01", state="stopped", owner="me")
    assert (cramped.big.host, cramped.small.host) == ("cmp01", "cmp03")


def test_without_them_nothing_is_touched(cramped: Cramped) -> None:
    cramped.plan = cramped.plan[1:]
    assert "No host can take the server 'big'" in cramped.start().result["msg"]
    assert cramped.cloud.writes == []


@pytest.mark.parametrize(("state", "why"), [("stopped", "moved cold"), ("suspended", "has to resume it")])
def test_one_that_does_not_run_any_more_is_not_moved(cramped: Cramped, state: str, why: str) -> None:
    cramped.small.vm_state = state
    refused = cramped.start().result["msg"]
    assert "The server 'small'" in refused and why in refused
    assert cramped.cloud.writes == []


def test_one_that_nova_refuses_keeps_those_of_the_host_where_they_are(cramped: Cramped) -> None:
    cramped.cloud.moves.behave("small", Behaviour(outcome=Outcome.ERROR))
    failed = cramped.start()
    assert failed.failed and "No server of 'cmp01' was moved" in failed.result["msg"], failed.printed
    assert "'small'" in failed.result["msg"]
    assert (cramped.big.host, cramped.small.host) == ("cmp01", "cmp02")


def test_one_that_was_deleted_made_its_room(cramped: Cramped) -> None:
    cramped.cloud.delete(cramped.small)
    assert not cramped.start().failed
    assert cramped.big.host == "cmp02"


@pytest.mark.parametrize("after", [False, True])
def test_it_goes_on_wherever_it_was_killed(after: bool) -> None:
    deaths = 0
    for number in range(1, LAST):
        cramped = Cramped()
        died = cramped.operator.dies_at(number, kill, after, "start", "cmp01")
        deaths += died
        cramped.operator.start("cmp01")
        assert (cramped.big.host, cramped.small.host) == ("cmp02", "cmp03"), number
        if not died:
            break
    assert 10 < deaths < LAST - 1
