# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Hosts that wait at the same time, each in a task of its own, under whatever happens to them.

However their steps fall together: no host begins twice, never are more out of service than may be, nothing begins once
the roll was stopped, nobody waits for ever, and what is not done has a reason.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudError, Refused
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.roll import Roll
from ansible_collections.stackops.aggregates.plugins.module_utils._roll.turn import Able, TakeTurn

from tests.unit.plugins.module_utils._roll.runs import ALL_EVENTS, NOON, Runs, window

HURRY = 60  # seconds that pass in one


class Killed(BaseException):
    """The process that waits was killed, with all that it was doing."""


class Play:
    """The hosts of a run as Ansible plays them: in order, so many at once, each to its end.

    :ivar lost: hosts that Ansible lost. :ivar answers: what each host was told in the end.
    """

    def __init__(self, runs: Runs, chance: random.Random, hosts: int, **options: Any) -> None:
        self._runs, self._chance, self._lock = runs, chance, threading.Lock()
        self.lost: list[str] = []
        self.answers: dict[str, str] = {}
        self._start = time.monotonic()
        runs.open(*(f"c{number:02}" for number in range(hosts)), **options)

    def run(self, forks: int) -> None:
        with ThreadPoolExecutor(forks) as threads:
            for ended in [threads.submit(self._host, host, forks) for host in self._runs.roll["remaining"]]:
                ended.result(timeout=60)

    def _random(self) -> float:
        with self._lock:
            return self._chance.random()

    def _now(self) -> float:
        return NOON + HURRY * (time.monotonic() - self._start)

    def _sleep(self, seconds: float) -> None:
        time.sleep(seconds / HURRY * (0.5 + self._random()))

    def _look(self, roll: Roll, at_work: Collection[str]) -> Able:
        what = self._random()
        if what < 0.05:
            raise Killed
        if what < 0.1:
            raise CloudError("It does not answer.")
        self._sleep(2 * self._random())
        # Some find no room, so that those behind them go first; with none under way there is always some.
        full = {host: "no room" for host in roll.waiting if roll.under_way and self._random() < 0.3}
        return window(full)(roll, at_work)

    def _host(self, host: str, forks: int) -> None:
        try:
            turn, asked = "wait", 0
            while turn == "wait":
                playing = [f"at-{other}" for other in self._runs.roll["hosts"] if other not in self.lost]
                answer = TakeTurn(
                    self._runs.cloud, self._runs.store, self._runs.roll["session"], host, self._look, playing, forks,
                    asked, self._now, self._sleep,
                ).apply()  # fmt: skip
                turn, asked = answer["turn"], answer["asked"]
            self.answers[host] = turn
            if turn == "begin":
                self._go(host)
        except Killed:
            self.lost.append(host)

    def _go(self, host: str) -> None:
        for event in ALL_EVENTS:
            self._sleep(4 * self._random())
            what = self._random()
            if what < 0.02:
                raise Killed
            self._runs.record(host, "failed" if what < 0.04 else event, reason="no boot")
            if what < 0.04:
                return


def check(events: list[dict[str, Any]], most: int, play: Play) -> None:
    """Check what the record tells, event after event."""
    under_way: set[str] = set()
    begun: list[str] = []
    stopped = False
    for event in events:
        kind, host = event["event"], event.get("host", "")
        if kind == "begun":
            assert not stopped, "a host begins after the roll was stopped"
            assert host not in begun, f"{host} begins twice"
            begun.append(host)
            under_way.add(host)
            assert len(under_way) <= most, f"{sorted(under_way)} are under way"
        elif kind in ("failed", "returned"):
            assert host in under_way, f"{host} ends and was not under way"
            under_way.discard(host)
        elif kind == "stopped":
            stopped = True
    assert under_way <= set(play.lost), "a host was begun, and nobody ended it"
    assert {host for host, answer in play.answers.items() if answer == "begin"} <= set(begun)


@pytest.mark.parametrize("seed", range(12))
def test_hosts_that_wait_beside_each_other(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    runs = Runs(tmp_path)
    most, failures = chance.randint(1, 4), chance.choice(["0", "1", "100%"])
    play = Play(runs, chance, hosts=10, max_unavailable=most, max_failures=failures)
    play.run(forks=chance.choice([1, 2, 5, 12]))
    events = [json.loads(line) for line in (runs.store.folder / "record.jsonl").read_text().splitlines()]
    check(events, most, play)
    closed = runs.close()
    roll = runs.now()
    assert roll.under_way == []
    assert closed["closed"] or closed["why"]
    if not roll.stopped:
        assert set(roll.waiting) <= set(play.lost)  # whoever could go has gone


def test_a_killed_conductor_leaves_its_lock_to_the_next(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    runs.open()

    def look(_roll: Roll, _at_work: Collection[str]) -> Able:
        raise Killed

    with pytest.raises(Killed):
        runs.take("a", look)
    assert runs.take("b") == "begin"


def test_of_two_runs_beside_each_other_only_the_later_one_begins_hosts(tmp_path: Path) -> None:
    """As when a killed run left a worker behind, and the same command was started again."""
    runs = Runs(tmp_path)
    runs.open(max_unavailable=1)
    runs.take("a")
    left_behind = runs.turn("b")
    runs.open(max_unavailable=1)
    with pytest.raises(Refused, match="Another run goes on with the roll"):
        left_behind.apply()
    assert runs.take("a") == "begin" and runs.now().under_way == ["a"]
