# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""The totals of a report add up to what Nova's records and the cloud itself say, also when nobody comes back."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._report.build import build_report
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.record import read_record

from tests.unit.fake.cloud import FakeCloud
from tests.unit.fake.moves import Behaviour, Outcome
from tests.unit.fake.operator import Operator
from tests.unit.plugins.module_utils._roll.events import OPENED, STEPS, event

HOSTS = ("cmp01", "cmp02", "cmp03", "cmp04")
WELL, REFUSED = Behaviour(), Behaviour(Outcome.ERROR)


class SmallRoll:
    """A roll through hosts with three servers each, one host after the other, as its record shows it.

    :ivar homes: where each server was before.
    """

    def __init__(self) -> None:
        self.cloud = FakeCloud(*HOSTS)
        self.cloud.aggregate("nvme", *HOSTS)
        for host in HOSTS:
            for state in ("active", "paused", "stopped"):
                self.cloud.boot(f"{state}-of-{host}", host, state)
        self.homes = {guest.id: guest.host for guest in self.cloud.world.guests.values()}
        self._operator = Operator(self.cloud, retries=0)
        self._events = [OPENED | {"at": self._now(), "hosts": list(HOSTS)}]

    def _now(self) -> float:
        return self.cloud.clock.utc().replace(tzinfo=UTC).timestamp()

    def upgrade(self, host: str, back: Behaviour = WELL) -> None:
        """Drain a host by its plan, and stop its maintenance, where every move back goes as ``back`` says."""
        self._roll("begun", host=host, moves=self._plan(host), steps=STEPS, forecast={})
        drained = self._operator.start(host)
        self._roll("drained", host=host, left=drained["left"])
        self._roll("upgraded", host=host)
        self._roll("verified", host=host)
        self.cloud.moves.behave("*", back)
        stopped = self._operator.stop(host)
        self.cloud.moves.behave("*", WELL)
        self._roll("returned", host=host, left=stopped["left"])
        self.cloud.clock.sleep(60.0)

    def _plan(self, host: str) -> list[dict[str, Any]]:
        moves = self._operator.look_to_start(host).predict()["moved"]
        return [{"server": move["id"], **{key: move[key] for key in ("name", "target")}} for move in moves]

    def _roll(self, kind: str, **more: Any) -> None:
        self._events.append(event(self._now(), kind, **more))

    def report(self) -> dict[str, Any]:
        self._roll("closed")
        roll = read_record(self._events)
        assert roll is not None
        return build_report(roll, self.cloud.connect().nova.migrations(), {}, {}, [], False, self._now())

    @property
    def away(self) -> set[str]:
        """The servers that are not where they were."""
        return {guest.name for guest in self.cloud.world.guests.values() if guest.host != self.homes[guest.id]}

    def records(self, *statuses: str) -> int:
        return len([record for record in self.cloud.world.records if record.status in statuses])


def assert_adds_up(roll: SmallRoll) -> dict[str, Any]:
    report = roll.report()
    totals = report["totals"]
    assert totals["away"] == len(roll.away)
    assert {server["name"] for host in report["hosts"] for server in host["away"]} == roll.away
    assert totals["moves"]["done"] == roll.records("completed", "confirmed")
    assert totals["moves"]["failed"] == roll.records("error")
    assert totals["servers"] == len({record.server for record in roll.cloud.world.records if record.status != "error"})
    planned = totals["moves"]["as_planned"]
    assert planned + totals["moves"]["home"] + totals["moves"]["unplanned"] == totals["moves"]["done"]
    assert sum(host["moves"] for host in report["hosts"]) == totals["moves"]["done"]
    return totals


@pytest.fixture
def roll() -> SmallRoll:
    return SmallRoll()


def test_when_all_are_brought_back(roll: SmallRoll) -> None:
    for host in HOSTS:
        roll.upgrade(host)
    totals = assert_adds_up(roll)
    assert totals["away"] == 0 and totals["moves"]["home"] == totals["moves"]["as_planned"] == 12


def test_when_nobody_is_brought_back(roll: SmallRoll) -> None:
    """Servers that were parked on a host leave it with those of its own, and are missed at one place alone."""
    for host in HOSTS:
        roll.upgrade(host, REFUSED)
    totals = assert_adds_up(roll)
    assert totals["moves"]["home"] == 0 and totals["moves"]["as_planned"] == totals["moves"]["planned"] > 12


def test_when_some_are_brought_back(roll: SmallRoll) -> None:
    for host, back in zip(HOSTS, (REFUSED, WELL, REFUSED, WELL), strict=True):
        roll.upgrade(host, back)
    assert assert_adds_up(roll)["away"] > 0


def test_one_that_comes_back_by_itself_is_missed_no_more(roll: SmallRoll) -> None:
    roll.upgrade("cmp01", REFUSED)
    guest = next(guest for guest in roll.cloud.world.guests.values() if guest.name == "active-of-cmp01")
    roll.cloud.move(guest, "cmp01")
    roll.cloud.clock.sleep(30.0)
    assert guest.host == "cmp01"
    assert assert_adds_up(roll)["away"] == 2
